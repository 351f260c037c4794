/** What ended in which bucket of time, of which queue and kind: from the jobs that are kept. */
import type { StatsHistory } from '../../../shared/protocol/stats.ts';
import { STATE } from '../../queue/store/codes.ts';
import type { EndedJob, EndedJobs } from '../../queue/views/ended.ts';
import {
	addJob,
	createKinds,
	endedIn,
	flowByQueue,
	flowOf,
	type Group,
	mergeInto,
	newGroup,
} from './flows.ts';

export interface Span {
	readonly bucketMs: number;
	/** Where the first bucket begins. */
	readonly start: number;
	/** In the last one. */
	readonly to: number;
}

/** Of more jobs the ones that ended first are left out. */
const MOST_JOBS = 100_000;
const PAGE = 1000;
const NAMED_QUEUES = 10;
const TOLD_QUEUES = 50;
const TOLD_KINDS = 20;

type Queues = Map<string, Group>;

export function historyOf(
	ended: EndedJobs,
	{ bucketMs, start, to }: Span,
): Omit<StatsHistory, 'ring'> {
	const buckets: Queues[] = [];
	for (let at = start; at <= to; at += bucketMs) buckets.push(new Map());
	const kinds = createKinds();
	const keptSince = walk(ended, start, to, (job) => {
		const bucket = buckets[Math.floor((job.at - start) / bucketMs)];
		if (bucket === undefined) return;
		addJob(groupOf(bucket, job.queue), job);
		kinds.add(job, job.state === STATE.failed);
	});
	const queues = busiest(buckets);
	const named = new Set(queues.slice(0, NAMED_QUEUES).map(({ queue }) => queue));
	return {
		to,
		buckets: buckets.map((bucket, i) => ({
			at: start + i * bucketMs,
			...flowByQueue(bucket, named),
		})),
		queues,
		keptSince,
		kinds: kinds.slowest(TOLD_KINDS, ended.idOf),
	};
}

/** Tells of every job that ended since; returns since when none of them is missing. */
function walk(ended: EndedJobs, from: number, to: number, tell: (job: EndedJob) => void): number {
	let keptSince = to;
	let place = { at: to + 1, generation: 0 };
	for (let left = MOST_JOBS; left > 0; left -= PAGE) {
		const page = ended.page(place, from, PAGE);
		for (const job of page) {
			tell(job);
			// Those with a key stay when others of their time are gone.
			if (job.keyed === 0) keptSince = job.at;
		}
		const last = page.at(-1);
		if (last === undefined || page.length < PAGE) {
			const [older] = ended.page({ at: from, generation: 0 }, 0, 1);
			return older?.keyed === 0 ? from : keptSince;
		}
		place = last;
	}
	return place.at;
}

function busiest(buckets: readonly Queues[]): StatsHistory['queues'] {
	const all: Queues = new Map();
	for (const bucket of buckets) {
		for (const [queue, group] of bucket) mergeInto(groupOf(all, queue), group);
	}
	return [...all]
		.sort(([, a], [, b]) => endedIn(b) - endedIn(a))
		.slice(0, TOLD_QUEUES)
		.map(([queue, group]) => ({ queue, ...flowOf(group) }));
}

function groupOf(queues: Queues, name: string): Group {
	let group = queues.get(name);
	if (group === undefined) {
		group = newGroup();
		queues.set(name, group);
	}
	return group;
}
