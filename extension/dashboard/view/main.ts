/** The dashboard's page: draws what the extension tells, and says what a person wants to see. */
import type { StatsHistory, StatsNow } from '../../../shared/protocol/stats.ts';
import { type FromPage, RANGES, type Range, type RunningJob, type ToPage } from '../messages.ts';
import { momentsSince, untilNow } from '../moments.ts';
import { createCards } from './cards.ts';
import { createCharts } from './charts.ts';
import { el, say } from './dom.ts';
import { kindTable, queueTable, runningList, section, waitingList } from './lists.ts';
import { onThemeChange } from './theme.ts';

interface Editor {
	postMessage(message: FromPage): void;
	getState(): unknown;
	setState(state: { readonly range: Range }): void;
}
declare function acquireVsCodeApi(): Editor;

const KEPT = 720;
const KEPT_EVERY_MS = 5000;

const editor = acquireVsCodeApi();
const tell = (message: FromPage) => editor.postMessage(message);

let range: Range = rangeOf(editor.getState());
let history: StatsHistory | undefined;
let stats: StatsNow | undefined;
let running: readonly RunningJob[] = [];
let past: StatsNow[] = [];

const cards = createCards(tell);
const charts = createCharts(tell);
const state = el('p', { class: 'state', role: 'status' });
const runs = section('Running', 'What runs now');
const waits = section('Waiting', 'Jobs that wait, by the first thing that each waits for');
const queues = section('Queues', 'What each queue does, and how long its jobs waited and ran');
const kinds = section('Slowest kinds of jobs', 'By the time that 95 of 100 of them took at most');
const ranges = new Map((['hour', 'day'] as const).map((one) => [one, rangeButton(one)] as const));

document
	.querySelector('#dashboard')
	?.append(
		el(
			'header',
			{},
			el('h1', {}, 'Semantica'),
			el('div', { class: 'ranges', role: 'group', 'aria-label': 'Looks back' }, ...ranges.values()),
		),
		state,
		cards.element,
		el('div', { class: 'pair' }, runs.element, waits.element),
		el('div', { class: 'charts' }, ...charts.elements),
		queues.element,
		kinds.element,
	);

window.addEventListener('message', ({ data }: MessageEvent<ToPage>) => hear(data));
onThemeChange(() => charts.themeChanged());
choose(range);

function hear(message: ToPage): void {
	switch (message.kind) {
		case 'link':
			say(state, message.sentence);
			document.body.classList.toggle('down', !message.up);
			return;
		case 'past':
			past = [...message.stats];
			return;
		case 'now':
			keep(message.stats);
			({ stats, running } = message);
			showNow();
			return;
		case 'history':
			if (message.range !== range) return;
			({ history } = message);
			cards.history(history, range);
			charts.history(history, range);
			kinds.show(kindTable(history, range, tell), JSON.stringify([range, history.kinds]));
			showNow();
			return;
	}
}

/** The newest stands at the end of what is kept of it, every few seconds. */
function keep(now: StatsNow): void {
	past = untilNow(past, now.at);
	const before = past.at(-2);
	if (before !== undefined && now.at - before.at < KEPT_EVERY_MS) past.pop();
	past.push({ ...now, queues: [] });
	if (past.length > KEPT) past.shift();
}

function showNow(): void {
	if (stats === undefined) return;
	const now = stats;
	const to = Math.max(now.at, history?.to ?? 0);
	const since = to - RANGES[range].ms;
	const moments = momentsSince(since, history?.ring ?? [], past);
	charts.moments(moments, since / 1000, to / 1000);
	cards.now(now, moments.at(-1)?.cpu ?? null);
	runs.show(
		runningList(running, now.counts.running, tell),
		JSON.stringify([running, now.counts.running]),
	);
	waits.show(waitingList(now, tell), JSON.stringify([now.waiting, now.counts.queued]));
	queues.show(
		queueTable(now, history, range, tell),
		JSON.stringify([now.queues, history?.queues, range]),
	);
}

function rangeButton(one: Range): HTMLButtonElement {
	const button = el('button', { type: 'button' }, one === 'hour' ? 'Last hour' : 'Last day');
	button.addEventListener('click', () => choose(one));
	return button;
}

function choose(one: Range): void {
	range = one;
	history = undefined;
	editor.setState({ range });
	for (const [name, button] of ranges) button.setAttribute('aria-pressed', String(name === one));
	tell({ kind: 'ready', range });
}

function rangeOf(kept: unknown): Range {
	const given = typeof kept === 'object' && kept !== null && 'range' in kept ? kept.range : '';
	return given === 'day' ? 'day' : 'hour';
}
