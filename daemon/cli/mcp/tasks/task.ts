/** A job as a task of the extension `io.modelcontextprotocol/tasks`, revision 2026-07-28. */
import type { Job } from '../../../../shared/job.ts';
import { isFinished } from '../../../../shared/jobTerms.ts';

export interface Task {
	readonly taskId: string;
	readonly status: 'working' | 'input_required' | 'completed' | 'cancelled';
	readonly statusMessage: string;
	/** ISO 8601. */
	readonly createdAt: string;
	readonly lastUpdatedAt: string;
	/** Null: kept until retention removes it, a good while after its end. */
	readonly ttlMs: null;
	readonly pollIntervalMs: number;
}

/** Who waits for a job in the queue asks less often than who waits for one that runs. */
const POLL_MS = { running: 1000, waiting: 5000 } as const;

export function taskOf(job: Job, statusMessage: string): Task {
	return {
		taskId: job.id,
		status: statusOf(job),
		statusMessage,
		createdAt: new Date(job.createdAt).toISOString(),
		lastUpdatedAt: new Date(job.finishedAt ?? job.startedAt ?? job.createdAt).toISOString(),
		ttlMs: null,
		pollIntervalMs: job.state === 'running' ? POLL_MS.running : POLL_MS.waiting,
	};
}

/** An end of its own is a result, whatever it was; `failed` would mean that the protocol failed. */
function statusOf({ state }: Job): Task['status'] {
	if (!isFinished(state)) return 'working';
	return state === 'cancelled' || state === 'superseded' ? 'cancelled' : 'completed';
}
