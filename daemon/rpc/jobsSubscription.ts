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
/** So long it may be behind before it has to begin anew, and before it is dropped. */
const BEHIND_MS = 500;
const STALLED_MS = 30_000;
/** Newest jobs of each group in a snapshot; running and paused ones are all there. */
const SNAPSHOT_OF_GROUP = 100;
const ALL = 100_000;
/** What each of them may take in a snapshot: one frame must hold it all. Running ones hardly ever reach theirs. */
const SNAPSHOT_OF_GROUP_BYTES = 1024 * 1024;
const ALL_BYTES = 8 * 1024 * 1024;
/** Changes that take more come in several steps, at the pace of the client. */
const STEP_BYTES = 1024 * 1024;

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
	let behind: NodeJS.Timeout | undefined;
	let stalled: NodeJS.Timeout | undefined;
	let waitingForDrain = false;
	/** It has taken its snapshot. */
	let caughtUp = false;
	let ended = false;
	let seq = 0;

	const unsubscribe = feed.onChanged((ids) => {
		if (overflow) return;
		for (const id of ids) dirty.add(id);
		if (dirty.size > MAX_DIRTY) beginAnew();
		timer ??= setTimeout(flush, COALESCE_MS);
	});
	const forget = session.onClose(end);

	function end(): void {
		ended = true;
		unsubscribe();
		forget();
		clearTimeout(timer);
		clearTimeout(behind);
		clearTimeout(stalled);
	}

	function flush(): void {
		clearTimeout(timer);
		timer = undefined;
		if (waitingForDrain) return;
		if (session.backlog > MAX_BACKLOG_BYTES) {
			waitForDrain();
			return;
		}
		caughtUp = true;
		const base = { instance, seq: ++seq, ...overview(jobs) };
		const change: JobsChanged = overflow ? { ...base, resync: true } : { ...base, ...step() };
		overflow = false;
		session.notify(notifications.jobsChanged, change);
		if (dirty.size > 0) timer = setTimeout(flush, 0);
	}

	function step(): { jobs: Job[]; removed: string[] } {
		const found = jobs.find(dirty, STEP_BYTES);
		for (const id of found.looked) dirty.delete(id);
		const wanted = (job: Job) => workspace === undefined || job.workspace === workspace;
		return { jobs: found.jobs.filter(wanted), removed: found.missing };
	}

	// The client is slow: what changes meanwhile is gathered for it, then it is to begin anew, then it is dropped.
	function waitForDrain(): void {
		waitingForDrain = true;
		// Not for the snapshot's sake, or it would begin anew for ever.
		if (caughtUp) behind = setTimeout(beginAnew, BEHIND_MS);
		stalled = setTimeout(
			() => session.drop('It did not take its updates for 30 seconds.'),
			STALLED_MS,
		);
		void session.drained().then(() => {
			clearTimeout(behind);
			clearTimeout(stalled);
			waitingForDrain = false;
			caughtUp = true;
			// Who subscribed again meanwhile hears of its new subscription alone.
			if (!ended) flush();
		});
	}

	function beginAnew(): void {
		overflow = true;
		dirty.clear();
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
		const goesOn = state === 'running' || state === 'paused';
		const limit = goesOn ? ALL : SNAPSHOT_OF_GROUP;
		return jobs.list(
			{ filter: { ...filter, state: [state] }, sort: '-createdAt', limit },
			goesOn ? ALL_BYTES : SNAPSHOT_OF_GROUP_BYTES,
		).jobs;
	});
}
