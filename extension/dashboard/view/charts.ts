/** Which charts there are, and what each draws of what is known. */
import type { StatsHistory } from '../../../shared/protocol/stats.ts';
import { RANGES, type Range } from '../messages.ts';
import { type Drawn, drawn, type Moment } from '../moments.ts';
import { powerOf } from '../power.ts';
import type { Tell } from './cards.ts';
import { createChart, sumOf } from './chart.ts';
import { bytes, count, duration, percent } from './format.ts';
import type { Chart } from './frame.ts';
import { createPowerChart } from './powerChart.ts';
import { REASON_GROUPS } from './reasons.ts';

export interface Charts {
	readonly elements: readonly HTMLElement[];
	history(history: StatsHistory, range: Range): void;
	moments(moments: readonly Moment[], from: number, to: number): void;
	themeChanged(): void;
}

export function createCharts(tell: Tell): Charts {
	let since = 0;
	const ended = createChart({
		title: 'Ended',
		about: 'Jobs that ended, by when they did',
		bars: true,
		stack: true,
		format: count,
		figure: sumOf,
		lines: [
			{
				label: 'succeeded',
				color: 'green',
				follow: () => tell({ kind: 'jobs', jobs: { states: ['succeeded'], since } }),
			},
			{
				label: 'failed',
				color: 'red',
				follow: () => tell({ kind: 'jobs', jobs: { states: ['failed', 'expired'], since } }),
			},
			{
				label: 'cancelled or replaced',
				color: 'yellow',
				follow: () => tell({ kind: 'jobs', jobs: { states: ['cancelled', 'superseded'], since } }),
			},
		],
	});
	const waiting = createChart({
		title: 'Why jobs wait',
		about: 'Jobs that wait, by what they wait for',
		stack: true,
		sparse: true,
		format: count,
		lines: REASON_GROUPS.map(({ label, color, reasons: [reason] }) => ({
			label,
			color,
			...(reason === undefined
				? {}
				: { follow: () => tell({ kind: 'jobs', jobs: { states: ['queued'], reason } }) }),
		})),
	});
	const times = createChart({
		title: 'Wait and run times',
		about: 'Of the jobs that ended: how long they had waited when due, and how long they ran',
		log: true,
		format: duration,
		lines: [
			{ label: 'wait p50', color: 'blue' },
			{ label: 'wait p95', color: 'blue', dash: true },
			{ label: 'run p50', color: 'cyan' },
			{ label: 'run p95', color: 'cyan', dash: true },
		],
	});
	const storage = createChart({
		title: 'Storage',
		about: 'What the data folder takes on disk',
		format: bytes,
		lines: [
			{ label: 'database', color: 'blue' },
			{ label: 'payloads', color: 'purple' },
			{ label: 'logs', color: 'green' },
			{ label: 'indexes', color: 'cyan' },
		],
	});
	const cpu = createChart({
		title: 'Processor',
		about: 'What the daemon itself takes, of one processor, without its jobs',
		steps: true,
		format: percent,
		lines: [{ label: 'CPU', color: 'blue' }],
	});
	const memory = createChart({
		title: 'Memory',
		about: 'What the daemon itself takes, without its jobs',
		format: bytes,
		lines: [{ label: 'resident', color: 'purple' }],
	});
	const power = createPowerChart();
	power.element.classList.add('wide');
	const all: readonly Chart[] = [ended, waiting, times, storage, cpu, memory, power];

	return {
		elements: all.map(({ element }) => element),
		history: (history, range) => {
			const { ms } = RANGES[range];
			since = history.to - ms;
			const from = since / 1000;
			const to = history.to / 1000;
			ended.show(endedOf(history), from, to);
			times.show(timesOf(history), from, to);
		},
		moments: (moments, from, to) => {
			waiting.show(
				drawn(
					moments,
					REASON_GROUPS.map(
						({ reasons }) =>
							(moment) =>
								reasons.reduce((sum, reason) => sum + (moment.waiting[reason] ?? 0), 0),
					),
				),
				from,
				to,
			);
			storage.show(
				drawn(moments, [
					(moment) => moment.databaseBytes,
					(moment) => moment.payloadBytes,
					(moment) => moment.logBytes,
					(moment) => moment.indexBytes,
				]),
				from,
				to,
			);
			power.show(powerOf(moments), from, to);
			cpu.show(drawn(moments, [(moment) => moment.cpu]), from, to);
			memory.show(drawn(moments, [(moment) => moment.rssBytes]), from, to);
		},
		themeChanged: () => {
			for (const chart of all) chart.themeChanged();
		},
	};
}

function endedOf({ buckets }: StatsHistory): Drawn {
	const of = (...states: ('succeeded' | 'failed' | 'expired' | 'cancelled' | 'superseded')[]) =>
		buckets.map(({ ended }) => states.reduce((sum, state) => sum + (ended[state] ?? 0), 0));
	return {
		times: buckets.map(({ at }) => at / 1000),
		columns: [of('succeeded'), of('failed', 'expired'), of('cancelled', 'superseded')],
	};
}

function timesOf({ buckets }: StatsHistory): Drawn {
	return {
		times: buckets.map(({ at }) => at / 1000),
		columns: [
			buckets.map(({ waitMs }) => waitMs?.p50 ?? null),
			buckets.map(({ waitMs }) => waitMs?.p95 ?? null),
			buckets.map(({ runMs }) => runMs?.p50 ?? null),
			buckets.map(({ runMs }) => runMs?.p95 ?? null),
		],
	};
}
