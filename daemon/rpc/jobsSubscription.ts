/** `jobs/subscribe`: a snapshot, then coalesced changes with sequence numbers, bounded for slow clients. */

import { JOB_STATES, type Job } from '../../shared/job.ts';
import type { JobsChanged } from '../../shared/protocol/jobs.ts';
import { notifications, type Params, type Result } from '../../shared/protocol/requests.ts';
import type { Feed } from '../queue/feed.ts';
import type { JobRequests } from '../queue/requests.ts';
import type { Session } from './session.ts';

/** Changes are gathered this long before they are sent. */
const COALESCE_MS = 100;
/** Beyond this many changed jobs a new snapshot is cheaper than the changes. */
const MAX_DIRTY = 2000;
const MAX_BACKLOG_BYTES = 1024 * 1024;
const STALLED_MS = 30_000;
/** Newest jobs of each group in a snapshot; running and paused ones are always all there. */
const SNAPSHOT_OF_GROUP = 100;
const ALL = 100_000;

export interface SubscriptionDependencies {
	readonly jobs: JobRequests;
	readonly feed: Feed;
	readonly instance: string;
}

/** Sends changes until the session closes or `end` is called. */
export interface JobsSubscription {
	readonly snapshot: Result<'jobs/subscribe'>;
	end(): void;
}

export function subscribeToJobs(
	{ jobs, feed, instance }: SubscriptionDependencies,
	{ workspace }: Params<'jobs/subscribe'>,
	session: Session,
): JobsSubscription {
	const dirty = new Set<string>();
	let overflow = false;
	let timer: NodeJS.Timeout | undefined;
	let stalled: NodeJS.Timeout | undefined;
	let waitingForDrain = false;
	let ended = false;
	let seq = 0;

	const unsubscribe = feed.onChanged((ids) => {
		if (overflow) return;
		for (const id of ids) dirty.add(id);
		if (dirty.size > MAX_DIRTY) {
			overflow = true;
			dirty.clear();
		}
		timer ??= setTimeout(flush, COALESCE_MS);
	});
	const forget = session.onClose(end);

	function end(): void {
		ended = true;
		unsubscribe();
		forget();
		clearTimeout(timer);
		clearTimeout(stalled);
	}

	function flush(): void {
		timer = undefined;
		if (waitingForDrain) return;
		if (session.backlog > MAX_BACKLOG_BYTES) {
			waitForDrain();
			return;
		}
		const base = { instance, seq: ++seq, ...overview(jobs) };
		const change: JobsChanged = overflow ? { ...base, resync: true } : { ...base, ...changes() };
		overflow = false;
		dirty.clear();
		session.notify(notifications.jobsChanged, change);
	}

	function changes(): { jobs: Job[]; removed: string[] } {
		const changed: Job[] = [];
		const removed: string[] = [];
		for (const id of dirty) {
			const job = jobs.find(id);
			if (job === undefined) removed.push(id);
			else if (workspace === undefined || job.workspace === workspace) changed.push(job);
		}
		return { jobs: changed, removed };
	}

	// The client is slow: it will get one resync when it has caught up, or be dropped.
	function waitForDrain(): void {
		waitingForDrain = true;
		overflow = true;
		dirty.clear();
		stalled = setTimeout(
			() => session.drop('It did not take its updates for 30 seconds.'),
			STALLED_MS,
		);
		void session.drained().then(() => {
			clearTimeout(stalled);
			waitingForDrain = false;
			// Who subscribed again meanwhile hears of its new subscription alone.
			if (!ended) flush();
		});
	}

	return {
		end,
		snapshot: { instance, seq, ...overview(jobs), jobs: snapshot(jobs, workspace) },
	};
}

function overview(jobs: JobRequests) {
	return { counts: jobs.counts(), paused: jobs.paused() };
}

function snapshot(jobs: JobRequests, workspace: string | undefined): Job[] {
	const filter = workspace === undefined ? {} : { workspace };
	return JOB_STATES.flatMap((state) => {
		const limit = state === 'running' || state === 'paused' ? ALL : SNAPSHOT_OF_GROUP;
		return jobs.list({ filter: { ...filter, state: [state] }, sort: '-createdAt', limit }).jobs;
	});
}
