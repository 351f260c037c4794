/** The line of a file that shows best why it was found. */
import {
	composed,
	describe,
	inOriginal,
	type Location,
	lineEnd,
	lineStart,
	withLineFeeds,
} from './lines.ts';
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
	/** Words that a line may have all of, as many of them as there are first; the last are single ones. */
	readonly subsets: readonly Subset[];
}

interface Subset {
	readonly words: readonly number[];
	/** A line that has fewer of the words, or these but not as one name, can be worth no more than this. */
	readonly withFewer: number;
	readonly most: number;
}

/** What each word of several adds to a line at the most where they are not one name. */
const EACH = WHOLE_WORD + SAME_CASE;
/** Of more words every line with any of them is looked at. */
const DIVIDED = 4;

/**
 * Finds the best line for the same words in many texts; undefined where no word is to be seen.
 * @param isAscii Where it is known that the text is nothing else.
 */
export function createLocator(
	words: readonly QueryWord[],
): (text: string, isAscii?: boolean) => Found | undefined {
	const needles = words.flatMap((word, index) => needlesOf(word, index, words.length === 1));
	const sought: Sought = {
		words: words.length,
		needles,
		oneName: oneNameOf(words),
		subsets: subsetsOf(words.length),
	};
	return (original, isAscii = false) => {
		const text = isAscii ? withLineFeeds(original) : composed(original);
		const folded = isAscii ? text.toLowerCase() : fold(text);
		const best = bestIn({ text, folded }, sought);
		return (
			best && {
				worth: best.score / words.length,
				place: () => inOriginal(original, text, describe(text, best.start, best.at)),
			}
		);
	};
}

function subsetsOf(count: number): Subset[] {
	const all = Array.from({ length: count }, (_, word) => word);
	if (count > DIVIDED) return [{ words: all, withFewer: EACH * (count - 1), most: EACH * count }];
	return Array.from({ length: 2 ** count - 1 }, (_, bits) =>
		all.filter((word) => (bits + 1) & (1 << word)),
	)
		.filter((words) => words.length > 1)
		.sort((a, b) => b.length - a.length)
		.map((words) => {
			return { words, withFewer: EACH * (words.length - 1), most: EACH * words.length };
		});
}

const NO_NAMES: ReadonlyMap<number, Name> = new Map();

/**
 * Common words are everywhere in a file. So what stands out is looked for first, and no further where all else is worth
 * less: words that are one name, then lines with all of the words, then the best occurrence of one.
 */
function bestIn(content: Folded, sought: Sought): Best | undefined {
	const { words, needles, oneName, subsets } = sought;
	if (words === 1) return bestOfOne(content, needles);
	const names = oneName === undefined ? NO_NAMES : namesIn(content, oneName, words);
	let best: Best | undefined;
	for (const [start, name] of names) {
		if (name.score > (best?.score ?? 0)) best = { start, ...name };
	}
	if (best !== undefined && best.score > EACH * words) return best;
	best = undefined;
	let withFewer = Number.POSITIVE_INFINITY;
	const places = needles.map(({ text }) => placesOf(content.folded, text));
	for (const subset of subsets) {
		if (subset.withFewer < withFewer) {
			if (best !== undefined && best.score > withFewer) return best;
			withFewer = subset.withFewer;
		}
		const lists = subset.words.map((word) => placesOfWord(needles, places, word));
		for (const { start, end } of linesWithAll(content.folded, lists)) {
			best = better(best, scored(content, needles, names, start, end));
			if (best !== undefined && best.score >= subset.most) break;
		}
	}
	if (best !== undefined && best.score > withFewer) return best;
	if (words <= DIVIDED && needles.length === words) {
		return better(best, bestOccurrence(content, needles));
	}
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

const better = (one: Best | undefined, other: Best | undefined): Best | undefined => {
	if (other === undefined || other.score <= 0) return one;
	if (one === undefined || other.score > one.score) return other;
	return other.score === one.score && other.start < one.start ? other : one;
};

interface LineOf {
	readonly start: number;
	readonly end: number;
}

function placesOf(folded: string, text: string): number[] {
	const places: number[] = [];
	for (let at = folded.indexOf(text); at !== -1; at = folded.indexOf(text, at + 1)) places.push(at);
	return places;
}

/** Of all that stands for a word, ascending. */
function placesOfWord(
	needles: readonly Needle[],
	places: readonly number[][],
	word: number,
): readonly number[] {
	const lists = places.filter((_, index) => needles[index]?.word === word);
	const [only = []] = lists;
	return lists.length === 1 ? only : lists.flat().sort((a, b) => a - b);
}

/** Lines that have something of each list of places. */
function* linesWithAll(folded: string, lists: readonly (readonly number[])[]): Iterable<LineOf> {
	const next = lists.map(() => 0);
	for (let from = 0; ; ) {
		let first = Number.POSITIVE_INFINITY;
		let last = -1;
		for (let index = 0; index < lists.length; index++) {
			const list = lists[index] as readonly number[];
			let at = next[index] as number;
			while (at < list.length && (list[at] as number) < from) at++;
			if (at === list.length) return;
			next[index] = at;
			const place = list[at] as number;
			if (place < first) first = place;
			if (place > last) last = place;
		}
		const start = lineStart(folded, last);
		if (first < start) {
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
