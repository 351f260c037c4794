/** What became worse since an earlier run. */
import { type Figure, measured, ratios, summarize } from './figures.ts';
import { type BenchReport, digits } from './report.ts';

/**
 * What became worse beyond noise: the medians differ by more than 10%, and by more than both runs' own spread.
 * Figures with alternatives are compared by their ratio to those that both runs have, so that two machines may be
 * compared at all.
 */
export function regressions(before: BenchReport, after: BenchReport): string[] {
	return after.figures.flatMap((figure) => {
		const old = before.figures.find(({ name }) => name === figure.name);
		if (old === undefined || figure.void !== undefined || old.void !== undefined) return [];
		const then = comparable(old, figure);
		const now = comparable(figure, old);
		const factor = figure.better === 'higher' ? then.median / now.median : now.median / then.median;
		const noise = Math.max(1.1, spread(then), spread(now));
		if (!(factor > noise)) return [];
		const percent = Math.round((factor - 1) * 100);
		return [
			`${figure.name}: ${percent}% worse than before (${digits(then.median)} → ${digits(now.median)}, ` +
				`noise ${Math.round((noise - 1) * 100)}%)`,
		];
	});
}

function comparable(figure: Figure, beside: Figure) {
	const labels = new Set(measured(beside).map(({ label }) => label));
	const shared = measured(figure).filter(({ label }) => labels.has(label));
	// An alternative that failed in a repeat has fewer values than ours.
	const values = ratios(figure, shared)?.filter((ratio) => !Number.isNaN(ratio)) ?? [];
	return summarize(values.length > 0 ? values : figure.ours);
}

function spread({ min, max }: { min: number; max: number }): number {
	return max / min;
}
