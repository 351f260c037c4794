/** What a request to stop a job means: for its end, for other requests, and for its children. */
import type { StopReason } from '../../../shared/jobTerms.ts';
import { STAGE, STATE } from '../store/codes.ts';
import type { JobRow } from '../store/rows.ts';
import { storedSpec } from '../store/storedSpec.ts';
import { restarts } from './restart.ts';

/** The end state that a cause of stopping leads to, whatever the process made of it. */
export function endStateOf(cause: StopReason): number {
	switch (cause) {
		case 'cancel':
		case 'dependency':
			return STATE.cancelled;
		case 'supersede':
			return STATE.superseded;
		case 'ttl':
		case 'deadline':
			return STATE.expired;
		default:
			return STATE.failed;
	}
}

/** Causes after which a job may run again; a child whose parent is stopped may not. */
const MAY_RUN_AGAIN: ReadonlySet<StopReason> = new Set([
	'interrupted',
	'timeout',
	'ready',
	'memory',
]);

/** Causes after which a run counts as failed, and is retried by the rules. */
export function isFailureOfRun(cause: StopReason): boolean {
	return cause === 'timeout' || cause === 'ready' || cause === 'memory';
}

type Stopped = Pick<JobRow, 'stage' | 'phase' | 'stop_cause' | 'again_at'>;

/**
 * How its children are stopped, once its end, or that of its run, is decided. From that commit on none of them
 * may start, go on, be run again or be added, whether its own turn has come or not.
 */
export function stopOfChildren(row: Stopped): 'cancel' | 'supersede' | undefined {
	const cause = row.stop_cause;
	if (cause === null || row.stage === STAGE.ended) return undefined;
	const decided = row.phase === 1 || row.stage === STAGE.stopping || !MAY_RUN_AGAIN.has(cause);
	if (!decided) return undefined;
	return row.again_at !== null || cause === 'supersede' ? 'supersede' : 'cancel';
}

/** It is being stopped for good. */
export function isDoomed(row: Stopped): boolean {
	return row.again_at === null && stopOfChildren(row) !== undefined;
}

/** Whether a cancel replaces this stop; it must not be lost where the job would run again. */
export function yieldsToCancel(row: JobRow, standing: StopReason): boolean {
	if (row.again_at !== null) return true;
	if (isFailureOfRun(standing)) {
		const spec = storedSpec(row);
		return row.attempt < spec.maxAttempts || restarts(spec);
	}
	return standing === 'interrupted' || standing === 'supersede';
}

/** Whether the stop of its parent replaces this one. */
export function yieldsToParent(row: JobRow, standing: StopReason): boolean {
	return row.again_at !== null || MAY_RUN_AGAIN.has(standing);
}
