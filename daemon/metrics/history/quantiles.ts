/** Medians and such of what was measured. */
import type { Quantiles } from '../../../shared/protocol/stats.ts';

/** Of values that are all there, exactly; null of none. */
export function quantilesOf(values: readonly number[]): Quantiles | null {
	if (values.length === 0) return null;
	const sorted = Float64Array.from(values).sort();
	const at = (share: number) => sorted[Math.ceil(share * sorted.length) - 1] ?? 0;
	return { p50: at(0.5), p95: at(0.95) };
}
