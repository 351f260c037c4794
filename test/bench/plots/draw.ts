/** Which figures are drawn beside one another. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Figure } from '../figures.ts';
import { drawBars, type Panel, type Plot } from './bars.ts';

interface Chart extends Pick<Plot, 'title' | 'subtitle'> {
	readonly file: string;
	/** Names of figures; one that was not measured has no panel. */
	readonly figures: readonly string[];
	readonly logarithmic?: boolean;
	/** Instead of the figures' own words. */
	readonly titles?: readonly string[];
}

const MEDIAN = 'Median of the repeats; the thin line is their range.';

const CHARTS: readonly Chart[] = [
	{
		file: 'enqueue.svg',
		title: 'Enqueue',
		subtitle: `Every job on disk before it is acknowledged, except where fsync is each second. ${MEDIAN}`,
		figures: ['queues-alone', 'queues-pipelined', 'queues-bulk-10k', 'queues-bulk-100k'],
	},
	{
		file: 'drain.svg',
		title: 'Claim and complete jobs that do nothing',
		subtitle: `The others run a function in the worker; ours is the engine, and beside it the same with a process for each job. ${MEDIAN}`,
		figures: ['queues-drain-1', 'queues-drain-8', 'queues-drain-64'],
	},
	{
		file: 'latency.svg',
		title: 'From enqueue to start, idle worker',
		subtitle: `Ours ends in the first instruction of a new process, theirs in a function of the worker. Logarithmic. ${MEDIAN}`,
		figures: ['queues-start-p50', 'queues-start-p95', 'queues-start-p99'],
		logarithmic: true,
	},
	{
		file: 'idle.svg',
		title: 'Idle with a worker attached',
		subtitle: 'Server and client together over 60 s, with nothing to do.',
		figures: ['queues-idle-cpu', 'queues-idle-switches', 'queues-rss-server'],
		titles: ['CPU', 'voluntary context switches', 'memory of the server'],
	},
];

/** Writes an SVG for each chart that has anything to show. */
export function drawPlots(folder: string, figures: readonly Figure[]): void {
	mkdirSync(folder, { recursive: true });
	for (const chart of CHARTS) {
		const panels = chart.figures.flatMap((name, i) => {
			const figure = figures.find((one) => one.name === name);
			return figure === undefined ? [] : [{ figure, title: chart.titles?.[i] ?? figure.what }];
		});
		if (panels.length === 0) continue;
		const ours = new Set(panels.map(({ figure }) => labelOf(figure)));
		const rows = new Set(panels.flatMap(({ figure }) => [...cellsOf(figure).keys()]));
		const plot: Plot = {
			...chart,
			rows: [...rows],
			ours: new Set([...rows].filter((row) => ours.has(row) || row.startsWith('Semantica'))),
			panels: panels.map(
				({ figure, title }): Panel => ({
					title,
					unit: figure.unit,
					logarithmic: chart.logarithmic ?? false,
					cells: cellsOf(figure),
				}),
			),
		};
		writeFileSync(join(folder, chart.file), drawBars(plot));
	}
	const depth = depthPlot(figures);
	if (depth !== undefined) writeFileSync(join(folder, 'depth.svg'), drawBars(depth));
}

function labelOf(figure: Figure): string {
	return figure.label ?? 'Semantica';
}

function cellsOf(figure: Figure): Map<string, readonly number[] | string> {
	const own = figure.void === undefined ? figure.ours : 'void';
	const others = (figure.others ?? []).map(({ label, values, void: lost }) => {
		if (lost !== undefined) return [label, 'void'] as const;
		return [label, values.length > 0 ? values : 'not measured'] as const;
	});
	return new Map<string, readonly number[] | string>([[labelOf(figure), own], ...others]);
}

const DEPTHS = [
	['claim-100k', '100,000 queued'],
	['claim-1m', '1,000,000 queued'],
] as const;

/** Claims at three depths; the shallow one was measured beside each of the deep ones. */
function depthPlot(figures: readonly Figure[]): Plot | undefined {
	const panels = ['p50', 'p99'].flatMap((share): Panel[] => {
		const found = DEPTHS.map(([name]) => figures.find((one) => one.name === `${name}-${share}`));
		const shallow = found[0]?.others?.[0];
		if (shallow === undefined) return [];
		const cells = new Map<string, readonly number[]>([['1,000 queued', shallow.values]]);
		for (const [i, [, row]] of DEPTHS.entries()) cells.set(row, found[i]?.ours ?? []);
		return [{ title: share, unit: 'ms', cells }];
	});
	if (panels.length === 0) return undefined;
	const rows = ['1,000 queued', ...DEPTHS.map(([, row]) => row)];
	return {
		title: 'A claim, whatever is queued',
		subtitle: `Engine only, without the disk. ${MEDIAN}`,
		rows,
		ours: new Set(rows),
		panels,
	};
}
