/** The line of a file that shows best why it was found. */
import { composed, describe, inOriginal, type Location, lineEnd, lineStart } from './lines.ts';
import {
	DEFINITION,
	eachOccurrence,
	type Folded,
	fold,
	mostOf,
	type Needle,
	needlesOf,
	SAME_CASE,
	WHOLE_PART,
	WHOLE_WORD,
} from './needles.ts';
import { type Name, namesIn, oneNameOf } from './oneName.ts';
import type { QueryWord } from './query.ts';

/** What an occurrence is worth at least that has the word whole. */
export const WORTH_OF_WORD = WHOLE_WORD;
export const WORTH_OF_DEFINITION = WHOLE_WORD + DEFINITION;

export interface Found {
	/** How well the line shows the words, per word of the query. */
	readonly worth: number;
	/** Counts lines up to it: of many files only a few are shown. */
	place(): Location;
}

/** The best place of a text: its line, where in that, and what the line is worth. */
interface Best {
	readonly start: number;
	readonly at: number;
	readonly score: number;
}

interface Sought {
	readonly words: number;
	readonly needles: readonly Needle[];
	readonly oneName: RegExp | undefined;
	/** A line of the others can be worth no more than this where it lacks a word. */
	readonly withoutOne: number;
	/** Nor any line that does not have them as one name. */
	readonly most: number;
}

/** Finds the best line for the same words in many texts; undefined where no word is to be seen. */
export function createLocator(words: readonly QueryWord[]): (text: string) => Found | undefined {
	const needles = words.flatMap((word, index) => needlesOf(word, index, words.length === 1));
	const each = WHOLE_WORD + SAME_CASE;
	const sought: Sought = {
		words: words.length,
		needles,
		oneName: oneNameOf(words),
		withoutOne: each * (words.length - 1),
		most: each * words.length,
	};
	return (original) => {
		const text = composed(original);
		const best = bestIn({ text, folded: fold(text) }, sought);
		return (
			best && {
				worth: best.score / words.length,
				place: () => inOriginal(original, text, describe(text, best.start, best.at)),
			}
		);
	};
}

const NO_NAMES: ReadonlyMap<number, Name> = new Map();

/**
 * Common words are everywhere in a file. So what stands out is looked for first, and no further where all else is worth
 * less: words that are one name, then lines with all of the words, then the best occurrence of one.
 */
function bestIn(content: Folded, sought: Sought): Best | undefined {
	const { words, needles, oneName, withoutOne, most } = sought;
	if (words === 1) return bestOfOne(content, needles);
	const names = oneName === undefined ? NO_NAMES : namesIn(content, oneName, words);
	let best: Best | undefined;
	for (const [start, name] of names) {
		if (name.score > (best?.score ?? 0)) best = { start, ...name };
	}
	if (best !== undefined && best.score > most) return best;
	best = undefined;
	for (const { start, end } of linesWithAll(content.folded, needles, words)) {
		best = better(best, scored(content, needles, names, start, end));
		if (best !== undefined && best.score >= most) break;
	}
	if (best !== undefined && best.score > withoutOne) return best;
	if (words === 2 && needles.length === 2) return bestOccurrence(content, needles);
	return bestOfAll(content, needles, names);
}

function bestOfOne(content: Folded, needles: readonly Needle[]): Best | undefined {
	const best = bestOccurrence(content, needles.slice(-1));
	// Of a word in several parts those can be worth as much as one.
	if (needles.length === 1 || (best !== undefined && best.score > WHOLE_PART)) return best;
	return bestOfAll(content, needles, NO_NAMES);
}

/** Of several words each alone on its lines. */
function bestOccurrence(content: Folded, needles: readonly Needle[]): Best | undefined {
	let bestAt = -1;
	let score = 0;
	for (const needle of needles) {
		const most = mostOf(needle);
		eachOccurrence(content, needle, 0, content.text.length, (at, value) => {
			if (value > score || (value === score && at < bestAt)) {
				bestAt = at;
				score = value;
			}
			return value >= most;
		});
	}
	return bestAt === -1 ? undefined : { start: lineStart(content.text, bestAt), at: bestAt, score };
}

/** Every line with any of the words. */
function bestOfAll(
	content: Folded,
	needles: readonly Needle[],
	names: ReadonlyMap<number, Name>,
): Best | undefined {
	const starts = new Map<number, number>();
	for (const needle of needles) {
		let end = -1;
		eachOccurrence(content, needle, 0, content.text.length, (at) => {
			if (at < end) return false;
			const start = lineStart(content.text, at);
			end = lineEnd(content.text, at);
			starts.set(start, end);
			return false;
		});
	}
	let best: Best | undefined;
	for (const [start, end] of starts) {
		best = better(best, scored(content, needles, names, start, end));
	}
	return best;
}

const better = (one: Best | undefined, other: Best): Best | undefined => {
	if (other.score <= 0) return one;
	if (one === undefined || other.score > one.score) return other;
	return other.score === one.score && other.start < one.start ? other : one;
};

interface LineOf {
	readonly start: number;
	readonly end: number;
}

/** Lines that have all of the words, as text at least; from each word to the next place of the others. */
function* linesWithAll(
	folded: string,
	needles: readonly Needle[],
	words: number,
): Iterable<LineOf> {
	const next = needles.map(() => -1);
	const first = new Array<number>(words);
	for (let from = 0; ; ) {
		first.fill(Number.POSITIVE_INFINITY);
		for (const [index, { text, word }] of needles.entries()) {
			let at = next[index] ?? -1;
			if (at < from) {
				const found = folded.indexOf(text, from);
				at = found === -1 ? Number.POSITIVE_INFINITY : found;
				next[index] = at;
			}
			if (at < (first[word] ?? 0)) first[word] = at;
		}
		const last = Math.max(...first);
		if (last === Number.POSITIVE_INFINITY) return;
		const start = lineStart(folded, last);
		if (Math.min(...first) < start) {
			from = start;
			continue;
		}
		const end = lineEnd(folded, last);
		yield { start, end };
		from = end;
	}
}

/** The line as a whole: how well each word of the query is there, whole or in parts, or all of them as one name. */
function scored(
	content: Folded,
	needles: readonly Needle[],
	names: ReadonlyMap<number, Name>,
	start: number,
	end: number,
): Best {
	const parts: number[] = [];
	const whole: number[] = [];
	let bestAt = start;
	let highest = 0;
	for (const needle of needles) {
		const { word, share } = needle;
		const most = mostOf(needle);
		let value = 0;
		eachOccurrence(content, needle, start, end, (at, worth) => {
			if (worth > value) value = worth;
			if (worth > highest || (worth === highest && at < bestAt)) {
				bestAt = at;
				highest = worth;
			}
			return worth >= most;
		});
		if (share === 1) whole[word] = value;
		else parts[word] = (parts[word] ?? 0) + value;
	}
	let score = 0;
	for (const { word } of needles.filter(({ share }) => share === 1)) {
		score += Math.max(whole[word] ?? 0, parts[word] ?? 0);
	}
	const name = names.get(start);
	return { start, at: name?.at ?? bestAt, score: Math.max(score, name?.score ?? 0) };
}
