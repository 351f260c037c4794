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

/** @param asks Whether the client can be asked for what the job wants of its person. */
export function taskOf(job: Job, statusMessage: string, asks: boolean): Task {
	return {
		taskId: job.id,
		status: statusOf(job, asks),
		statusMessage,
		createdAt: new Date(job.createdAt).toISOString(),
		lastUpdatedAt: new Date(changedAt(job)).toISOString(),
		ttlMs: null,
		pollIntervalMs: job.state === 'running' ? POLL_MS.running : POLL_MS.waiting,
	};
}

/** An end of its own is a result, whatever it was; `failed` would mean that the protocol failed. */
function statusOf({ state, question }: Job, asks: boolean): Task['status'] {
	if (!isFinished(state)) return asks && question != null ? 'input_required' : 'working';
	return state === 'cancelled' || state === 'superseded' ? 'cancelled' : 'completed';
}

function changedAt({ finishedAt, question, startedAt, createdAt }: Job): number {
	return finishedAt ?? question?.askedAt ?? startedAt ?? createdAt;
}
