/** What `top` knows of the daemon and its jobs at a moment. Pure. */
import type { Job } from '../../../shared/job.ts';
import { isFinished } from '../../../shared/jobTerms.ts';
import type { Counts } from '../../../shared/protocol/jobs.ts';
import type { StatsNow } from '../../../shared/protocol/stats.ts';
import { type Samples, sampled } from './rates.ts';

/** Of jobs that have ended the newest are kept. */
const ENDED_KEPT = 200;

export interface TopModel {
	/** Of the daemon; empty before the first answer. */
	readonly version: string;
	/** What a person should know: the daemon is gone, or it drains. */
	readonly note: string | undefined;
	/** It is older than the question for numbers. */
	readonly older: boolean;
	readonly counts: Counts | undefined;
	/** Undefined before the first answer, and from a daemon that does not know the question. */
	readonly stats: StatsNow | undefined;
	readonly samples: Samples;
	/** Running and paused ones, and the newest of those that have ended. */
	readonly jobs: ReadonlyMap<string, Job>;
	/** The first of those that wait. */
	readonly waiting: readonly Job[];
	/** Why they wait, by id, each a sentence. */
	readonly reasons: ReadonlyMap<string, string>;
}

export const EMPTY_MODEL: TopModel = {
	version: '',
	note: undefined,
	older: false,
	counts: undefined,
	stats: undefined,
	samples: [],
	jobs: new Map(),
	waiting: [],
	reasons: new Map(),
};

/** @param jobs all there are, as a snapshot has them. */
export function withSnapshot(model: TopModel, jobs: readonly Job[]): TopModel {
	return withChanges({ ...model, jobs: new Map() }, jobs, []);
}

export function withChanges(
	model: TopModel,
	changed: readonly Job[],
	removed: readonly string[],
): TopModel {
	const jobs = new Map(model.jobs);
	const waiting = new Map(model.waiting.map((job) => [job.id, job]));
	for (const job of changed) {
		// Which of those that wait come first only the daemon knows: here they change and leave.
		if (job.state === 'queued') {
			jobs.delete(job.id);
			if (waiting.has(job.id)) waiting.set(job.id, job);
		} else {
			waiting.delete(job.id);
			jobs.set(job.id, job);
		}
	}
	for (const id of removed) {
		jobs.delete(id);
		waiting.delete(id);
	}
	forgetOldest(jobs);
	return { ...model, jobs, waiting: [...waiting.values()] };
}

export function withStats(model: TopModel, stats: StatsNow): TopModel {
	return { ...model, stats, counts: stats.counts, samples: sampled(model.samples, stats) };
}

function forgetOldest(jobs: Map<string, Job>): void {
	const ended = [...jobs.values()].filter((job) => isFinished(job.state));
	if (ended.length <= ENDED_KEPT) return;
	ended.sort((a, b) => (b.finishedAt ?? 0) - (a.finishedAt ?? 0));
	for (const { id } of ended.slice(ENDED_KEPT)) jobs.delete(id);
}
