import { withoutTerminalCodes } from '../../../shared/terminalCodes.ts';

/** Marks that turn the direction of what follows, and with it the words of ours beside a title. */
const TURNS = '\\u061c\\u200e\\u200f\\u202a-\\u202e\\u2066-\\u2069';
const UNSEEN = new RegExp(`[\\p{Cc}\\u2028\\u2029${TURNS}]+`, 'gu');

/** Other people's words in one line: no line breaks, no control characters or codes, nothing that turns the rest. */
export function rowTitle(title: string): string {
	return withoutTerminalCodes(title).replace(UNSEEN, ' ').trim() || '…';
}

/** The same with so many characters at most. */
export function shortTitle(title: string, most: number): string {
	const characters = [...rowTitle(title)];
	return characters.length > most
		? `${characters.slice(0, most - 1).join('')}…`
		: characters.join('');
}
