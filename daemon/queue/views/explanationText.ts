/** How it is said why a job does not run. */
import type { Explanation } from '../../../shared/protocol/jobs.ts';
import type { Question } from '../../../shared/question.ts';
import { WAIVED_BY_RUN_NOW } from '../../../shared/waiting.ts';
import { COUNTED_AHEAD } from '../rules/readyLooks.ts';
import { STAGE, STATE, stateName } from '../store/codes.ts';
import { type JobRow, parseJson } from '../store/rows.ts';
import { storedSpec } from '../store/storedSpec.ts';

/** "waiting for AC power: on battery, 43 %; 3 jobs ahead in queue index; start it anyway with Run Now" */
export function summaryOf({ runnable, reasons, position = 0 }: Explanation, queue: string): string {
	const waits = runnable ? ['nothing keeps it from running'] : reasons.map((r) => r.message);
	const atLeast = position === COUNTED_AHEAD ? `${position} or more jobs` : `${position} jobs`;
	const ahead = position === 1 ? '1 job' : atLeast;
	return [
		...waits,
		...(position > 0 ? [`${ahead} ahead in queue ${queue}`] : []),
		...(reasons.some(({ kind }) => WAIVED_BY_RUN_NOW.has(kind)) &&
		reasons.every(({ kind }) => kind !== 'group')
			? ['start it anyway with Run Now']
			: []),
	].join('; ');
}

/** Of a job that does not wait in the queue. */
export function standing(row: JobRow): { kind: string; message: string } {
	const kind = stateName(row.state);
	if (row.again_at !== null) {
		return { kind, message: 'waiting for the children of its last run, to run again' };
	}
	if (row.phase === 1) {
		const stopped = 'it is being stopped; it ends when its children have';
		return { kind, message: row.stop_cause === null ? 'waiting for its children' : stopped };
	}
	if (row.stop_cause !== null && row.stage === STAGE.active) {
		return { kind, message: 'it is being stopped' };
	}
	if (row.state === STATE.paused) {
		return { kind: 'held', message: 'paused; start it again with Resume' };
	}
	const question = parseJson<Question>(row.question);
	if (question !== null) {
		const asks = question.question.replace(/\s+/g, ' ');
		return {
			kind: 'question',
			message: `waits for an answer: "${asks}"; semantica answer ${row.id}`,
		};
	}
	const isToBeReady = row.state === STATE.running && storedSpec(row).ready !== null;
	const ready = row.ready_at === null ? ', and not ready yet' : ' and ready';
	return { kind, message: `it is ${kind}${isToBeReady ? ready : ''}` };
}

/** 90,500 → "1 min 30 s": the two largest units that matter. */
export function describeDuration(ms: number): string {
	const seconds = Math.max(0, Math.ceil(ms / 1000));
	if (seconds < 60) return `${seconds} s`;
	if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
	const hours = Math.floor(seconds / 3600);
	if (hours < 48) return `${hours} h ${Math.floor((seconds % 3600) / 60)} min`;
	return `${Math.floor(hours / 24)} days ${hours % 24} h`;
}
