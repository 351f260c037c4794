/** What a rate of a queue may be, and how it is put into words: "10 per minute", "3 per 90 seconds". */
import type { Rate } from './protocol/system.ts';

/** The most of each; the least is 1. `perMs` is 30 days. */
export const RATE_BOUNDS = { count: 1_000_000, perMs: 30 * 86_400_000 } as const;

const UNITS = [
	['day', 86_400_000],
	['hour', 3_600_000],
	['minute', 60_000],
	['second', 1000],
] as const;

export function describeRate({ count, perMs }: Rate): string {
	for (const [name, ms] of UNITS) {
		if (perMs % ms !== 0) continue;
		return perMs === ms ? `${count} per ${name}` : `${count} per ${perMs / ms} ${name}s`;
	}
	return `${count} per ${perMs} ms`;
}
