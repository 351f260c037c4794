/**
 * From what a person typed to FTS5 expressions. Nothing typed is syntax: quotes and operators
 * only divide words.
 */
import { pairsOf, partsOf, wordsOf } from './identifiers.ts';
import type { StemOf } from './stems.ts';

/** One word of the query. */
export interface QueryWord {
	/** As typed. */
	readonly text: string;
	/** In lower case; never empty. */
	readonly parts: readonly string[];
}

/** Shorter beginnings match half of every index: slow, and they say nothing. */
const BEGINNING_LENGTH = 4;
const WORDS_LIMIT = 32;

export function parseQuery(query: string): QueryWord[] {
	const words = new Map<string, QueryWord>();
	for (const text of wordsOf(query.normalize('NFC'))) {
		const parts = partsOf(text);
		if (parts.length > 0 && words.size < WORDS_LIMIT) words.set(parts.join(' '), { text, parts });
	}
	return [...words.values()];
}

/** A way to take a query: what FTS5 is asked, and the words to look for in the files. */
export interface Reading {
	readonly match: string;
	readonly words: readonly QueryWord[];
	/** The words are names: what the files say of them counts more than how often. */
	readonly named: boolean;
}

/**
 * Up to so many words are names that must all be there; more are a question, and ranking answers
 * it better.
 */
const NAMES = 3;

const SAYS_LITTLE = new Set(
	(
		'a an and are as at be by can do does for from has have how if in into is it its not of on or ' +
		'that the their then there this to was we were what when where which who why will with'
	).split(' '),
);

/**
 * The ways to take a query, each broader than the one before. Names must all be there,
 * identifiers as a whole before they may be in parts; of a question any word will do, the telling
 * ones first; and at last come words that begin like those typed: the index holds stems, so an
 * unfinished `configurati` is found as `configur`.
 */
export function readingsOf(words: readonly QueryWord[], stemOf: StemOf): Reading[] {
	const readings: Reading[] = [];
	const read = (
		taken: readonly QueryWord[],
		joint: ' AND ' | ' OR ',
		express: Expression,
	): void => {
		if (taken.length === 0) return;
		readings.push({
			match: taken.map(express).join(joint),
			words: taken,
			named: words.length <= NAMES,
		});
	};
	const orLonger = longerTerms(stemOf);
	if (words.length <= NAMES) {
		if (words.some(({ parts }) => parts.length > 1)) read(words, ' AND ', whole(orLonger));
		read(words, ' AND ', inParts(orLonger));
	} else {
		read(words.filter(isTelling), ' OR ', inParts(exact));
	}
	if (words.length > 1) read(words, ' OR ', inParts(exact));
	for (const cut of CUTS) {
		const shorter = words.flatMap((word) => shorten(word, cut));
		read(shorter, ' OR ', ({ parts }) => `"${parts.join('')}"*`);
	}
	return readings;
}

const isTelling = ({ text }: QueryWord): boolean => !SAYS_LITTLE.has(text.toLowerCase());

type Expression = (word: QueryWord) => string;
type Term = (term: string) => string;

const whole =
	(term: Term): Expression =>
	({ parts }) =>
		term(parts.join(''));

const inParts =
	(term: Term): Expression =>
	(word) => {
		if (word.parts.length === 1) return whole(term)(word);
		return `(${whole(term)(word)} OR (${word.parts.map(term).join(' AND ')}))`;
	};

/** How much of an ending, which a stem lacks, somebody may have begun to type. */
const CUTS = [0, 1, 2, 3, 4];
const SHORTENED_LENGTH = 5;

function shorten({ text, parts }: QueryWord, cut: number): QueryWord[] {
	if (parts.length > 1) return [];
	const chars = [...text].slice(0, cut === 0 ? undefined : -cut);
	return chars.length < (cut === 0 ? 2 : SHORTENED_LENGTH)
		? []
		: [{ text: chars.join(''), parts: [chars.join('').toLowerCase()] }];
}

/** A run of characters without spaces is found by its pairs, wherever in a sentence it stands. */
function exact(term: string): string {
	const pairs = pairsOf(term);
	return pairs.length === 0 ? `"${term}"` : `(${pairs.map((pair) => `"${pair}"`).join(' AND ')})`;
}

/**
 * Also words that begin so; the exact word counts twice, so that it comes first. Not where the
 * word has a stem, because FTS5 would look for what begins with that: `stats` would find
 * `static`.
 */
const longerTerms =
	(stemOf: StemOf): Term =>
	(term) =>
		term.length >= BEGINNING_LENGTH && stemOf(term) === term
			? `(${exact(term)} OR "${term}"*)`
			: exact(term);
