/** Text as tokens: words, strings, numbers and single signs, with brackets paired. Comments are left out. */

import { blockEnd, closeFrom, patternEnd, rawEnd, stringEnd, templateEnd } from './strings.ts';

/** What a language's tokens look like beyond words and signs. */
export interface Syntax {
	readonly lineComment: readonly string[];
	readonly blockComment?: readonly [open: string, close: string];
	/** Block comments may hold others. */
	readonly nested?: boolean;
	/** Of strings that end with their line. */
	readonly quotes: string;
	/** Of strings that end only where they do. */
	readonly longQuotes?: string;
	/** Backquotes hold text with `${code}`. */
	readonly templates?: boolean;
	/** `"""` and, where a quote, `'''`. */
	readonly tripleQuotes?: boolean;
	/** A quote may begin the name of a lifetime. */
	readonly lifetimes?: boolean;
	/** r"…", r#"…"#. */
	readonly rawHashes?: boolean;
	/** R"mark(…)mark". */
	readonly rawMarks?: boolean;
	/** @"…", in which "" is a quote. */
	readonly verbatim?: boolean;
	/** Patterns between slashes. */
	readonly patterns?: boolean;
	/** Lines that begin with # are for the preprocessor. */
	readonly directives?: boolean;
	/** Signs that words may have. */
	readonly inWords?: string;
}

export const END = 0;
export const WORD = 1;
export const STRING = 2;
export const NUMBER = 3;

export interface Tokens {
	readonly text: string;
	readonly length: number;
	/** END, WORD, STRING, NUMBER, or the code of a sign. END beyond the last. */
	kind(at: number): number;
	start(at: number): number;
	end(at: number): number;
	/** Whether it is the first of its line. */
	first(at: number): boolean;
	/** The text of a word; '' of anything else. */
	word(at: number): string;
	is(at: number, sign: string): boolean;
	/** Of a bracket its partner; -1 without one, and of anything else. */
	match(at: number): number;
	/** The next one; behind a pair of brackets, where it opens one. */
	past(at: number): number;
	/** Where the # of directives stand. */
	readonly directives: readonly number[];
}

const SPACE = 1;
const LETTER = 2;
const DIGIT = 3;
const CLASSES = Uint8Array.from({ length: 128 }, (_, code) => {
	const char = String.fromCharCode(code);
	if (/\s/.test(char)) return SPACE;
	if (/[A-Za-z_]/.test(char)) return LETTER;
	return /[0-9]/.test(char) ? DIGIT : 0;
});
const code = (char: string): number => char.charCodeAt(0);
const NEWLINE = code('\n');
const SLASH = code('/');
const HASH = code('#');
const QUOTE = code("'");
const DOUBLE = code('"');
const BACKQUOTE = code('`');
const OPENING = new Map([...'([{'].map((open, index) => [code(open), code(')]}'[index] ?? '')]));
const CLOSING = new Set([...')]}'].map(code));
/** Behind these words a slash begins a pattern. */
const BEFORE_PATTERN = new Set(
	'return typeof case in of do else void throw new delete instanceof yield await'.split(' '),
);

/** So many brackets that were never closed are looked through for the one that is. */
const UNCLOSED = 200;
/** Deeper, and an #else goes on with what the #if left open. */
const DEPTH_KEPT = 1000;

/** Of the thread: used again for every text. */
let kinds = new Uint8Array(1 << 16);
let starts = new Uint32Array(1 << 16);
let ends = new Uint32Array(1 << 16);
let partners = new Int32Array(1 << 16);
let firsts = new Uint8Array(1 << 16);

function grow(): void {
	const size = kinds.length * 2;
	const copy = <T extends Uint8Array | Uint32Array | Int32Array>(from: T, to: T): T => {
		to.set(from);
		return to;
	};
	kinds = copy(kinds, new Uint8Array(size));
	starts = copy(starts, new Uint32Array(size));
	ends = copy(ends, new Uint32Array(size));
	partners = copy(partners, new Int32Array(size));
	firsts = copy(firsts, new Uint8Array(size));
}

/** Good until the next text is read. */
export function readTokens(text: string, syntax: Syntax): Tokens {
	const { lineComment, blockComment, quotes, longQuotes = '' } = syntax;
	const inWords = new Set([...(syntax.inWords ?? '')].map(code));
	const short = new Set([...quotes].map(code));
	const long = new Set([...longQuotes].map(code));
	const comments = new Set([...lineComment, blockComment?.[0] ?? ''].map(code));
	const directives: number[] = [];
	let length = 0;
	let at = 0;
	let first = true;
	/** Brackets that are open, and how that was at each #if around here. */
	let open: number[] = [];
	const branches: (number[] | undefined)[] = [];

	const classOf = (char: number): number => (char < 128 ? (CLASSES[char] ?? 0) : LETTER);
	const push = (kind: number, start: number, end: number): void => {
		if (length === kinds.length) grow();
		kinds[length] = kind;
		starts[length] = start;
		ends[length] = end;
		partners[length] = -1;
		firsts[length] = first ? 1 : 0;
		first = false;
		length++;
	};
	const bracket = (char: number): void => {
		if (OPENING.has(char)) {
			open.push(length);
			return;
		}
		// What was opened within, and never closed, is given up.
		const deepest = Math.max(0, open.length - UNCLOSED);
		for (let depth = open.length - 1; depth >= deepest; depth--) {
			const opener = open[depth] ?? 0;
			if (OPENING.get(kinds[opener] ?? 0) !== char) {
				if (char !== code('}') && kinds[opener] === code('{')) return;
				continue;
			}
			open.length = depth;
			partners[opener] = length;
			partnerOfNext = opener;
			return;
		}
	};
	let partnerOfNext = -1;

	const lineEndFrom = (from: number): number => {
		const end = text.indexOf('\n', from);
		return end === -1 ? text.length : end;
	};
	const beginsPattern = (): boolean => {
		const before = length - 1;
		const kind = before < 0 ? END : (kinds[before] ?? END);
		if (kind === WORD) return BEFORE_PATTERN.has(text.slice(starts[before], ends[before]));
		return kind !== NUMBER && kind !== STRING && !CLOSING.has(kind);
	};
	function directive(): void {
		directives.push(at);
		const name = /^#\s*(if|el|endif)/.exec(text.slice(at, at + 20))?.[1];
		if (name === 'if') branches.push(open.length > DEPTH_KEPT ? undefined : open.slice());
		else if (name === 'el') open = branches.at(-1)?.slice() ?? open;
		else if (name === 'endif') branches.pop();
		for (;;) {
			const end = lineEndFrom(at);
			// A comment may go on behind the line.
			const comment = text.slice(at, end).indexOf('/*');
			if (comment !== -1 && text.slice(at, end).indexOf('*/', comment) === -1) {
				at = closeFrom(text, '*/', at + comment + 2);
				continue;
			}
			at = end;
			if (!/\\\r?$/.test(text.slice(Math.max(0, end - 2), end)) || at >= text.length) return;
			at++;
		}
	}
	function quoted(char: number): number | undefined {
		if (syntax.tripleQuotes && (char === DOUBLE || short.has(char))) {
			const quote = String.fromCharCode(char).repeat(3);
			if (text.startsWith(quote, at)) return closeFrom(text, quote, at + 3);
		}
		if (syntax.templates && char === BACKQUOTE) return templateEnd(text, at);
		if (syntax.lifetimes && char === QUOTE) {
			const letter = /^'(?:\\.[^'\n]*|[^\\'\n]|[\ud800-\udbff].)'/.exec(text.slice(at, at + 16));
			return letter === null ? at + 1 : at + letter[0].length;
		}
		if (long.has(char)) return stringEnd(text, at, char, true);
		return short.has(char) ? stringEnd(text, at, char, false) : undefined;
	}

	while (at < text.length) {
		const char = text.charCodeAt(at);
		const kind = classOf(char);
		if (kind === SPACE) {
			if (char === NEWLINE) first = true;
			at++;
			continue;
		}
		if (kind === LETTER || inWords.has(char)) {
			const start = at;
			at++;
			while (at < text.length) {
				const next = text.charCodeAt(at);
				const type = classOf(next);
				if (type !== LETTER && type !== DIGIT && !inWords.has(next)) break;
				at++;
			}
			const raw =
				at - start <= 3 && (syntax.rawHashes || syntax.rawMarks)
					? rawEnd(text, text.slice(start, at), at, syntax)
					: undefined;
			if (raw === undefined) push(WORD, start, at);
			else {
				push(STRING, start, raw);
				at = raw;
			}
			continue;
		}
		if (kind === DIGIT) {
			const start = at;
			while (at < text.length && /[\w.']/.test(text[at] ?? '')) {
				// A quote within belongs to the number where a digit follows.
				if (text[at] === "'" && !(syntax.rawMarks && /\w/.test(text[at + 1] ?? ''))) break;
				if (text[at] === '.' && text[at + 1] === '.') break;
				at++;
			}
			push(NUMBER, start, at);
			continue;
		}
		if (char === HASH && syntax.directives && first) {
			directive();
			continue;
		}
		if (comments.has(char)) {
			if (blockComment !== undefined && text.startsWith(blockComment[0], at)) {
				const end = blockEnd(text, at, blockComment, syntax.nested ?? false);
				if (text.slice(at, end).includes('\n')) first = true;
				at = end;
				continue;
			}
			if (lineComment.some((opens) => text.startsWith(opens, at))) {
				at = lineEndFrom(at);
				continue;
			}
		}
		if (syntax.verbatim && char === code('@') && /^@\$?"/.test(text.slice(at, at + 3))) {
			const start = at;
			at = text.indexOf('"', at) + 1;
			while (at < text.length && (text[at] !== '"' || text[at + 1] === '"')) {
				at += text[at] === '"' ? 2 : 1;
			}
			at++;
			push(STRING, start, at);
			continue;
		}
		const end =
			syntax.patterns && char === SLASH && beginsPattern() ? patternEnd(text, at) : quoted(char);
		if (end !== undefined && end > at + 1) {
			push(STRING, at, end);
			at = end;
			continue;
		}
		partnerOfNext = -1;
		if (OPENING.has(char) || CLOSING.has(char)) bracket(char);
		push(char, at, at + 1);
		partners[length - 1] = partnerOfNext;
		at++;
	}

	const count = length;
	const kindAt = (index: number): number => (index >= 0 && index < count ? (kinds[index] ?? 0) : 0);
	return {
		text,
		length: count,
		kind: kindAt,
		start: (index) => starts[index] ?? 0,
		end: (index) => ends[index] ?? 0,
		first: (index) => firsts[index] === 1,
		word: (index) => (kindAt(index) === WORD ? text.slice(starts[index], ends[index]) : ''),
		is: (index, sign) => kindAt(index) === code(sign),
		match: (index) => (index < count ? (partners[index] ?? -1) : -1),
		past: (index) => {
			const partner = partners[index] ?? -1;
			return partner > index ? partner + 1 : index + 1;
		},
		directives,
	};
}
