/** The line of a file that shows best why it was found. */
import { isDefinition } from './definitions.ts';
import { stemOf } from './forms.ts';
import { isPartEdge, isUnspaced, isWordEdge, pairsOf } from './identifiers.ts';
import {
	BEYOND_ASCII,
	composed,
	describe,
	inOriginal,
	type Location,
	lineEnd,
	lineStart,
} from './lines.ts';
import type { QueryWord } from './query.ts';

/** What an occurrence is worth: two words on a line always beat the best occurrence of one. */
const WHOLE_WORD = 1.6;
const SAME_CASE = 0.1;
const WHOLE_PART = 1;
const BEGINNING = 0.9;
/** On top, where a single name is looked for: as it was typed, and where it gets its meaning. */
const AS_TYPED = 0.4;
const DEFINITION = 1;

/** What an occurrence is worth at least that has the word whole. */
export const WORTH_OF_WORD = WHOLE_WORD;
export const WORTH_OF_DEFINITION = WHOLE_WORD + DEFINITION;

export interface Found extends Location {
	/** How well the line shows the words, per word of the query. */
	readonly worth: number;
}

/** Something to look for in a text. */
interface Needle {
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

/** Finds the best line for the same words in many texts; undefined where no word is to be seen. */
export function createLocator(words: readonly QueryWord[]): (text: string) => Found | undefined {
	const needles = words.flatMap((word, index) => needlesOf(word, index, words.length === 1));
	const oneName = oneNameOf(words);
	return (original) => {
		const text = composed(original);
		const folded = fold(text);
		const names = oneName === undefined ? NO_NAMES : namesIn(text, folded, oneName, words.length);
		let best: Line | undefined;
		let bestScore = 0;
		for (const line of linesWith(text, folded, needles)) {
			const score = Math.max(scoreOf(line, needles), names.get(line.start)?.score ?? 0);
			if (score > bestScore || (score === bestScore && best && line.start < best.start)) {
				best = line;
				bestScore = score;
			}
		}
		if (best === undefined) return undefined;
		const place = inOriginal(
			original,
			text,
			describe(text, best.start, names.get(best.start)?.at ?? best.at),
		);
		return { ...place, worth: bestScore / words.length };
	};
}

function needlesOf(word: QueryWord, index: number, alone: boolean): Needle[] {
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

/** What an occurrence of several words is worth that are one name in the text, for each of them. */
const ONE_NAME = WHOLE_WORD + 2 * SAME_CASE;
const IN_NAME = 1.2;
const DEFINED_NAME = 0.6;
const NO_NAMES: ReadonlyMap<number, Name> = new Map();
/** More words are no name. */
const NAMED_BY = 5;

interface Name {
	readonly at: number;
	readonly score: number;
}

/** Finds `openSocket`, `open_socket` and the like, of two words and more: parts are letters and digits. */
function oneNameOf(words: readonly QueryWord[]): RegExp | undefined {
	if (words.length < 2 || words.length > NAMED_BY) return undefined;
	const parts = words.flatMap((word) => word.parts.map(fold));
	return new RegExp(parts.join('_*'), 'g');
}

/** By the beginning of the line, the best place where the words are one name. */
function namesIn(text: string, folded: string, oneName: RegExp, words: number): Map<number, Name> {
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
	}
	return names;
}

interface Line {
	readonly start: number;
	/** The best value of each needle. */
	readonly values: number[];
	/** Where the most valuable occurrence is. */
	at: number;
	highest: number;
}

function linesWith(text: string, folded: string, needles: readonly Needle[]): Iterable<Line> {
	const lines = new Map<number, Line>();
	for (const [index, needle] of needles.entries()) {
		// Lines are looked for once: one may be a megabyte long and full of the word.
		let start = 0;
		let end = -1;
		for (let at = folded.indexOf(needle.text); at !== -1; ) {
			let value = valueAt(text, folded, at, needle);
			if (value > 0) {
				if (at >= end) {
					start = lineStart(text, at);
					end = lineEnd(text, at);
				}
				if (value >= WHOLE_WORD && needle.alone) {
					const name = reachOf(text, at, needle);
					if (value > WHOLE_WORD) value += AS_TYPED;
					if (isDefinition(text, { start, end, ...name })) value += DEFINITION;
				}
				const line = lines.get(start) ?? { start, values: [], at, highest: 0 };
				lines.set(start, line);
				line.values[index] = Math.max(line.values[index] ?? 0, value);
				if (value > line.highest || (value === line.highest && at < line.at)) {
					line.at = at;
					line.highest = value;
				}
			}
			at = folded.indexOf(needle.text, at + 1);
		}
	}
	return lines.values();
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

/** The sum over the words of the query of how well each is there: whole, or in parts. */
function scoreOf(line: Line, needles: readonly Needle[]): number {
	if (needles.length === 1) return line.highest;
	const parts: number[] = [];
	const whole: number[] = [];
	for (const [index, { word, share }] of needles.entries()) {
		const value = line.values[index] ?? 0;
		if (share === 1) whole[word] = value;
		else parts[word] = (parts[word] ?? 0) + value;
	}
	let score = 0;
	for (const { word } of needles.filter((needle) => needle.share === 1)) {
		score += Math.max(whole[word] ?? 0, parts[word] ?? 0);
	}
	return score;
}

/** Lower case without accents, unit for unit, so that offsets stay those of the text. */
function fold(text: string): string {
	const lower = text.toLowerCase();
	if (!BEYOND_ASCII.test(text)) return lower;
	const kept =
		lower.length === text.length ? lower : text.replace(/[A-Z]+/g, (run) => run.toLowerCase());
	return kept.replace(/[\u00e0-\u024f\u1e00-\u1eff]/g, (char) => char.normalize('NFD').charAt(0));
}
