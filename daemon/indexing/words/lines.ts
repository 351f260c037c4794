/** Lines of a text and places in them, as people and editors count. */

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

/** The first line that is not blank: for files found by their path alone. */
export function firstLine(original: string): Location {
	const text = withLineFeeds(original);
	const at = Math.max(0, text.search(/\S/));
	return describe(text, lineStart(text, at), at);
}

/** As queries are: accents and their letters are one character, and lines end in line feeds. */
export function composed(text: string): string {
	const lines = withLineFeeds(text);
	return BEYOND_ASCII.test(lines) ? lines.normalize('NFC') : lines;
}

/** Looking for one is several times as fast as what it spares. */
export const BEYOND_ASCII = /[^\0-\x7f]/;

/** Unit for unit; a lone carriage return ends a line, too. */
export const withLineFeeds = (text: string): string =>
	text.includes('\r') ? text.replace(/\r(?!\n)/g, '\n') : text;

const GRAPHEMES = new Intl.Segmenter();

/** A place in the composed text as one in the original: the line is the same, the column may not be. */
export function inOriginal(original: string, text: string, place: Location): Location {
	if (original.length === text.length) return place;
	const lines = withLineFeeds(original);
	let start = 0;
	for (let line = 1; line < place.line; line++) start = lines.indexOf('\n', start) + 1;
	const own = lines.slice(start, lineEnd(lines, start));
	return { ...place, column: typedUnits(own, place.column - 1) + 1 };
}

/** How many units of a line as it was typed the first `units` of the composed one are. */
export function typedUnits(line: string, units: number): number {
	let left = units;
	let typed = 0;
	for (const { segment } of GRAPHEMES.segment(line)) {
		if (left <= 0) break;
		left -= segment.normalize('NFC').length;
		typed += segment.length;
	}
	return typed;
}

export const lineStart = (text: string, at: number): number =>
	at === 0 ? 0 : text.lastIndexOf('\n', at - 1) + 1;

export function lineEnd(text: string, at: number): number {
	const end = text.indexOf('\n', at);
	return end === -1 ? text.length : end;
}

export function describe(text: string, start: number, at: number): Location {
	let line = 1;
	for (let i = text.indexOf('\n'); i !== -1 && i < start; i = text.indexOf('\n', i + 1)) line++;
	return {
		line,
		column: at - start + 1,
		snippet: snippetOf(text.slice(start, lineEnd(text, at)), at - start),
	};
}

/** What stands around a line (1-based), `lines` before and as many after it; long ones are cut at their end. */
export function around(
	original: string,
	line: number,
	lines: number,
): { readonly before: string[]; readonly after: string[] } {
	const all = withLineFeeds(original).split(/\r?\n/);
	const cut = (text: string) =>
		text.length <= SNIPPET_LENGTH
			? text
			: `${text.slice(0, SNIPPET_LENGTH).replace(HALF_CHARACTERS, '')}…`;
	return {
		before: all.slice(Math.max(0, line - 1 - lines), line - 1).map(cut),
		after: all.slice(line, line + lines).map(cut),
	};
}

/** A long line is cut around the column, with ellipses where it goes on. */
export const snippetOf = (line: string, column: number): string =>
	snippetAround(line, column).snippet;

/** The same, and where in it the column is. */
export function snippetAround(
	line: string,
	column: number,
): { readonly snippet: string; readonly matchAt: number } {
	const whole = line.trim();
	if (whole.length <= SNIPPET_LENGTH) {
		const lead = line.length - line.trimStart().length;
		return { snippet: whole, matchAt: Math.max(0, column - lead) };
	}
	const from = Math.max(0, column - SNIPPET_LENGTH / 4);
	const to = Math.min(line.length, from + SNIPPET_LENGTH);
	const piece = line.slice(from, to);
	const cut = piece.replace(HALF_CHARACTERS, '').trim();
	const before = from > 0 ? '…' : '';
	const lead = /^[\udc00-\udfff]?\s*/.exec(piece)?.[0].length ?? 0;
	return {
		snippet: `${before}${cut}${to < line.length ? '…' : ''}`,
		matchAt: Math.max(0, column - from - lead) + before.length,
	};
}
