/**
 * The language of queries: words, "a phrase", /a pattern/, sym:, path:, lang:, case:yes, and - before what must not be
 * there.
 */
import type { Params } from '../../../../shared/protocol/requests.ts';
import { createPathFilter, type PathFilter } from './pathFilter.ts';
import type { Term } from './pattern.ts';

export interface Asked {
	/** What the names that are defined have. Where there is any, definitions are shown, not lines. */
	readonly symbols: readonly string[];
	/** What the lines that are shown have. Without any, words are looked for by rank. */
	readonly shown: readonly Term[];
	/** What the files must have as well. */
	readonly required: readonly Term[];
	/** What the files must not have. */
	readonly excluded: readonly Term[];
	readonly admitsPath: PathFilter;
	readonly caseSensitive: boolean;
	/** What is left, as it was typed. */
	readonly words: string;
	/** Nothing but words was typed. */
	readonly plain: boolean;
}

type Piece =
	| { readonly kind: 'text' | 'regex' | 'word'; readonly not: boolean; readonly text: string }
	| {
			readonly kind: 'sym' | 'path' | 'lang' | 'case';
			readonly not: boolean;
			readonly text: string;
	  };

const QUOTED = /^(-?)"((?:[^"\\]|\\.)*)"(?=\s|$)/u;
const PATTERN = /^(-?)\/((?:[^/\\]|\\.|\/(?!\s|$))+)\/(?=\s|$)/u;
const FIELD = /^(-?)(sym|path|lang|case):("[^"]*"|\S+)/u;
const WORD = /^\S+/u;

/** `kind` text or regex takes the query as a whole, symbols its words as names. */
export function readAsked(
	params: Pick<Params<'index/search'>, 'query' | 'kind' | 'path' | 'caseSensitive'>,
): Asked {
	const { query, kind, path = [], caseSensitive } = params;
	if (kind === 'text' || kind === 'regex') {
		return {
			symbols: [],
			shown: [{ kind, text: query }],
			required: [],
			excluded: [],
			admitsPath: createPathFilter(path, [], [], []),
			caseSensitive: caseSensitive ?? false,
			words: '',
			plain: false,
		};
	}
	const pieces = piecesOf(query);
	const texts = (want: Piece['kind'], not: boolean) =>
		pieces.flatMap((piece) => (piece.kind === want && piece.not === not ? piece.text : []));
	const terms = (want: 'text' | 'regex', not: boolean): Term[] =>
		texts(want, not).map((text) => ({ kind: want, text }));
	const words = texts('word', false);
	const isWord = (text: string): Term => ({ kind: 'text', text });
	const sensitive = caseSensitive ?? texts('case', false).includes('yes');
	const exact = [...terms('text', false), ...terms('regex', false)];
	const excluded = [
		...terms('text', true),
		...terms('regex', true),
		...texts('word', true).map(isWord),
	];
	const admitsPath = createPathFilter(
		[...path, ...texts('path', false)],
		texts('path', true),
		texts('lang', false),
		texts('lang', true),
	);
	const symbols = [...texts('sym', false), ...(kind === 'symbols' ? words : [])];
	if (symbols.length > 0) {
		return {
			symbols,
			shown: [],
			required: [...exact, ...(kind === 'symbols' ? [] : words.map(isWord))],
			excluded,
			admitsPath,
			caseSensitive: sensitive,
			words: '',
			plain: false,
		};
	}
	// Only what is there can be ranked: a query of nothing but exclusions is taken as words.
	if (exact.length === 0 && words.length === 0) {
		return {
			symbols: [],
			shown: [],
			required: [],
			excluded: [],
			admitsPath,
			caseSensitive: false,
			words: pieces.some(({ kind }) => kind !== 'word') ? '' : query,
			plain: false,
		};
	}
	const asText = exact.length > 0 || sensitive;
	return {
		symbols: [],
		shown: exact.length > 0 ? exact : asText ? words.map(isWord) : [],
		required: asText
			? [...exact.slice(1), ...words.slice(exact.length > 0 ? 0 : 1).map(isWord)]
			: [],
		excluded,
		admitsPath,
		caseSensitive: sensitive,
		words: words.join(' '),
		plain: pieces.every((piece) => piece.kind === 'word' && !piece.not) && path.length === 0,
	};
}

function piecesOf(query: string): Piece[] {
	const pieces: Piece[] = [];
	let rest = query.trim();
	while (rest !== '') {
		const [piece, length] = pieceOf(rest);
		if (piece.text !== '') pieces.push(piece);
		rest = rest.slice(length).trimStart();
	}
	return pieces;
}

function pieceOf(rest: string): [piece: Piece, length: number] {
	const quoted = QUOTED.exec(rest);
	if (quoted !== null) {
		const text = (quoted[2] ?? '').replace(/\\(["\\])/g, '$1');
		return [{ kind: 'text', not: quoted[1] === '-', text }, quoted[0].length];
	}
	const pattern = PATTERN.exec(rest);
	if (pattern !== null) {
		const text = (pattern[2] ?? '').replaceAll('\\/', '/');
		return [{ kind: 'regex', not: pattern[1] === '-', text }, pattern[0].length];
	}
	const field = FIELD.exec(rest);
	if (field !== null) {
		const kind = field[2] as 'sym' | 'path' | 'lang' | 'case';
		return [
			{ kind, not: field[1] === '-', text: (field[3] ?? '').replaceAll('"', '') },
			field[0].length,
		];
	}
	const word = WORD.exec(rest)?.[0] ?? rest;
	// Not of an option of some program, like --limit, nor of a dash that stands alone.
	const not = /^-[^-\s]/u.test(word);
	return [{ kind: 'word', not, text: not ? word.slice(1) : word }, word.length];
}
