/** The figures at the top: what there is to do, what became of it, and the daemon and its machine. */
import type { StatsHistory, StatsNow } from '../../../shared/protocol/stats.ts';
import { type FromPage, RANGES, type Range } from '../messages.ts';
import { el, say } from './dom.ts';
import { bytes, count, duration, percent } from './format.ts';

export type Tell = (message: FromPage) => void;

export interface Cards {
	readonly element: HTMLElement;
	now(stats: StatsNow, cpu: number | null): void;
	history(history: StatsHistory, range: Range): void;
}

export function createCards(tell: Tell): Cards {
	let since = 0;
	const running = card('running', () => tell({ kind: 'jobs', jobs: { states: ['running'] } }));
	const waiting = card('waiting', () => tell({ kind: 'jobs', jobs: { states: ['queued'] } }));
	const paused = card('paused', () => tell({ kind: 'jobs', jobs: { states: ['paused'] } }));
	const done = card('succeeded', () => {
		tell({ kind: 'jobs', jobs: { states: ['succeeded'], since } });
	});
	const failed = card('failed', () => {
		tell({ kind: 'jobs', jobs: { states: ['failed', 'expired'], since } });
	});
	const daemon = card('daemon');
	const machine = card('machine');
	return {
		element: el(
			'div',
			{ class: 'cards' },
			...[running, waiting, paused, done, failed, daemon, machine].map((one) => one.element),
		),
		now: (stats, cpu) => {
			const { counts, global } = stats;
			running.show(count(global.running), `of ${count(global.concurrency)} slots`);
			waiting.show(count(counts.queued), oldest(stats));
			paused.show(count(counts.paused), global.paused ? 'everything is paused' : '');
			daemon.element.title = `Up for ${duration(stats.at - stats.daemon.startedAt)}`;
			daemon.show(
				cpu === null ? bytes(stats.daemon.rssBytes) : percent(cpu),
				cpu === null ? 'of memory' : `CPU · ${bytes(stats.daemon.rssBytes)}`,
			);
			machine.show(...machineText(stats));
		},
		history: (history, range) => {
			since = history.to - RANGES[range].ms;
			const last = range === 'hour' ? 'in the last hour' : 'in the last day';
			const ended = (...states: ('succeeded' | 'failed' | 'expired')[]) =>
				history.buckets.reduce(
					(sum, bucket) => sum + states.reduce((all, state) => all + (bucket.ended[state] ?? 0), 0),
					0,
				);
			const failures = ended('failed', 'expired');
			done.show(count(ended('succeeded')), last);
			failed.show(count(failures), last);
			failed.element.classList.toggle('bad', failures > 0);
		},
	};
}

function oldest({ waiting }: StatsNow): string {
	const slot = (waiting.slot ?? 0) + (waiting.group ?? 0) + (waiting.rate ?? 0);
	return slot === 0 ? '' : `${count(slot)} for a slot`;
}

function machineText({ machine }: StatsNow): [string, string] {
	const { onMains, battery, idle } = machine;
	const use = idle === null ? '' : idle ? 'nobody uses it' : 'in use';
	if (onMains === null) {
		return idle === null
			? ['–', 'no job depends on power or idleness']
			: [idle ? 'idle' : 'in use', ''];
	}
	const charge = battery === null ? '' : `battery ${percent(battery)}`;
	return [onMains ? 'on mains' : 'on battery', [charge, use].filter(Boolean).join(' · ')];
}

function card(name: string, follow?: () => void) {
	const figure = el('span', { class: 'number' }, '–');
	const label = el('span', { class: 'name' }, name);
	const note = el('span', { class: 'note' }, '');
	const element =
		follow === undefined
			? el('div', { class: 'card' }, label, figure, note)
			: el(
					'button',
					{ class: 'card', type: 'button', title: `Show these jobs: ${name}` },
					label,
					figure,
					note,
				);
	if (follow !== undefined) element.addEventListener('click', follow);
	return {
		element,
		show: (text: string, more: string) => {
			say(figure, text);
			say(note, more);
		},
	};
}
