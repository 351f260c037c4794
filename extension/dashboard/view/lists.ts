/** What runs, why the rest waits, the queues, and the slowest kinds: as lists and tables that lead to jobs. */
import type { StatsHistory, StatsNow } from '../../../shared/protocol/stats.ts';
import type { WaitReason } from '../../../shared/waiting.ts';
import { type JobsBehind, RANGES, type Range, type RunningJob } from '../messages.ts';
import type { Tell } from './cards.ts';
import { el, link, table } from './dom.ts';
import { count, duration } from './format.ts';
import { REASON_TEXT } from './reasons.ts';

/** A section whose content is replaced as a whole, unless it would be the same or somebody's focus is in it. */
export interface Section {
	readonly element: HTMLElement;
	show(content: Node, sameAs: string): void;
}

export function section(title: string, about: string): Section {
	const place = el('div', { class: 'content' });
	let shown = '';
	return {
		element: el('section', {}, el('h2', { title: about }, title), place),
		show: (content, sameAs) => {
			if (sameAs === shown) return;
			shown = sameAs;
			const focused = focusIn(place);
			place.replaceChildren(content);
			if (focused !== undefined) refocus(place, focused);
		},
	};
}

/** Where the focus is among what can have it. */
function focusIn(place: HTMLElement): number | undefined {
	const at = [...place.querySelectorAll('button')].indexOf(
		document.activeElement as HTMLButtonElement,
	);
	return at < 0 ? undefined : at;
}

function refocus(place: HTMLElement, at: number): void {
	const buttons = place.querySelectorAll('button');
	buttons[Math.min(at, buttons.length - 1)]?.focus();
}

export function runningList(jobs: readonly RunningJob[], total: number, tell: Tell): Node {
	if (jobs.length === 0) return nothing(total === 0 ? 'Nothing runs.' : 'Loading…');
	const rows = jobs.map(({ id, title, queue, text, fraction }) => {
		const bar = el('progress', { max: '1', 'aria-label': `Progress of ${title}` });
		if (fraction !== undefined) bar.value = fraction;
		return el(
			'li',
			{},
			link(title, 'Show its log', () => tell({ kind: 'log', id })),
			el('span', { class: 'note' }, `${queue} · ${text}`),
			...(fraction === undefined ? [] : [bar]),
		);
	});
	const more = total - jobs.length;
	const rest = el('li', { class: 'note' }, `and ${count(more)} more`);
	return el('ul', { class: 'rows' }, ...rows, ...(more > 0 ? [rest] : []));
}

export function waitingList({ waiting, counts }: StatsNow, tell: Tell): Node {
	const reasons = (Object.entries(waiting) as [WaitReason, number][])
		.filter(([, number]) => number > 0)
		.sort(([, a], [, b]) => b - a);
	if (reasons.length === 0) return nothing('Nothing waits.');
	const rows = reasons.map(([reason, number]) => {
		const bar = el('progress', {
			max: String(counts.queued),
			'aria-label': `Share that waits for ${REASON_TEXT[reason]}`,
		});
		bar.value = number;
		const follow = () => tell({ kind: 'jobs', jobs: { states: ['queued'], reason } });
		const figure = link(
			count(number),
			`Show the jobs that wait for ${REASON_TEXT[reason]}`,
			follow,
		);
		return el('li', {}, el('span', {}, figure, ` for ${REASON_TEXT[reason]}`), bar);
	});
	return el('ul', { class: 'rows' }, ...rows);
}

export function queueTable(
	stats: StatsNow,
	history: StatsHistory | undefined,
	range: Range,
	tell: Tell,
): Node {
	const since = history === undefined ? 0 : history.to - RANGES[range].ms;
	const past = new Map(history?.queues.map((queue) => [queue.queue, queue]));
	const names = new Set([...stats.queues.map(({ name }) => name), ...past.keys()]);
	const figure = (number: number, what: string, jobs: JobsBehind) =>
		number === 0 ? '0' : link(count(number), what, () => tell({ kind: 'jobs', jobs }));
	const rows = [...names].map((name) => {
		const now = stats.queues.find((queue) => queue.name === name);
		const { ended = {}, waitMs = null, runMs = null } = past.get(name) ?? {};
		const failed = (ended.failed ?? 0) + (ended.expired ?? 0);
		const used = `${count(now?.running ?? 0)} of ${now === undefined ? '–' : count(now.concurrency)}`;
		return [
			now?.paused === true ? `${name} (paused)` : name,
			(now?.running ?? 0) === 0
				? used
				: link(used, `Show what runs in ${name}`, () => {
						tell({ kind: 'jobs', jobs: { states: ['running'], queue: name } });
					}),
			figure(now?.queued ?? 0, `Show what waits in ${name}`, { states: ['queued'], queue: name }),
			figure(sum(ended), `Show what ended in ${name}`, { states: [...ENDED], queue: name, since }),
			figure(failed, `Show what failed in ${name}`, {
				states: ['failed', 'expired'],
				queue: name,
				since,
			}),
			pair(waitMs),
			pair(runMs),
		];
	});
	const heads = ['Queue', 'Slots', 'Waiting', 'Ended', 'Failed', 'Wait p50 / p95', 'Run p50 / p95'];
	return table('Queues', heads, rows);
}

const ENDED = ['succeeded', 'failed', 'cancelled', 'superseded', 'expired'] as const;

const sum = (ended: StatsHistory['buckets'][number]['ended']): number =>
	Object.values(ended).reduce((all, number) => all + number, 0);

const pair = (quantiles: { p50: number; p95: number } | null): string =>
	quantiles === null ? '–' : `${duration(quantiles.p50)} / ${duration(quantiles.p95)}`;

export function kindTable({ kinds, to }: StatsHistory, range: Range, tell: Tell): Node {
	if (kinds.length === 0) return nothing('Nothing has ended in this time.');
	const since = to - RANGES[range].ms;
	const rows = kinds.slice(0, 10).map(({ type, title, ended, failed, runMs, longest }) => [
		link(title, `Show these jobs: ${title}`, () => {
			const text = title.slice(0, 200);
			tell({ kind: 'jobs', jobs: { states: [...ENDED], type, text, since } });
		}),
		count(ended),
		count(failed),
		duration(runMs.p50),
		duration(runMs.p95),
		link(duration(longest.runMs), 'Show its log', () => tell({ kind: 'log', id: longest.id })),
	]);
	return table('Slowest kinds', ['Kind', 'Ended', 'Failed', 'p50', 'p95', 'Longest'], rows);
}

const nothing = (text: string): Node => el('p', { class: 'note' }, text);
