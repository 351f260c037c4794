/** Following many jobs by notification, as many as one likes. */
import {
	ConnectionClosed,
	type DaemonConnection,
	isResponseError,
} from '../../../shared/client/connection.ts';
import type { Job } from '../../../shared/job.ts';
import { isFinished } from '../../../shared/jobTerms.ts';

/** What one request takes. */
const MOST_IDS = 100;

export interface FollowedJobs {
	/** As they are known. */
	readonly jobs: Map<string, Job>;
	/** Those that are to come to their end; who has, or is not kept any more, leaves. */
	readonly open: Set<string>;
}

/** Calls `changed` after each change; resolves when none is open; rejects with ConnectionClosed. */
export async function watchMany(
	connection: DaemonConnection,
	{ jobs, open }: FollowedJobs,
	changed: () => void,
): Promise<void> {
	let instance: string | undefined;
	let seq = 0;
	let finish = () => {};
	let fail: (error: unknown) => void = () => {};
	const finished = new Promise<void>((resolve, reject) => {
		finish = resolve;
		fail = reject;
	});

	function take(some: readonly Job[], removed: readonly string[]): void {
		let any = false;
		for (const job of some) {
			if (!open.has(job.id)) continue;
			jobs.set(job.id, job);
			if (isFinished(job.state)) open.delete(job.id);
			any = true;
		}
		for (const id of removed) any = open.delete(id) || any;
		if (any) changed();
		if (open.size === 0) finish();
	}

	/** Those that there are of at most a hundred. */
	async function look(ids: readonly string[]): Promise<void> {
		try {
			const answer = await connection.request('job/wait', { ids: [...ids], timeoutMs: 0 });
			take(
				answer.jobs,
				(answer.removed ?? []).map(({ id }) => id),
			);
		} catch (error) {
			const gone = isResponseError(error) ? /^ids\[(\d+)\]$/.exec(error.data?.path ?? '') : null;
			const id = gone === null ? undefined : ids[Number(gone[1])];
			if (id === undefined) throw error;
			take([], [id]);
			const others = ids.filter((one) => one !== id);
			if (others.length > 0) await look(others);
		}
	}

	// Subscribed before they are read; what changes meanwhile is newer than what was read, and comes after it.
	let early: { jobs: readonly Job[]; removed: readonly string[] }[] | undefined;
	async function lookAtAll(): Promise<void> {
		early = [];
		const snapshot = await connection.request('jobs/subscribe', {});
		instance = snapshot.instance;
		seq = snapshot.seq;
		const ids = [...open];
		for (let at = 0; at < ids.length; at += MOST_IDS) await look(ids.slice(at, at + MOST_IDS));
		const late = early;
		early = undefined;
		for (const change of late) take(change.jobs, change.removed);
	}

	connection.onNotification('jobs/changed', (change) => {
		const expected = change.instance === instance && change.seq === seq + 1;
		seq = change.seq;
		if ('resync' in change || (!expected && early === undefined)) lookAtAll().catch(fail);
		else if (early !== undefined) early.push(change);
		else take(change.jobs, change.removed);
	});
	void connection.closed.then(() => fail(new ConnectionClosed()));
	if (open.size === 0) finish();
	else lookAtAll().catch(fail);
	return finished;
}
