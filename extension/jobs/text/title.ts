/** Marks that turn the direction of what follows, and with it the words of ours beside a title. */
const TURNS = '\\u061c\\u200e\\u200f\\u202a-\\u202e\\u2066-\\u2069';
const UNSEEN = new RegExp(`[\\p{Cc}\\u2028\\u2029${TURNS}]+`, 'gu');

/** Other people's words in one line of a row: no line breaks, no control characters, nothing that turns the rest. */
export function rowTitle(title: string): string {
	return title.replace(UNSEEN, ' ').trim() || '…';
}
