/** What the words of a query are looked for as in a text, and what an occurrence is worth. */
import { isDefinition } from './definitions.ts';
import { stemOf } from './forms.ts';
import { isPartEdge, isUnspaced, isWordEdge, pairsOf } from './identifiers.ts';
import { BEYOND_ASCII, lineEnd, lineStart } from './lines.ts';
import type { QueryWord } from './query.ts';

/** What an occurrence is worth: two words on a line always beat the best occurrence of one. */
export const WHOLE_WORD = 1.6;
export const SAME_CASE = 0.1;
export const WHOLE_PART = 1;
const BEGINNING = 0.9;
/** On top, where a single name is looked for: as it was typed, and where it gets its meaning. */
const AS_TYPED = 0.4;
export const DEFINITION = 1;

/** Something to look for in a text. */
export interface Needle {
	/** Which word of the query it stands for. */
	readonly word: number;
	/** Folded: what the text must have at the place. */
	readonly text: string;
	/** Folded: what makes the occurrence more than a beginning. */
	readonly full: string;
	/** Its share of the word, 1 for the word as it was typed. */
	readonly share: number;
	/** The word as typed, where the needle is all of it. */
	readonly typed: string | undefined;
	/** Underscores that were typed before and behind it. */
	readonly lead: string;
	readonly trail: string;
	/** The query is this word. */
	readonly alone: boolean;
}

/** A text, and the same in lower case without accents, unit for unit. */
export interface Folded {
	readonly text: string;
	readonly folded: string;
}

export function needlesOf(word: QueryWord, index: number, alone: boolean): Needle[] {
	const pieces = word.parts.map(fold).flatMap((part) => {
		const pairs = pairsOf(part);
		return pairs.length === 0 ? [part] : pairs;
	});
	const needles = pieces.map((piece) => ({
		word: index,
		text: stemOf(piece),
		full: piece,
		share: 1 / pieces.length,
		typed: pieces.length === 1 ? word.text : undefined,
		...(pieces.length === 1 ? underscoresOf(word.text) : NO_UNDERSCORES),
		alone,
	}));
	if (pieces.length === 1) return needles;
	const whole = fold(word.text);
	const needle = { word: index, text: whole, full: whole, share: 1, typed: word.text, alone };
	return [...needles, { ...needle, ...underscoresOf(word.text) }];
}

const NO_UNDERSCORES = { lead: '', trail: '' };

const underscoresOf = (typed: string): typeof NO_UNDERSCORES => ({
	lead: /^_*/.exec(typed)?.[0] ?? '',
	trail: /_*$/.exec(typed)?.[0] ?? '',
});

/** What an occurrence can be worth at the most. */
export function mostOf({ alone, share, typed }: Needle): number {
	if (typed === undefined) return WHOLE_PART * share;
	return alone ? WHOLE_WORD + SAME_CASE + AS_TYPED + DEFINITION : WHOLE_WORD + SAME_CASE;
}

/** Calls `visit` for the occurrences of a needle that are worth something, until it says that it has enough. */
export function eachOccurrence(
	{ text, folded }: Folded,
	needle: Needle,
	from: number,
	to: number,
	visit: (at: number, value: number) => boolean,
): void {
	// Lines are looked for once: one may be a megabyte long and full of the word.
	let start = 0;
	let end = -1;
	const within = folded.slice(from, to);
	for (let place = within.indexOf(needle.text); place !== -1; ) {
		const at = from + place;
		let value = valueAt(text, folded, at, needle);
		if (value >= WHOLE_WORD && needle.alone) {
			if (at >= end) {
				start = lineStart(text, at);
				end = lineEnd(text, at);
			}
			const name = reachOf(text, at, needle);
			if (value > WHOLE_WORD) value += AS_TYPED;
			if (isDefinition(text, { start, end, ...name })) value += DEFINITION;
		}
		if (value > 0 && visit(at, value)) return;
		place = within.indexOf(needle.text, place + 1);
	}
}

/** What the occurrence of a needle at `at` is worth; 0 where it is inside of another word. */
function valueAt(text: string, folded: string, at: number, needle: Needle): number {
	if (!isPartEdge(text, at) && !isUnspaced(text, at)) return 0;
	if (!folded.startsWith(needle.full, at)) return BEGINNING * needle.share;
	const { at: from, after } = reachOf(text, at, needle);
	if (needle.typed !== undefined && isWordEdge(text, from) && isWordEdge(text, after)) {
		return WHOLE_WORD + (text.slice(from, after) === needle.typed ? SAME_CASE : 0);
	}
	const end = at + needle.full.length;
	return (isPartEdge(text, end) ? WHOLE_PART : BEGINNING) * needle.share;
}

/** From where to where the text has the word, with the underscores around it that were typed. */
function reachOf(
	text: string,
	at: number,
	{ full, lead, trail }: Needle,
): { at: number; after: number } {
	const end = at + full.length;
	return {
		at: text.startsWith(lead, at - lead.length) ? at - lead.length : at,
		after: text.startsWith(trail, end) ? end + trail.length : end,
	};
}

/** Lower case without accents, unit for unit, so that offsets stay those of the text. */
export function fold(text: string): string {
	const lower = text.toLowerCase();
	if (!BEYOND_ASCII.test(text)) return lower;
	const kept =
		lower.length === text.length ? lower : text.replace(/[A-Z]+/g, (run) => run.toLowerCase());
	return kept.replace(/[\u00e0-\u024f\u1e00-\u1eff]/g, (char) => char.normalize('NFD').charAt(0));
}
