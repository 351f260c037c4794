/** What a benchmark yields, and what may be said of it. */

export interface Budget {
	/** `ratio`: ours against the alternative; `value`: our own figure. */
	readonly of: 'ratio' | 'value';
	readonly atLeast?: number;
	readonly atMost?: number;
}

/** An alternative, measured between our own repeats. */
export interface Alternative {
	readonly label: string;
	/** One value per repeat; none where `absent` says why. */
	readonly values: readonly number[];
	/** CPU time per job, µs, of the client and all server processes together; one per repeat. */
	readonly cpu?: readonly number[];
	/** Why there is nothing to show: not installed, or failed. */
	readonly absent?: string;
	/** Why its values say nothing: a job was lost or doubled. */
	readonly void?: string;
}

export interface Figure {
	/** Stable name, used by --compare. */
	readonly name: string;
	readonly what: string;
	readonly unit: string;
	readonly better: 'higher' | 'lower';
	/** One value per repeat. */
	readonly ours: readonly number[];
	/** As in Alternative. */
	readonly cpu?: readonly number[];
	/** What is ours where several of ours stand side by side. */
	readonly label?: string;
	readonly others?: readonly Alternative[];
	/** Figures of one name share a table in which every alternative has a line. */
	readonly table?: string;
	readonly budget?: Budget;
	/** Why the row says nothing: a job was lost or doubled. */
	readonly void?: string;
	/** The machine did other things meanwhile: share of its processors, 0 to 1. */
	readonly busy?: number;
}

export interface Summary {
	readonly median: number;
	readonly min: number;
	readonly max: number;
}

/** Others using more than this share of the machine make a figure unstable. */
const BUSY_LIMIT = 0.15;
/** So does a spread of the repeats beyond this factor, unless the figure is tiny. */
const SPREAD_LIMIT = 1.5;

export function summarize(values: readonly number[]): Summary {
	const sorted = [...values].sort((a, b) => a - b);
	return {
		median: percentile(sorted, 0.5),
		min: sorted[0] ?? Number.NaN,
		max: sorted.at(-1) ?? Number.NaN,
	};
}

/** Nearest rank. `values` need not be sorted. */
export function percentile(values: readonly number[], share: number): number {
	const sorted = [...values].sort((a, b) => a - b);
	return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN;
}

/** Alternatives that were measured, and whose values count. */
export function measured(figure: Figure): readonly Alternative[] {
	return (figure.others ?? []).filter((other) => other.values.length > 0 && !other.void);
}

/**
 * Ours by the alternative, repeat by repeat, as they ran one after the other; by the geometric mean of the
 * alternatives where there are several. Undefined without any.
 */
export function ratios(
	figure: Figure,
	others: readonly Alternative[] = measured(figure),
): number[] | undefined {
	if (others.length === 0) return undefined;
	return figure.ours.map((value, i) => {
		const logs = others.map(({ values }) => Math.log(values[i] ?? Number.NaN));
		return value / Math.exp(logs.reduce((sum, log) => sum + log, 0) / logs.length);
	});
}

/** The median of the ratios. */
export function ratioOf(figure: Figure): number | undefined {
	const all = ratios(figure);
	return all === undefined ? undefined : summarize(all).median;
}

/** Undefined where there is no budget. */
export function holdsBudget(figure: Figure): boolean | undefined {
	const { budget } = figure;
	if (budget === undefined) return undefined;
	const value = budget.of === 'ratio' ? ratioOf(figure) : summarize(figure.ours).median;
	if (value === undefined) return undefined;
	return value >= (budget.atLeast ?? -Infinity) && value <= (budget.atMost ?? Infinity);
}

/** Why the figure must not be called stable; undefined when it may. */
export function unstable(figure: Figure): string | undefined {
	if ((figure.busy ?? 0) > BUSY_LIMIT) {
		return `machine ${Math.round((figure.busy ?? 0) * 100)}% busy otherwise`;
	}
	const { min, max } = summarize(figure.ours);
	if (figure.ours.length > 1 && max > SPREAD_LIMIT * min && max - min > 1) return 'spread';
	return undefined;
}

/** Sentences about jobs that were lost or doubled, ours or others'. */
export function voids(figure: Figure): string[] {
	const others = (figure.others ?? []).map(({ label, void: why }) => why && `${label}: ${why}`);
	return [figure.void, ...others].filter((why) => why !== undefined);
}
