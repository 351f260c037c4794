/** What stands above the jobs: the daemon, what there is to do and why it waits, the queues. Pure. */
import type { StatsNow } from '../../../shared/protocol/stats.ts';
import { describeRate } from '../../../shared/rate.ts';
import { renderBar } from '../render/bar.ts';
import {
	formatBytes,
	formatCount,
	formatElapsed,
	formatPercent,
	plural,
} from '../render/format.ts';
import type { View } from '../render/style.ts';
import { renderTable } from '../render/table.ts';
import { cellWidth, oneLine, wrap } from '../render/text.ts';
import { waitingBar, waitingWords } from '../render/waiting.ts';
import type { TopModel } from './model.ts';
import { type Rates, ratesOf } from './rates.ts';

const GAUGE = 8;
export const OLDER =
	'The daemon is older than this command line and tells no numbers. The newer one takes over with: semantica daemon restart';

export function renderHead(
	model: TopModel,
	now: number,
	window: View & { readonly height: number },
): string[] {
	const { style, width, height } = window;
	const { note, stats, older } = model;
	const notes = [note, older ? OLDER : undefined]
		.filter((sentence) => sentence !== undefined)
		.flatMap((sentence) => wrap(oneLine(sentence), width))
		.map(style.yellow);
	if (stats === undefined) return [style.bold(`Semantica ${model.version}`.trim()), ...notes, ''];
	// A third of the window at most: the rest is for the jobs.
	const queues = queueTable(stats, Math.max(1, Math.floor(height / 3) - 4), window);
	return [...summary(model, stats, now, window), ...notes, '', ...queues, ''];
}

/** The same without a window to fit into. */
export function renderSummary(model: TopModel, stats: StatsNow, now: number, view: View): string[] {
	return [
		...summary(model, stats, now, view),
		'',
		...queueTable(stats, stats.queues.length, view),
		'',
	];
}

function summary(model: TopModel, stats: StatsNow, now: number, view: View): string[] {
	const { style, width, plain } = view;
	const rates = ratesOf(model.samples);
	const { counts, waiting } = stats;
	const failed = formatCount(counts.failed);
	const jobs = [
		style.bold(`${formatCount(counts.running)} running`),
		`${formatCount(counts.queued)} waiting`,
		...(counts.paused > 0 ? [style.yellow(`${formatCount(counts.paused)} paused`)] : []),
		counts.failed > 0 ? style.red(`${failed} failed`) : `${failed} failed`,
		...rateFacts(rates),
		...(stats.global.paused ? [style.yellow('everything is paused')] : []),
	];
	const words = counts.queued === 0 ? style.dim('nothing waits') : waitingWords(waiting, view);
	const room = Math.min(40, Math.floor(width / 4));
	const bar = plain || counts.queued === 0 ? '' : `${waitingBar(waiting, room, style)} `;
	return [
		facts([style.bold(`Semantica ${model.version}`), ...daemonFacts(stats, rates, now)], view),
		facts(jobs, view),
		`${bar}${words}`,
	];
}

function daemonFacts(stats: StatsNow, rates: Rates | undefined, now: number): string[] {
	const { daemon, storage, machine } = stats;
	return [
		`up ${formatElapsed(now - daemon.startedAt)}`,
		...(rates === undefined ? [] : [`CPU ${percent(rates.cpu)}`]),
		formatBytes(daemon.rssBytes),
		`database ${formatBytes(storage.databaseBytes + storage.walBytes)}`,
		`logs ${formatBytes(storage.logBytes)}`,
		`payloads ${formatBytes(storage.payloadBytes)}`,
		...(storage.indexBytes === null ? [] : [`indexes ${formatBytes(storage.indexBytes)}`]),
		...(machine.onMains === false ? [`on battery${charge(machine.battery)}`] : []),
		...(machine.idle === true ? ['idle machine'] : []),
	];
}

const charge = (battery: number | null): string =>
	battery === null ? '' : ` ${formatPercent(battery * 100, 100)}`;

const percent = (share: number): string =>
	share < 0.0995 ? `${(share * 100).toFixed(1)}%` : `${Math.round(share * 100)}%`;

function rateFacts(rates: Rates | undefined): string[] {
	if (rates === undefined) return [];
	const { enqueuedPerSecond, endedPerSecond, failedPerSecond } = rates;
	return [
		`in ${formatCount(enqueuedPerSecond)}/s`,
		`out ${formatCount(endedPerSecond)}/s`,
		...(failedPerSecond > 0 ? [`failing ${formatCount(failedPerSecond)}/s`] : []),
	];
}

/** As many as fit, the most important first. */
function facts(all: readonly string[], { style, width }: View): string {
	let line = '';
	for (const fact of all) {
		const next = line === '' ? fact : `${line} ${style.symbols.dot} ${fact}`;
		if (cellWidth(next) > width) break;
		line = next;
	}
	return line;
}

function queueTable(stats: StatsNow, most: number, view: View): string[] {
	const { style } = view;
	// An empty queue that nobody changed tells nothing; those with most to do come first.
	const busy = stats.queues.filter(({ queued, running, paused }) => queued + running > 0 || paused);
	const all = busy.length === 0 ? stats.queues : busy;
	const shown = all.slice(0, most);
	const rest = all.length - shown.length + stats.moreQueues;
	const lines = renderTable(
		[
			{ header: 'QUEUE', cells: shown.map(({ name }) => name), min: 8, rank: 0 },
			{
				header: 'SLOTS',
				cells: shown.map(({ running, concurrency }) => {
					const used = `${formatCount(running)}/${formatCount(concurrency)}`;
					return view.plain ? used : `${renderBar(running / concurrency, GAUGE, style)} ${used}`;
				}),
				rank: 0,
			},
			{
				header: 'WAITING',
				cells: shown.map(({ queued }) => (queued === 0 ? style.dim('0') : formatCount(queued))),
				align: 'right',
				rank: 0,
			},
			{
				header: 'RATE',
				cells: shown.map(({ rate }) => (rate === null ? '' : describeRate(rate))),
				rank: 2,
			},
			{
				header: '',
				cells: shown.map(({ paused }) => (paused ? style.yellow('paused') : '')),
				rank: 0,
			},
			{
				header: 'WHY',
				cells: shown.map(({ waiting }) => waitingWords(waiting, view)),
				min: 10,
				rank: 1,
			},
		],
		view,
	);
	return rest === 0 ? lines : [...lines, style.dim(`and ${plural(rest, 'more queue')}`)];
}
