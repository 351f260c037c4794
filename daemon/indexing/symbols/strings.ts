/** Where what is no code ends: comments, strings, patterns. */

const code = (char: string): number => char.charCodeAt(0);
const NEWLINE = code('\n');
const BACKSLASH = code('\\');
const SLASH = code('/');
const QUOTE = code("'");
const DOUBLE = code('"');
const BACKQUOTE = code('`');
/** What ends with its line ends before that many units: a longer one is looked for again and again in vain. */
const MOST_UNITS = 10_000;

export function closeFrom(text: string, close: string, from: number): number {
	const end = text.indexOf(close, from);
	return end === -1 ? text.length : end + close.length;
}

export function blockEnd(
	text: string,
	from: number,
	[opens, closes]: readonly [string, string],
	nested: boolean,
): number {
	if (!nested) return closeFrom(text, closes, from + opens.length);
	let depth = 1;
	for (let place = from + opens.length; place < text.length; place++) {
		if (text.startsWith(opens, place)) depth++;
		else if (text.startsWith(closes, place) && --depth === 0) return place + closes.length;
	}
	return text.length;
}

/** Behind a string; where it does not end with its line, behind its quote. */
export function stringEnd(text: string, from: number, quote: number, isLong: boolean): number {
	const most = isLong ? text.length : Math.min(text.length, from + MOST_UNITS);
	for (let place = from + 1; place < most; place++) {
		const char = text.charCodeAt(place);
		if (char === BACKSLASH) place++;
		else if (char === quote) return place + 1;
		else if (char === NEWLINE && !isLong) return from + 1;
	}
	return isLong ? text.length : from + 1;
}

export function templateEnd(text: string, from: number): number {
	for (let place = from + 1; place < text.length; place++) {
		const char = text.charCodeAt(place);
		if (char === BACKSLASH) place++;
		else if (char === BACKQUOTE) return place + 1;
		else if (char === code('$') && text.charCodeAt(place + 1) === code('{')) {
			place = codeEnd(text, place + 2) - 1;
		}
	}
	return text.length;
}

/** Behind the brace that ends code within a template. */
function codeEnd(text: string, from: number): number {
	let depth = 1;
	for (let place = from; place < text.length; place++) {
		const char = text.charCodeAt(place);
		if (char === BACKQUOTE) place = templateEnd(text, place) - 1;
		else if (char === QUOTE || char === DOUBLE) place = stringEnd(text, place, char, false) - 1;
		else if (char === code('{')) depth++;
		else if (char === code('}') && --depth === 0) return place + 1;
	}
	return text.length;
}

/** Behind a pattern that begins here; undefined where the line ends before. */
export function patternEnd(text: string, from: number): number | undefined {
	let inSet = false;
	const most = Math.min(text.length, from + MOST_UNITS);
	for (let place = from + 1; place < most; place++) {
		const char = text.charCodeAt(place);
		if (char === NEWLINE) return undefined;
		if (char === BACKSLASH) place++;
		else if (char === code('[')) inSet = true;
		else if (char === code(']')) inSet = false;
		else if (char === SLASH && !inSet) return place + 1;
	}
	return undefined;
}

/** Behind a string of a form of its own that begins with this word; undefined where none does. */
export function rawEnd(
	text: string,
	word: string,
	end: number,
	{ rawHashes, rawMarks }: { readonly rawHashes?: boolean; readonly rawMarks?: boolean },
): number | undefined {
	if (rawHashes && /^b?r$|^c?r$/.test(word)) {
		const hashes = /^#*"/.exec(text.slice(end, end + 20))?.[0];
		if (hashes !== undefined) {
			return closeFrom(text, `"${hashes.slice(0, -1)}`, end + hashes.length);
		}
	}
	if (rawMarks && /^(?:u8|[uUL])?R$/.test(word)) {
		const mark = /^"([^()\\\s]{0,16})\(/.exec(text.slice(end, end + 20));
		if (mark !== null) return closeFrom(text, `)${mark[1]}"`, end);
	}
	return undefined;
}
