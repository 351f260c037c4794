/** Is anybody using this machine? From the processors, without our own jobs, and from the editors' heartbeat. */
import { type CpuSample, foreignLoad } from './cpu/load.ts';

export interface IdleRules {
	/** Between samples while idleness matters, ms. */
	readonly sampleMs: number;
	/** The machine must have been quiet this long to count as idle, ms. */
	readonly windowMs: number;
	/** No editor was used for this long, ms; its heartbeat comes every 30 s at most. */
	readonly quietMs: number;
	/** Idle is below this load, 0 to 1. */
	readonly idleBelow: number;
	/** What was idle is busy above this load, 0 to 1. */
	readonly busyAbove: number;
}

export type IdleVerdict = 'idle' | 'busy' | 'unknown';

export interface IdleState {
	readonly verdict: IdleVerdict;
	/** For people: "the processors are 63 % busy". */
	readonly reason: string;
}

export interface SignOfUse {
	/** "an editor was used" */
	readonly what: string;
	readonly agoMs: number;
}

/** Samples that are recent enough, oldest first; the oldest of them spans the window. */
export function keepWindow(samples: readonly CpuSample[], rules: IdleRules): CpuSample[] {
	const newest = samples.at(-1);
	if (newest === undefined) return [];
	const start = newest.at - rules.windowMs;
	const spanning = samples.findLastIndex(({ at }) => at <= start);
	return samples.slice(Math.max(0, spanning));
}

/**
 * @param before What was found last; between the two limits it stays so.
 * @param active The last sign of somebody using the machine.
 * @param samples As `keepWindow` leaves them.
 */
export function judgeIdle(
	before: IdleVerdict,
	active: SignOfUse,
	samples: readonly CpuSample[],
	rules: IdleRules,
): IdleState {
	if (active.agoMs < rules.quietMs) {
		const ago = Math.max(1, Math.round(active.agoMs / 1000));
		return { verdict: 'busy', reason: `${active.what} ${ago} s ago` };
	}
	const newest = samples.at(-1);
	const oldest = samples[0];
	const previous = samples.at(-3) ?? oldest;
	if (newest === undefined || oldest === undefined || previous === undefined) {
		return { verdict: 'unknown', reason: 'the processors do not tell how busy they are' };
	}
	const span = newest.at - oldest.at;
	const recent = foreignLoad(previous, newest);
	if (recent?.exactly !== undefined && recent.exactly > rules.busyAbove) {
		return { verdict: 'busy', reason: `the processors are ${percent(recent.exactly)} busy` };
	}
	if (span < rules.windowMs) {
		return before === 'idle'
			? { verdict: 'idle', reason: 'nobody uses the machine' }
			: {
					verdict: 'unknown',
					reason: `watching whether it is used, for ${rules.windowMs / 1000} s`,
				};
	}
	const load = foreignLoad(oldest, newest);
	if (load === undefined) {
		return { verdict: 'unknown', reason: 'the processors do not tell how busy they are' };
	}
	if (load.atMost < rules.idleBelow || (before === 'idle' && load.exactly !== undefined)) {
		return { verdict: 'idle', reason: 'nobody uses the machine' };
	}
	if (load.exactly === undefined) {
		return { verdict: 'unknown', reason: 'how much of the load is our own cannot be told' };
	}
	return { verdict: 'busy', reason: `the processors are ${percent(load.exactly)} busy` };
}

function percent(load: number): string {
	return `${Math.round(100 * load)} %`;
}
