/** How busy the processors are with work that is not ours. */
import { cpus } from 'node:os';

/** Counters since boot; only differences between two samples mean something. */
export interface CpuSample {
	/** Monotonic ms. */
	readonly at: number;
	/** Milliseconds over all cores. */
	readonly busyMs: number;
	readonly totalMs: number;
	/** Of that by this daemon and its jobs; undefined where it cannot be told. */
	readonly ownMs: number | undefined;
}

export type TakeCpuSample = () => CpuSample | undefined;

/** Undefined on systems that do not report processor times. */
export function createCpuSampler(
	monotonic: () => number,
	ownMs: () => number | undefined,
): TakeCpuSample {
	return () => {
		let busyMs = 0;
		let totalMs = 0;
		for (const { times } of cpus()) {
			const busy = times.user + times.nice + times.sys + times.irq;
			busyMs += busy;
			totalMs += busy + times.idle;
		}
		return totalMs === 0 ? undefined : { at: monotonic(), busyMs, totalMs, ownMs: ownMs() };
	};
}

export interface ForeignLoad {
	/** 0 to 1: it is not more than this. */
	readonly atMost: number;
	/** 0 to 1; undefined where our own share is not known. */
	readonly exactly: number | undefined;
}

/** Undefined when no time has passed between the two. */
export function foreignLoad(from: CpuSample, to: CpuSample): ForeignLoad | undefined {
	const total = to.totalMs - from.totalMs;
	if (total <= 0) return undefined;
	const busy = to.busyMs - from.busyMs;
	if (from.ownMs === undefined || to.ownMs === undefined) {
		return { atMost: fraction(busy / total), exactly: undefined };
	}
	const load = fraction((busy - Math.max(0, to.ownMs - from.ownMs)) / total);
	return { atMost: load, exactly: load };
}

function fraction(value: number): number {
	return Math.min(1, Math.max(0, value));
}
