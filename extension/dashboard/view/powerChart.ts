/** Power and use as two strips of time, and above them the battery where there is one. */
import type uPlot from 'uplot';
import { lasted, powerInWords, sinceWhen } from '../power.ts';
import { lastOf } from './chart.ts';
import { duration, percent } from './format.ts';
import { alone, type Chart, createFrame, gridOf, type Line } from './frame.ts';

/** Below the battery's 0 to 1. What differs only by colour would be the same to some: so it does by height. */
const POWER = { foot: -0.38, high: 0.22, low: 0.11 };
const USE = { foot: -0.76, high: 0.22, low: 0.11 };
const FLOOR = -0.85;
const MIDDLE = 0.11;
/** Its column, and its place in the data of a plot, which has the times before it. */
const BATTERY = 2;

const LINES: readonly Line[] = [
	{ label: 'on mains', color: 'green' },
	{ label: 'on battery', color: 'yellow' },
	{ label: 'charge', color: 'foreground' },
	{ label: 'in use', color: 'blue' },
	{ label: 'idle', color: 'purple' },
];
const STRIPS = [
	strip(POWER.foot, POWER.high),
	strip(POWER.foot, POWER.low),
	undefined,
	strip(USE.foot, USE.high),
	strip(USE.foot, USE.low),
];

export function createPowerChart(): Chart {
	return createFrame({
		title: 'Power and idleness',
		about:
			'Whether the machine was on mains, how full its battery was, and whether somebody used it',
		lines: LINES,
		scale: { range: (plot) => [FLOOR, hasBattery(plot) ? 1.05 : -0.05] },
		axis: (theme) => ({
			grid: {
				...gridOf(theme),
				filter: (_plot, splits) => splits.map((at) => (at >= 0 ? at : null)),
			},
			splits: (plot) => [
				USE.foot + MIDDLE,
				POWER.foot + MIDDLE,
				...(hasBattery(plot) ? [0, 0.5, 1] : []),
			],
			values: (_plot, splits) =>
				splits.map((at) => (at >= 0 ? percent(at) : at > USE.foot + MIDDLE ? 'power' : 'use')),
		}),
		series: (theme) =>
			LINES.map(({ label, color }, index) => {
				const stroke = theme.color(color);
				const paths = STRIPS[index];
				return paths === undefined
					? {
							label,
							stroke,
							width: 1.5,
							points: { show: true, size: 4, fill: stroke, filter: alone },
						}
					: { label, fill: stroke, width: 0, points: { show: false }, paths };
			}),
		aligned: ({ times, columns }) =>
			[times, ...LINES.map((_line, index) => columns[index] ?? [])] as uPlot.AlignedData,
		figures: ({ times, columns }) =>
			columns.map((column, index) => {
				const last = lastOf(column);
				if (last === null) return null;
				return index === BATTERY ? percent(last) : duration(lasted(times, column));
			}),
		listed: (column) => column.some((value) => value !== null),
		nothing: 'Not known: no job has depended on power or idleness',
		heads: ['Power', 'Charge', 'Use'],
		cells: (values) => powerInWords(values, percent),
	});
}

const hasBattery = (plot: uPlot): boolean =>
	plot.data[BATTERY + 1]?.some((value) => value != null) ?? false;

/** A strip of its own height for as long as it was so; what is known of a moment alone is still to be seen. */
function strip(foot: number, height: number): uPlot.Series.PathBuilder {
	return (plot, series) => {
		const [times] = plot.data;
		const column = (plot.data[series] ?? []) as (number | null)[];
		const fill = new Path2D();
		const top = plot.valToPos(foot + height, 'y', true);
		const bottom = plot.valToPos(foot, 'y', true);
		for (const [row, value] of column.entries()) {
			if (value === null) continue;
			const right = plot.valToPos(times[row] ?? 0, 'x', true);
			const left = plot.valToPos(sinceWhen(times as number[], column, row), 'x', true);
			const width = Math.max(2, right - left);
			fill.rect(right - width, top, width, bottom - top);
		}
		return { fill };
	};
}
