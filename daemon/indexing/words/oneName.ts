/** Several words of a query that are one name in a text: `openSocket`, `open_socket` and the like. */
import { isDefinition } from './definitions.ts';
import { isPartEdge, isWordEdge } from './identifiers.ts';
import { lineEnd, lineStart } from './lines.ts';
import { DEFINITION, type Folded, fold, SAME_CASE, WHOLE_WORD } from './needles.ts';
import type { QueryWord } from './query.ts';

/** What an occurrence is worth for each of the words. */
const ONE_NAME = WHOLE_WORD + 2 * SAME_CASE;
const IN_NAME = 1.2;
const DEFINED_NAME = 0.6;
/** The name is all of them, and defined there: nothing is worth more. */
export const WORTH_OF_DEFINED_NAME = ONE_NAME + DEFINITION;
/** More words are no name. */
const NAMED_BY = 5;

export interface Name {
	readonly at: number;
	readonly score: number;
}

/** Of two words and more: parts are letters and digits. */
export function oneNameOf(words: readonly QueryWord[]): RegExp | undefined {
	if (words.length < 2 || words.length > NAMED_BY) return undefined;
	const parts = words.flatMap((word) => word.parts.map(fold));
	return new RegExp(parts.join('_*'), 'g');
}

/** By the beginning of the line, in order, the best place where the words are one name; up to one of which none is better. */
export function namesIn(
	{ text, folded }: Folded,
	oneName: RegExp,
	words: number,
): Map<number, Name> {
	const names = new Map<number, Name>();
	// Lines are looked for once: one may be a megabyte long.
	let start = 0;
	let end = -1;
	for (const { index, 0: match } of folded.matchAll(oneName)) {
		const beyond = index + match.length;
		if (!isPartEdge(text, index) || !isPartEdge(text, beyond)) continue;
		if (index >= end) {
			start = lineStart(text, index);
			end = lineEnd(text, index);
		}
		let at = index;
		while (!isWordEdge(text, at)) at--;
		let after = beyond;
		while (!isWordEdge(text, after)) after++;
		const isWhole = /^_*$/.test(text.slice(at, index)) && /^_*$/.test(text.slice(beyond, after));
		const defined = isDefinition(text, { start, at, after, end });
		const each = isWhole
			? ONE_NAME + (defined ? DEFINITION : 0)
			: IN_NAME + (defined ? DEFINED_NAME : 0);
		const score = each * words;
		if (score > (names.get(start)?.score ?? 0)) names.set(start, { at: index, score });
		if (each >= WORTH_OF_DEFINED_NAME) break;
	}
	return names;
}
