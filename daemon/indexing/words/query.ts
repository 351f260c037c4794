/**
 * From what a person typed to what the words of an index are asked. Nothing typed is syntax: quotes and operators only
 * divide words.
 */
import { formsOf } from './forms.ts';
import { foldTerm, pairsOf, partsOf, wordsOf } from './identifiers.ts';

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

/** What a file must have, and is ranked by. */
export type WordQuery =
	/** Any of the terms, as if they were one. */
	| { readonly kind: 'terms'; readonly terms: readonly string[]; readonly share: number }
	/** Any term that begins so. */
	| { readonly kind: 'beginning'; readonly prefix: string; readonly share: number }
	| { readonly kind: 'all' | 'any'; readonly of: readonly WordQuery[] };

/** A way to take a query: what the index is asked, and the words to look for in the files. */
export interface Reading {
	readonly match: WordQuery;
	readonly words: readonly QueryWord[];
	/** Files must have all of the words, or any. */
	readonly joint: 'all' | 'any';
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
 * ones first; and at last come words that begin like those typed, with more and more of their ends
 * left off: `configurater` finds `configuration`.
 */
export function readingsOf(words: readonly QueryWord[]): Reading[] {
	const readings: Reading[] = [];
	const read = (taken: readonly QueryWord[], joint: 'all' | 'any', express: Expression): void => {
		if (taken.length === 0) return;
		const of = taken.map(express);
		const match = joint === 'all' && of.length > 1 ? asOneName(taken, of) : { kind: joint, of };
		readings.push({ match, words: taken, joint, named: words.length <= NAMES });
	};
	if (words.length <= NAMES) {
		if (words.some(({ parts }) => parts.length > 1)) read(words, 'all', whole(orLonger));
		read(words, 'all', inParts(orLonger));
	} else {
		read(words.filter(isTelling), 'any', inParts(inAnyForm));
	}
	if (words.length > 1) read(words, 'any', inParts(inAnyForm));
	for (const cut of CUTS) {
		const shorter = words.flatMap((word) => shorten(word, cut));
		read(shorter, 'any', ({ parts }) => beginning(parts.join('')));
	}
	return readings;
}

/** All of the words; those come first that have them as one name: of `open socket`, `open_socket`. */
const asOneName = (words: readonly QueryWord[], of: readonly WordQuery[]): WordQuery => ({
	kind: 'any',
	of: [{ kind: 'all', of }, exact(words.flatMap(({ parts }) => parts).join(''))],
});

const isTelling = ({ text }: QueryWord): boolean => !SAYS_LITTLE.has(text.toLowerCase());

type Expression = (word: QueryWord) => WordQuery;
type Term = (term: string) => WordQuery;

const whole =
	(term: Term): Expression =>
	({ parts }) =>
		term(parts.join(''));

const inParts =
	(term: Term): Expression =>
	(word) => {
		if (word.parts.length === 1) return whole(term)(word);
		return {
			kind: 'any',
			of: [whole(term)(word), { kind: 'all', of: word.parts.map(term) }],
		};
	};

/** How much of an ending somebody may have begun to type wrongly. */
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
function exact(term: string): WordQuery {
	const folded = foldTerm(term);
	const pairs = pairsOf(folded);
	if (pairs.length === 0) return { kind: 'terms', terms: [folded], share: 1 };
	return { kind: 'all', of: pairs.map((pair) => ({ kind: 'terms', terms: [pair], share: 1 })) };
}

const beginning = (term: string): WordQuery => ({
	kind: 'beginning',
	prefix: foldTerm(term),
	share: 1,
});

/** What another form of a word counts for beside the word. */
const FORM_SHARE = 0.5;

function inAnyForm(term: string): WordQuery {
	const terms = formsOf(term);
	if (terms.length === 0) return exact(term);
	return { kind: 'any', of: [exact(term), { kind: 'terms', terms, share: FORM_SHARE }] };
}

/** Also words that begin so; the exact word counts twice, so that it comes first. */
function orLonger(term: string): WordQuery {
	if (term.length < BEGINNING_LENGTH) return inAnyForm(term);
	return { kind: 'any', of: [inAnyForm(term), beginning(term)] };
}
