/** `jobs/subscribe`: a snapshot, then coalesced changes with sequence numbers, bounded for slow clients. */
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Job } from '../../shared/job.ts';
import { JOB_STATES } from '../../shared/jobTerms.ts';
import type { Draining } from '../../shared/protocol/draining.ts';
import type { JobsChanged } from '../../shared/protocol/jobs.ts';
import { notifications, type Params, type Result } from '../../shared/protocol/requests.ts';
import type { JobRequests } from '../queue/requests.ts';
import type { Feed } from '../queue/views/feed.ts';
import type { Session } from './asking.ts';

/** Changes are gathered this long before they are sent. */
const COALESCE_MS = 100;
/**
 * What it takes to tell of changes is left to others nine times over before the next: whoever looks on costs a tenth
 * of the time at the most, and what changed several times meanwhile is told once.
 */
const LEFT_TO_OTHERS = 9;
const MAX_COALESCE_MS = 2000;
/** Beyond this many changed jobs a new snapshot is cheaper than the changes. */
const MAX_DIRTY = 2000;
const MAX_BACKLOG_BYTES = 1024 * 1024;
/** So long it may be behind before it has to begin anew, and before it is dropped. */
const BEHIND_MS = 500;
const STALLED_MS = 30_000;
/** Newest jobs of each group in a snapshot; running and paused ones are all there. */
const SNAPSHOT_OF_GROUP = 100;
/** What each of them may take in a snapshot: one frame must hold it all. Running ones hardly ever reach theirs. */
const SNAPSHOT_OF_GROUP_BYTES = 1024 * 1024;
const ALL_BYTES = 8 * 1024 * 1024;
/** Gathered in one turn of the event loop. */
const PAGE = 200;
/** Changes that take more come in several steps, at the pace of the client. */
const STEP_BYTES = 1024 * 1024;

export interface SubscriptionDependencies {
	readonly jobs: JobRequests;
	readonly feed: Feed;
	readonly instance: string;
	readonly draining: () => Draining | null;
}

/** Sends changes until the session closes or `end` is called. */
export interface JobsSubscription {
	readonly snapshot: Result<'jobs/subscribe'>;
	end(): void;
}

export async function subscribeToJobs(
	{ jobs, feed, instance, draining }: SubscriptionDependencies,
	{ workspace }: Params<'jobs/subscribe'>,
	session: Session,
): Promise<JobsSubscription> {
	const dirty = new Set<string>();
	let overflow = false;
	let timer: NodeJS.Timeout | undefined;
	let behind: NodeJS.Timeout | undefined;
	let stalled: NodeJS.Timeout | undefined;
	let waitingForDrain = false;
	/** What changes meanwhile is told after the snapshot. */
	let gathering = true;
	/** It has taken its snapshot. */
	let caughtUp = false;
	let ended = false;
	let toldLeaving: Draining | null = null;
	let seq = 0;
	/** How long telling took, ms. */
	let took = 0;

	const unsubscribe = feed.onChanged((ids) => {
		if (!overflow) {
			for (const id of ids) dirty.add(id);
			if (dirty.size > MAX_DIRTY) beginAnew();
		}
		// A daemon that leaves may be gone before it would be told with what else changes.
		if (!gathering && draining() !== toldLeaving) flush();
		else tellLater();
	});
	const forget = session.onClose(end);

	function tellLater(): void {
		if (gathering || ended) return;
		timer ??= setTimeout(flush, Math.max(COALESCE_MS, rest()));
	}

	function rest(): number {
		return Math.min(MAX_COALESCE_MS, LEFT_TO_OTHERS * took);
	}

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
		if (waitingForDrain || ended) return;
		const settled = jobs.settled();
		if (settled !== undefined) {
			void settled.then(flush);
			return;
		}
		if (session.backlog > MAX_BACKLOG_BYTES) {
			waitForDrain();
			return;
		}
		caughtUp = true;
		const began = performance.now();
		const base = { instance, seq: ++seq, ...overview() };
		const change: JobsChanged = overflow ? { ...base, resync: true } : { ...base, ...step() };
		overflow = false;
		session.notify(notifications.jobsChanged, change);
		took = performance.now() - began;
		if (dirty.size > 0) timer = setTimeout(flush, rest());
	}

	function overview() {
		const leaving = draining();
		toldLeaving = leaving;
		return {
			counts: jobs.counts(),
			paused: jobs.paused(),
			...(leaving === null ? {} : { draining: leaving }),
		};
	}

	function step(): { jobs: Job[]; removed: string[] } {
		const scope = session.tool?.folders();
		const found = jobs.find(dirty, STEP_BYTES, scope);
		for (const id of found.looked) dirty.delete(id);
		const wanted = (job: Job) =>
			(workspace === undefined || job.workspace === workspace) &&
			(scope === undefined || jobs.isInScope(job.id, scope));
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

	const all = await snapshot(jobs, workspace, session.tool?.folders());
	gathering = false;
	if (dirty.size > 0 || overflow) tellLater();
	return { end, snapshot: { instance, seq, ...overview(), jobs: all } };
}

async function snapshot(
	jobs: JobRequests,
	workspace?: string,
	scope?: readonly string[],
): Promise<Job[]> {
	// One that changes meanwhile may be met in two states.
	const found = new Map<string, Job>();
	for (const state of JOB_STATES) {
		const goesOn = state === 'running' || state === 'paused';
		let left = goesOn ? ALL_BYTES : SNAPSHOT_OF_GROUP_BYTES;
		let cursor: string | undefined;
		do {
			const page = jobs.list(
				{
					filter: { ...(workspace === undefined ? {} : { workspace }), state: [state] },
					sort: '-createdAt',
					limit: goesOn ? PAGE : SNAPSHOT_OF_GROUP,
					...(cursor === undefined ? {} : { cursor }),
				},
				Math.min(left, SNAPSHOT_OF_GROUP_BYTES),
				scope,
			);
			for (const job of page.jobs) found.set(job.id, job);
			cursor = goesOn ? (page.nextCursor ?? undefined) : undefined;
			if (cursor === undefined) break;
			left -= JSON.stringify(page.jobs).length;
			await nextTurn();
			await jobs.settled();
		} while (left > 0);
	}
	return [...found.values()];
}
