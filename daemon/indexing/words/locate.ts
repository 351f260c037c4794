/** The line of a file that shows best why it was found. */
import { isPartEdge, isUnspaced, isWordEdge, pairsOf } from './identifiers.ts';
import type { QueryWord } from './query.ts';
import type { StemOf } from './stems.ts';

export interface Location {
	/** 1-based. */
	readonly line: number;
	/** 1-based, in UTF-16 units. */
	readonly column: number;
	/** The line, trimmed, or the part of it around the column. */
	readonly snippet: string;
}

const SNIPPET_LENGTH = 200;
const HALF_CHARACTERS = /^[\udc00-\udfff]|[\ud800-\udbff]$/g;

/** What an occurrence is worth: two words on a line always beat the best occurrence of one. */
const WHOLE_WORD = 1.6;
const SAME_CASE = 0.1;
const WHOLE_PART = 1;
const BEGINNING = 0.9;

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
}

/** Finds the best line for the same words in many texts; undefined where no word is to be seen. */
export function createLocator(
	words: readonly QueryWord[],
	stemOf: StemOf,
): (text: string) => Location | undefined {
	const needles = words.flatMap((word, index) => needlesOf(word, index, stemOf));
	return (text) => {
		let best: Line | undefined;
		let bestScore = 0;
		for (const line of linesWith(text, needles)) {
			const score = scoreOf(line, needles);
			if (score > bestScore || (score === bestScore && best && line.start < best.start)) {
				best = line;
				bestScore = score;
			}
		}
		return best === undefined ? undefined : describe(text, best.start, best.at);
	};
}

/** The first line that is not blank: for files found by their path alone. */
export function firstLine(text: string): Location {
	const at = Math.max(0, text.search(/\S/));
	return describe(text, lineStart(text, at), at);
}

function needlesOf(word: QueryWord, index: number, stemOf: StemOf): Needle[] {
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
	}));
	if (pieces.length === 1) return needles;
	const whole = fold(word.text);
	return [...needles, { word: index, text: whole, full: whole, share: 1, typed: word.text }];
}

interface Line {
	readonly start: number;
	/** The best value of each needle. */
	readonly values: number[];
	/** Where the most valuable occurrence is. */
	at: number;
	highest: number;
}

function linesWith(text: string, needles: readonly Needle[]): Iterable<Line> {
	const folded = fold(text);
	const lines = new Map<number, Line>();
	for (const [index, needle] of needles.entries()) {
		// Lines are looked for once: one may be a megabyte long and full of the word.
		let start = 0;
		let end = -1;
		for (let at = folded.indexOf(needle.text); at !== -1; ) {
			const value = valueAt(text, folded, at, needle);
			if (value > 0) {
				if (at >= end) {
					start = lineStart(text, at);
					end = lineEnd(text, at);
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
	const end = at + needle.full.length;
	if (needle.typed !== undefined && isWordEdge(text, at) && isWordEdge(text, end)) {
		return WHOLE_WORD + (text.startsWith(needle.typed, at) ? SAME_CASE : 0);
	}
	return (isPartEdge(text, end) ? WHOLE_PART : BEGINNING) * needle.share;
}

/** The sum over the words of the query of how well each is there: whole, or in parts. */
function scoreOf(line: Line, needles: readonly Needle[]): number {
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
	const kept =
		lower.length === text.length ? lower : text.replace(/[A-Z]+/g, (run) => run.toLowerCase());
	return kept.replace(/[\u00e0-\u024f]/g, (char) => char.normalize('NFD').charAt(0));
}

const lineStart = (text: string, at: number): number =>
	at === 0 ? 0 : text.lastIndexOf('\n', at - 1) + 1;

function lineEnd(text: string, at: number): number {
	const end = text.indexOf('\n', at);
	return end === -1 ? text.length : end;
}

function describe(text: string, start: number, at: number): Location {
	let line = 1;
	for (let i = text.indexOf('\n'); i !== -1 && i < start; i = text.indexOf('\n', i + 1)) line++;
	return {
		line,
		column: at - start + 1,
		snippet: snippetOf(text.slice(start, lineEnd(text, at)), at - start),
	};
}

/** A long line is cut around the column, with ellipses where it goes on. */
function snippetOf(line: string, column: number): string {
	const whole = line.trim();
	if (whole.length <= SNIPPET_LENGTH) return whole;
	const from = Math.max(0, column - SNIPPET_LENGTH / 4);
	const to = Math.min(line.length, from + SNIPPET_LENGTH);
	const cut = line.slice(from, to).replace(HALF_CHARACTERS, '').trim();
	return `${from > 0 ? '…' : ''}${cut}${to < line.length ? '…' : ''}`;
}
