/** What jobs wait for, counted, in words and as one bar. */
import type { Waiting } from '../../../shared/protocol/stats.ts';
import type { WaitReason } from '../../../shared/waiting.ts';
import { formatCount } from './format.ts';
import type { Style, View } from './style.ts';

/** In the order in which the bar has them. */
const REASONS: readonly (readonly [WaitReason, string, keyof Style])[] = [
	['slot', 'for a slot', 'cyan'],
	['rate', 'for the rate', 'blue'],
	['room', 'for room', 'blue'],
	['group', 'for their group', 'blue'],
	['subject', 'for their subject', 'magenta'],
	['dependency', 'for other jobs', 'magenta'],
	['delayed', 'for their time', 'green'],
	['backoff', 'for the next try', 'red'],
	['event', 'for an event', 'green'],
	['power', 'for power', 'yellow'],
	['idle', 'for an idle machine', 'yellow'],
	['memory', 'for memory', 'yellow'],
	['disk', 'for disk space', 'yellow'],
	['network', 'for another network', 'yellow'],
	['held', 'held', 'yellow'],
	['paused', 'in a paused queue', 'yellow'],
	['worker', 'for a worker', 'magenta'],
	['other', 'otherwise', 'dim'],
];

interface Part {
	readonly word: string;
	readonly count: number;
	readonly paint: (text: string) => string;
}

function partsOf(waiting: Waiting, style: Style): Part[] {
	return REASONS.flatMap(([reason, word, color]) => {
		const count = waiting[reason] ?? 0;
		const paint = style[color] as Part['paint'];
		return count === 0 ? [] : [{ word, count, paint }];
	});
}

/** `1,190 for a slot · 8 for power`: most first. */
export function waitingWords(waiting: Waiting, { style }: View): string {
	return partsOf(waiting, style)
		.sort((a, b) => b.count - a.count)
		.map(({ word, count, paint }) => `${formatCount(count)} ${paint(word)}`)
		.join(` ${style.symbols.dot} `);
}

/** Stacked by reason; each that there is has a cell at least. */
export function waitingBar(waiting: Waiting, width: number, style: Style): string {
	const parts = partsOf(waiting, style);
	const total = parts.reduce((sum, { count }) => sum + count, 0);
	const room = width - parts.length;
	if (total === 0 || room < 0) return '';
	let drawn = 0;
	let counted = 0;
	return parts
		.map(({ count, paint }, index) => {
			counted += count;
			const until = index + 1 + Math.round((room * counted) / total);
			const cells = until - drawn;
			drawn = until;
			return paint(style.symbols.barFull.repeat(cells));
		})
		.join('');
}
