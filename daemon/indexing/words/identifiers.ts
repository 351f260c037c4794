/**
 * How text falls into words and identifiers into parts: one answer for indexing, for queries and
 * for lines.
 */

/** Longer words are noise (encoded data, mostly) and not indexed. */
export const WORD_LENGTH = 256;
/** Beyond this a word is cut up only where its parts are as long as those of names: base64 has shorter ones. */
const SURE_LENGTH = 64;
const PART_LENGTH = 3;

// Written without spaces between words, so that only pairs of characters can be found inside a
// sentence. By script extensions, because the Japanese length mark belongs to no single script.
const UNSPACED =
	'[[\\p{scx=Han}\\p{scx=Hira}\\p{scx=Kana}\\p{scx=Thai}\\p{scx=Laoo}\\p{scx=Khmr}\\p{scx=Mymr}]&&[\\p{L}\\p{N}]]';
const HANGUL = '[\\p{scx=Hang}&&\\p{L}]';
const MARKED = (char: string): string => `${char}(?:${char}|\\p{M})*`;
// Scripts that touch others without a space are words of their own: 请先调用getUserName获取, getUserName을.
const WORD = new RegExp(
	`${MARKED(UNSPACED)}|${MARKED(HANGUL)}|[[\\p{L}\\p{N}\\p{M}_]--${UNSPACED}--${HANGUL}]+`,
	'gv',
);
const WORD_CHAR = /[\p{L}\p{N}]/u;
const MARK_CHAR = /\p{M}/u;
const UNSPACED_RUN = new RegExp(`(?:${UNSPACED}|\\p{M}){3,}`, 'gv');
const UNSPACED_CHAR = new RegExp(UNSPACED, 'v');
const HANGUL_CHAR = new RegExp(HANGUL, 'v');
/** Sentences of such a script are cut, so that none is too long to be a word; the pieces share a character. */
const PIECE_LENGTH = 64;

export function wordsOf(text: string): string[] {
	return (text.match(WORD) ?? []).flatMap((word) =>
		word.length > PIECE_LENGTH && UNSPACED_CHAR.test(word) ? piecesOf(word) : word,
	);
}

function piecesOf(sentence: string): string[] {
	const chars = [...sentence];
	const pieces: string[] = [];
	for (let at = 0; at < chars.length - 1; at += PIECE_LENGTH - 1) {
		pieces.push(chars.slice(at, at + PIECE_LENGTH).join(''));
	}
	return pieces;
}

const UNDERSCORE = 1;
const LOWER = 2;
const UPPER = 3;
/** Digits, and letters without case. */
const CASELESS = 4;
const SEPARATOR = 5;
const UNSPACED_KIND = 6;
const HANGUL_KIND = 7;
/** Belongs to what is before it. */
const MARK = 8;

const ASCII_KINDS = Uint8Array.from({ length: 128 }, (_, code) =>
	kindOf(String.fromCharCode(code)),
);

function kindOf(char: string): number {
	if (char === '_') return UNDERSCORE;
	if (char !== char.toLowerCase()) return UPPER;
	if (char !== char.toUpperCase()) return LOWER;
	if (MARK_CHAR.test(char)) return MARK;
	if (UNSPACED_CHAR.test(char)) return UNSPACED_KIND;
	if (HANGUL_CHAR.test(char)) return HANGUL_KIND;
	return WORD_CHAR.test(char) ? CASELESS : SEPARATOR;
}

function kindAt(text: string, at: number): number | undefined {
	if (at < 0 || at >= text.length) return SEPARATOR;
	const code = text.charCodeAt(at);
	if (code < 128) return ASCII_KINDS[code];
	const isSecondHalf = code >= 0xdc00 && code <= 0xdfff;
	return kindOf(String.fromCodePoint(text.codePointAt(isSecondHalf ? at - 1 : at) ?? code));
}

/** Whether a word ends before, or begins at, `at`. */
export function isWordEdge(text: string, at: number): boolean {
	return areApart(kindAt(text, at - 1), kindAt(text, at));
}

/** Whether words of the script may touch words of others. */
const isTouching = (kind: number | undefined): boolean =>
	kind === UNSPACED_KIND || kind === HANGUL_KIND;

function areApart(before: number | undefined, kind: number | undefined): boolean {
	if (before === SEPARATOR || kind === SEPARATOR) return true;
	if (before === kind || before === MARK || kind === MARK) return false;
	return isTouching(before) || isTouching(kind);
}

/**
 * Whether a part of an identifier ends before, or begins at, `at`: `getUserName`, `HTTPServer`,
 * `utf8_text`.
 */
export function isPartEdge(text: string, at: number): boolean {
	const kind = kindAt(text, at);
	const before = kindAt(text, at - 1);
	if (areApart(before, kind)) return true;
	if (kind === UNDERSCORE || before === UNDERSCORE) return true;
	return kind === UPPER && (before !== UPPER || kindAt(text, at + 1) === LOWER);
}

/** Whether the character at `at` is of a script in which any character may begin a word. */
export function isUnspaced(text: string, at: number): boolean {
	return text.charCodeAt(at) > 127 && UNSPACED_CHAR.test(text.charAt(at));
}

/**
 * The parts of an identifier in lower case: `getUserName` → get, user, name. A plain word is its
 * own part.
 */
export function partsOf(word: string): string[] {
	if (word.length > WORD_LENGTH) return [];
	const lower = word.toLowerCase();
	// A few capitals become two letters, which would shift what follows.
	const parts = cut(word, lower, lower.length !== word.length);
	const isName = word.length <= SURE_LENGTH || parts.length * PART_LENGTH <= word.length;
	return isName ? parts : cut(word, lower, true);
}

function cut(word: string, lower: string, whole: boolean): string[] {
	const parts: string[] = [];
	let start = 0;
	for (let at = 1; at <= word.length; at++) {
		if (at < word.length && (whole || !isPartEdge(word, at))) continue;
		const part = lower.slice(start, at).replaceAll('_', '');
		if (part !== '') parts.push(part);
		start = at;
	}
	return parts;
}

/**
 * What a word is indexed as: its parts, and several parts joined, so that `getUserName` finds
 * `get_user_name`.
 */
export function termsOf(word: string): string[] {
	const parts = partsOf(word);
	if (parts.length > 1) parts.push(parts.join(''));
	return isAscii(word)
		? parts
		: parts.map(foldTerm).flatMap((part) => (part === '' ? [] : [part, ...pairsOf(part)]));
}

/** Accents of Latin, Greek and Cyrillic, points of Hebrew, vowels of Arabic: what people leave out when they type. */
const LEFT_OUT =
	/[\u0300-\u036f\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7\u064b-\u065f\u0670]+/g;

/** A part as the index holds it. */
export const foldTerm = (part: string): string =>
	isAscii(part) ? part : part.normalize('NFD').replace(LEFT_OUT, '').normalize('NFC');

function isAscii(word: string): boolean {
	for (let at = 0; at < word.length; at++) if (word.charCodeAt(at) > 127) return false;
	return true;
}

/** Overlapping pairs of characters in scripts without spaces: 全文検索 → 全文, 文検, 検索. */
export function pairsOf(term: string): string[] {
	return (term.match(UNSPACED_RUN) ?? []).flatMap((run) => {
		const chars = [...run];
		return chars.slice(1).map((char, i) => `${chars[i]}${char}`);
	});
}
