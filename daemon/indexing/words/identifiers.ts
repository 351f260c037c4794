/**
 * How text falls into words and identifiers into parts: one answer for indexing, for queries and
 * for lines.
 */

/** Longer words are noise (encoded data, mostly) and not indexed. */
export const WORD_LENGTH = 128;
/** Up to here a word is worth cutting up. */
const SPLIT_LENGTH = 64;

const WORD = /[\p{L}\p{N}\p{M}_]+/gu;
const WORD_CHAR = /[\p{L}\p{N}\p{M}]/u;
// Written without spaces between words, so that only pairs of characters can be found inside a
// sentence.
const UNSPACED = /[\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}\p{sc=Thai}]{3,}/gu;
const UNSPACED_CHAR = /[\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}\p{sc=Thai}]/u;

export function wordsOf(text: string): string[] {
	return text.match(WORD) ?? [];
}

const UNDERSCORE = 1;
const LOWER = 2;
const UPPER = 3;
/** Digits, and letters without case. */
const CASELESS = 4;
const SEPARATOR = 5;

const ASCII_KINDS = Uint8Array.from({ length: 128 }, (_, code) =>
	kindOf(String.fromCharCode(code)),
);

function kindOf(char: string): number {
	if (char === '_') return UNDERSCORE;
	if (char !== char.toLowerCase()) return UPPER;
	if (char !== char.toUpperCase()) return LOWER;
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
	return kindAt(text, at - 1) === SEPARATOR || kindAt(text, at) === SEPARATOR;
}

/**
 * Whether a part of an identifier ends before, or begins at, `at`: `getUserName`, `HTTPServer`,
 * `utf8_text`.
 */
export function isPartEdge(text: string, at: number): boolean {
	const kind = kindAt(text, at);
	const before = kindAt(text, at - 1);
	if (kind === SEPARATOR || before === SEPARATOR) return true;
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
	const whole = word.length > SPLIT_LENGTH || lower.length !== word.length;
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
	return isAscii(word) ? parts : parts.flatMap((part) => [part, ...pairsOf(part)]);
}

function isAscii(word: string): boolean {
	for (let at = 0; at < word.length; at++) if (word.charCodeAt(at) > 127) return false;
	return true;
}

/** Overlapping pairs of characters in scripts without spaces: 全文検索 → 全文, 文検, 検索. */
export function pairsOf(term: string): string[] {
	return (term.match(UNSPACED) ?? []).flatMap((run) => {
		const chars = [...run];
		return chars.slice(1).map((char, i) => `${chars[i]}${char}`);
	});
}
