import type { Explanation } from '../../../shared/protocol/jobs.ts';
import { WAIVED_BY_RUN_NOW } from '../../../shared/waiting.ts';
import { formatAge, formatDuration, formatElapsed, plural } from './format.ts';
import { shortenIds } from './show.ts';
import { STATE_NAMES } from './state.ts';
import type { View } from './style.ts';
import { wrap } from './text.ts';

/** Kinds of reasons that are ends, not waits. */
const ENDS: ReadonlySet<string> = new Set(STATE_NAMES.slice(STATE_NAMES.indexOf('succeeded')));

/** Why a job does not run, a line per reason; or that nothing keeps it. */
export function renderExplanation(explanation: Explanation, now: number, view: View): string[] {
	const { style } = view;
	const lines = explanation.reasons.flatMap(({ kind, message, since, until }) => {
		const goesOn = until === undefined ? '' : `, goes on ${formatAge(until, now)}`;
		const begun = ENDS.has(kind) ? formatAge(since, now) : `for ${formatElapsed(now - since)}`;
		const times = `${begun}${goesOn}`;
		return [...wrap(sentence(shortenIds(message)), view.width), style.dim(`  ${times}`)];
	});
	if (explanation.runnable)
		lines.unshift(...wrap('Nothing keeps it from running: it starts at once.', view.width));
	if (explanation.position !== undefined && explanation.position > 0) {
		const ahead = `${plural(explanation.position, 'job')} of its queue ${explanation.position === 1 ? 'is' : 'are'} ahead of it.`;
		lines.push(...wrap(ahead, view.width));
	}
	if (explanation.usualMs !== undefined) {
		lines.push(...wrap(`It usually takes ${formatDuration(explanation.usualMs)}.`, view.width));
	}
	const started = explanation.reasons.some(({ kind }) => WAIVED_BY_RUN_NOW.has(kind));
	if (started) lines.push('Start it anyway with semantica now.');
	return lines;
}

function sentence(text: string): string {
	const start = text.charAt(0).toUpperCase() + text.slice(1);
	return /[.!?]$/.test(start) ? start : `${start}.`;
}
