/** What a person following a job sees of it: the job, its running children and how fast it goes. Pure. */
import type { Job } from '../../../shared/job.ts';

/** Samples older than this say nothing about the present speed. */
const RATE_WINDOW_MS = 15_000;
/** One sample per this time is enough, so a busy job keeps few. */
const SAMPLE_EVERY_MS = 250;
/** Shorter than this, a rate is a guess. */
const RATE_FROM_MS = 1000;

interface Sample {
	readonly at: number;
	readonly current: number;
}

export interface FollowModel {
	readonly job: Job;
	/** Running children in the order of their creation. */
	readonly running: readonly Job[];
	readonly samples: readonly Sample[];
	/** Why a queued job does not run yet, a sentence. */
	readonly waitReason: string | undefined;
}

export function startModel(job: Job, children: readonly Job[], now: number): FollowModel {
	return {
		job,
		running: runningOf(children),
		samples: sample([], job, now),
		waitReason: undefined,
	};
}

/** Applies changed jobs; those of other families are ignored. The same model comes back when nothing moved. */
export function applyChanges(
	model: FollowModel,
	changed: readonly Job[],
	removed: readonly string[],
	now: number,
): FollowModel {
	const job = changed.find((one) => one.id === model.job.id) ?? model.job;
	const children = new Map(model.running.map((child) => [child.id, child]));
	let moved = job !== model.job;
	for (const child of changed) {
		if (child.parentId !== model.job.id) continue;
		children.set(child.id, child);
		moved = true;
	}
	for (const id of removed) moved = children.delete(id) || moved;
	if (!moved) return model;
	return {
		job,
		running: runningOf([...children.values()]),
		samples: sample(model.samples, job, now),
		waitReason: job.state === 'queued' ? model.waitReason : undefined,
	};
}

function runningOf(jobs: readonly Job[]): Job[] {
	return jobs
		.filter((job) => job.state === 'running' || job.state === 'paused')
		.sort((a, b) => a.generation - b.generation);
}

function sample(samples: readonly Sample[], job: Job, now: number): readonly Sample[] {
	if (job.progress === null || job.state !== 'running') return [];
	const { current } = job.progress;
	const kept = samples.filter((one) => now - one.at <= RATE_WINDOW_MS);
	// A restarted job may count again from the start: what was before is no basis.
	const basis = kept.some((one) => one.current > current) ? [] : kept;
	const last = basis.at(-1);
	if (last !== undefined && now - last.at < SAMPLE_EVERY_MS) return basis;
	return [...basis, { at: now, current }];
}

/** Units per second over the last seconds, or undefined while that is not known. */
export function ratePerSecond(model: FollowModel, now: number): number | undefined {
	const first = model.samples[0];
	const { progress } = model.job;
	if (first === undefined || progress === null || now - first.at < RATE_FROM_MS) return undefined;
	const rate = ((progress.current - first.current) * 1000) / (now - first.at);
	return rate > 0 ? rate : undefined;
}

/** Milliseconds left at the present speed. */
export function timeLeft(model: FollowModel, now: number): number | undefined {
	const { progress } = model.job;
	const rate = ratePerSecond(model, now);
	if (progress?.total === undefined || rate === undefined) return undefined;
	return (Math.max(0, progress.total - progress.current) * 1000) / rate;
}
