/** What a run yields as a whole, and a figure as a line for the terminal. */
import {
	type Alternative,
	type Budget,
	type Figure,
	holdsBudget,
	ratioOf,
	summarize,
	unstable,
} from './figures.ts';

export interface BenchReport {
	readonly at: string;
	readonly machine: {
		readonly cpu: string;
		readonly cores: number;
		readonly memoryGiB: number;
		readonly kernel: string;
		readonly node: string;
	};
	/** Versions of what was measured beside ours. */
	readonly versions: Readonly<Record<string, string>>;
	readonly figures: readonly Figure[];
	/** Benchmarks that broke, with the reason. */
	readonly failures: readonly { readonly name: string; readonly why: string }[];
}

export function line(figure: Figure): string {
	const { name, unit, others = [] } = figure;
	if (figure.void !== undefined) return `${name.padEnd(18)} VOID: ${figure.void}`;
	const cells = [name.padEnd(18), `${range(figure.ours)} ${unit}${cpuText(figure)}`.padEnd(44)];
	const [only] = others;
	if (only !== undefined && others.length === 1) {
		cells.push(`× ${ratioOf(figure)?.toFixed(2)} of ${cell(only)} (${only.label})`);
	}
	const held = holdsBudget(figure);
	if (held !== undefined) cells.push(`${held ? 'ok' : 'MISSED'}: ${budgetText(figure)}`);
	const shaky = unstable(figure);
	if (shaky !== undefined) cells.push(`[not stable: ${shaky}]`);
	const lines = [cells.join(' ').trimEnd()];
	if (others.length > 1) {
		for (const other of others) lines.push(`  ${other.label.padEnd(40)} ${cell(other)}`);
	}
	return lines.join('\n');
}

/** An alternative's values with what they cost, or why there are none. */
export function cell(series: Pick<Alternative, 'values' | 'cpu' | 'absent' | 'void'>): string {
	if (series.void !== undefined) return `void: ${series.void}`;
	if (series.values.length === 0) return series.absent ?? '';
	return `${range(series.values)}${cpuText(series)}`;
}

function cpuText({ cpu }: { readonly cpu?: readonly number[] }): string {
	return cpu === undefined || cpu.length === 0 ? '' : `, ${digits(summarize(cpu).median)} µs CPU`;
}

export function budgetText(figure: { readonly budget?: Budget; readonly unit: string }): string {
	const { budget, unit } = figure;
	const mark = budget?.of === 'ratio' ? '×' : unit;
	return budget?.atLeast !== undefined
		? `≥ ${budget.atLeast} ${mark}`.trim()
		: `≤ ${budget?.atMost} ${mark}`.trim();
}

/** The median, and from where to where the repeats went. */
export function range(values: readonly number[]): string {
	const { median, min, max } = summarize(values);
	return values.length === 1 ? digits(median) : `${digits(median)} (${digits(min)}–${digits(max)})`;
}

/** Three digits that count, or whole numbers. */
export function digits(value: number): string {
	return Math.abs(value) >= 100
		? value.toLocaleString('en', { maximumFractionDigits: 0 })
		: value.toLocaleString('en', { maximumSignificantDigits: 3 });
}
