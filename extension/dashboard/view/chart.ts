/** Charts of numbers: lines, steps, bars and stacks over one axis. */
import uPlot from 'uplot';
import { type Drawn, stacked } from '../moments.ts';
import { alone, type Chart, createFrame, gridOf, type Line } from './frame.ts';
import type { Theme } from './theme.ts';

export interface ChartKind {
	readonly title: string;
	/** What is drawn, for those who do not know. */
	readonly about: string;
	readonly lines: readonly Line[];
	/** Each on top of those before it, filled. */
	readonly stack?: boolean;
	readonly bars?: boolean;
	/** Lines without any value are left out of the legend. */
	readonly sparse?: boolean;
	readonly steps?: boolean;
	/** Orders of magnitude beside each other. */
	readonly log?: boolean;
	readonly format: (value: number) => string;
	/** The figure beside a line's name: by itself the last value. */
	readonly figure?: (column: readonly (number | null)[]) => number | null;
}

export function createChart(kind: ChartKind): Chart {
	const { title, about, lines, format, figure = lastOf } = kind;
	const said = (value: number | null) => (value === null ? null : format(value));
	return createFrame({
		title,
		about,
		lines,
		scale: kind.log === true ? { distr: 3 } : { range: fromZero },
		axis: (theme) => ({
			grid: kind.log === true ? { ...gridOf(theme), filter: decades } : gridOf(theme),
			...(kind.log === true ? { filter: decades } : {}),
			values: (_plot, splits) => splits.map((value) => (value === null ? '' : format(value))),
		}),
		series: (theme) => {
			const series = lines.map((line) => seriesOf(kind, line, theme));
			return kind.stack === true ? series.reverse() : series;
		},
		aligned: (drawn) => alignedOf(kind, drawn),
		figures: ({ columns }) => columns.map((column) => said(figure(column))),
		// Of many reasons few are there at a time.
		listed: (column) => kind.sparse !== true || column.some(Boolean),
		heads: lines.map(({ label }) => label),
		cells: (values) => values.map((value) => said(value) ?? '–'),
	});
}

export const lastOf = (column: readonly (number | null)[]): number | null =>
	column.findLast((value) => value !== null) ?? null;

export const sumOf = (column: readonly (number | null)[]): number =>
	column.reduce<number>((sum, value) => sum + (value ?? 0), 0);

/** The highest stack first, so that the others stand in front of it. */
function alignedOf(kind: ChartKind, drawn: Drawn): uPlot.AlignedData {
	const { times, columns } = kind.stack === true ? stacked(drawn) : drawn;
	const values = kind.log === true ? columns.map(positive) : columns;
	const empty = kind.lines.map(() => []);
	const filled = values.length === 0 ? empty : values;
	return [times, ...(kind.stack === true ? [...filled].reverse() : filled)] as uPlot.AlignedData;
}

/** Less than a millisecond is none on a scale of magnitudes. */
const positive = (column: readonly (number | null)[]) =>
	column.map((value) => (value === null ? null : Math.max(1, value)));

/** With some room above, and something to see where all is zero. */
const fromZero = (_plot: uPlot, _least: number, most: number): [number, number] => [
	0,
	most > 0 ? most * 1.1 : 1,
];

const decades = (_plot: uPlot, splits: (number | null)[]): (number | null)[] =>
	splits.map((value) => (value !== null && Number.isInteger(Math.log10(value)) ? value : null));

function seriesOf(kind: ChartKind, { label, color, dash }: Line, theme: Theme): uPlot.Series {
	const stroke = theme.color(color);
	const filled = kind.stack === true || kind.bars === true;
	const paths = pathsOf(kind);
	return {
		label,
		stroke,
		width: kind.bars === true ? 0 : filled ? 1 : 1.5,
		...(dash === true ? { dash: [4, 3] } : {}),
		...(filled
			? { fill: stroke, points: { show: false } }
			: { points: { show: true, size: 4, fill: stroke, filter: alone } }),
		...(paths === undefined ? {} : { paths }),
	};
}

function pathsOf({ bars, steps }: ChartKind): uPlot.Series.PathBuilder | undefined {
	if (bars === true) return uPlot.paths.bars?.({ size: [0.8, 40], align: 1 });
	return steps === true ? uPlot.paths.stepped?.({ align: -1 }) : undefined;
}
