/** How fast things go, from what was counted over the last seconds. Pure. */
import { isFinished, JOB_STATES } from '../../../shared/jobTerms.ts';
import type { Counts } from '../../../shared/protocol/jobs.ts';
import type { StatsNow } from '../../../shared/protocol/stats.ts';

/** What was before says nothing about the present speed. */
const WINDOW_MS = 10_000;
/** Shorter than this, a rate is a guess. */
const FROM_MS = 500;

interface Sample {
	readonly at: number;
	readonly startedAt: number;
	readonly cpuMs: number;
	readonly known: number;
	readonly ended: number;
	readonly failed: number;
}
export type Samples = readonly Sample[];

export interface Rates {
	/** Of one processor. */
	readonly cpu: number;
	readonly enqueuedPerSecond: number;
	readonly endedPerSecond: number;
	readonly failedPerSecond: number;
}

export function sampled(samples: Samples, now: StatsNow): Samples {
	const { startedAt, cpuMs } = now.daemon;
	const fresh = { at: now.at, startedAt, cpuMs, ...sums(now.counts) };
	// A daemon that started anew counts from zero.
	const same = samples.filter((one) => one.startedAt === startedAt && one.at < now.at);
	const recent = same.filter((one) => now.at - one.at <= WINDOW_MS);
	// After a long silence the last one is the only one to compare with.
	return [...(recent.length > 0 ? recent : same.slice(-1)), fresh];
}

/** Undefined until two samples can be compared. */
export function ratesOf(samples: Samples): Rates | undefined {
	const first = samples[0];
	const last = samples.at(-1);
	if (first === undefined || last === undefined || last.at - first.at < FROM_MS) return undefined;
	const seconds = (last.at - first.at) / 1000;
	// Jobs that are removed meanwhile leave the counts.
	const perSecond = (name: 'known' | 'ended' | 'failed') =>
		Math.max(0, last[name] - first[name]) / seconds;
	return {
		cpu: Math.max(0, last.cpuMs - first.cpuMs) / (last.at - first.at),
		enqueuedPerSecond: perSecond('known'),
		endedPerSecond: perSecond('ended'),
		failedPerSecond: perSecond('failed'),
	};
}

function sums(counts: Counts): { known: number; ended: number; failed: number } {
	let known = 0;
	let ended = 0;
	for (const state of JOB_STATES) {
		known += counts[state];
		if (isFinished(state)) ended += counts[state];
	}
	return { known, ended, failed: counts.failed };
}
