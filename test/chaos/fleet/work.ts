/** Jobs that leave evidence of each of their runs, and what must be true of it. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ParamsInput } from '../../../shared/protocol/requests.ts';
import type { Random } from '../../support/random.ts';

export interface Work {
	readonly n: number;
	readonly restartable: boolean;
	readonly submission: ParamsInput<'fleet/submit'>['jobs'][number];
}

/** What the shared queue says of a job in the end. */
export interface Verdict {
	readonly id: string;
	readonly state: number;
	readonly fence: number;
	readonly reason: string | null;
}

const EVIDENCE = 'evidence';

/** The lock is let go when the last process of the run is gone, however it ended. */
const script = (file: string, seconds: number) =>
	[
		`exec 9>>'${file}.lock'`,
		`flock -n 9 || echo overlap $SEMANTICA_FENCE >>'${file}'`,
		`echo begin $SEMANTICA_FENCE >>'${file}'`,
		`sleep ${seconds}`,
		`echo end $SEMANTICA_FENCE >>'${file}'`,
	].join('\n');

export function makeWork(
	folder: string,
	n: number,
	random: Random,
	machines: readonly [string, ...string[]],
): Work {
	const restartable = random.chance(0.6);
	const args = ['-c', script(join(folder, `${n}.${EVIDENCE}`), random.int(5, 40) / 10)];
	writeFileSync(join(folder, `${n}.${EVIDENCE}`), '');
	const target = random.chance(0.2) ? { on: random.pick(machines) } : { pool: 'all' };
	const spec = {
		type: 'command' as const,
		key: `work-${n}`,
		title: `work ${n}`,
		restartable,
		graceMs: 500,
		command: { command: 'sh', args },
	};
	return { n, restartable, submission: { ...target, spec } };
}

export interface Findings {
	runs: number;
	/** Of those that may be run again, how many were. */
	again: number;
	readonly violations: string[];
}

export function judge(
	folder: string,
	all: readonly Work[],
	verdicts: readonly Verdict[],
): Findings {
	const found: Findings = { runs: 0, again: 0, violations: [] };
	const complain = (what: string) => found.violations.push(what);
	for (const [index, { n, restartable }] of all.entries()) {
		const lines = readFileSync(join(folder, `${n}.${EVIDENCE}`), 'utf8')
			.split('\n')
			.slice(0, -1);
		const fences = (what: string) =>
			lines.filter((line) => line.startsWith(`${what} `)).map((line) => Number(line.split(' ')[1]));
		const [begun, ended] = [fences('begin'), fences('end')];
		found.runs += begun.length;
		if (begun.length > 1) found.again++;
		for (const fence of fences('overlap'))
			complain(`Two runs of job ${n} at once (fence ${fence}).`);
		if (!restartable && begun.length > 1) {
			complain(
				`Job ${n} must not run twice, and began ${begun.length} times: ${lines.join(', ')}.`,
			);
		}
		const verdict = verdicts[index];
		if (verdict === undefined) complain(`Job ${n} was acknowledged, and is in no queue.`);
		else if (verdict.state < 10) complain(`Job ${n} has not ended: state ${verdict.state}.`);
		else if (verdict.state === 10 && !ended.includes(verdict.fence)) {
			complain(
				`Job ${n} succeeded under fence ${verdict.fence}, which did not: ${lines.join(', ')}.`,
			);
		}
	}
	return found;
}
