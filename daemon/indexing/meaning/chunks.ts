/** What is embedded of a file: a symbol with what belongs to it, or 40 lines. */
import { hash } from 'node:crypto';
import type { PlacedSymbol } from '../segments/symbols.ts';
import { placedSymbols } from '../symbols/place.ts';
import type { SymbolKind } from '../symbols/symbol.ts';

export interface Chunk {
	/** 1-based, both in it. */
	readonly first: number;
	readonly last: number;
	/** What is sent. */
	readonly text: string;
	/** The first name that it defines. */
	readonly symbol: PlacedSymbol | undefined;
}

const LINES = 40;
/** Shorter ones go together with what comes after them. */
const SHORT = 8;
/** Of a longer one only the beginning is embedded: models read so far, and lines may have any length. */
export const CHUNK_CHARACTERS = 3000;
/** What is a part of something else, line by line. */
const PARTS: ReadonlySet<SymbolKind> = new Set(['property', 'enumMember']);
/** Comments and decorators in front of a name are of it. */
const IN_FRONT = /^\s*(?:\/\/|\/?\*|#|@|--|;|%|"""|''')/;

export function chunksOf(path: string, text: string): Chunk[] {
	const lines = linesOf(text);
	const symbols = placedSymbols(path, text).filter(({ kind }) => !PARTS.has(kind));
	const chunks: Chunk[] = [];
	for (const [from, to] of together(beginnings(lines, symbols), lines.length)) {
		for (let first = from; first <= to; first += LINES) {
			const chunk = chunkOf(lines, first, Math.min(to, first + LINES - 1), symbols);
			if (chunk !== undefined) chunks.push(chunk);
		}
	}
	return chunks;
}

/** What is sent of some lines. */
export const textOf = (lines: readonly string[], first: number, last: number): string =>
	lines
		.slice(first - 1, last)
		.join('\n')
		.slice(0, CHUNK_CHARACTERS)
		.toWellFormed();

/** As everywhere: a lone carriage return ends a line, too. */
export const linesOf = (text: string): string[] => text.split(/\r\n|\n|\r/);

/** The same text anywhere is embedded once by a model. */
export const chunkKey = (model: string, text: string): Buffer =>
	hash('sha256', `${model}\0${text}`, 'buffer').subarray(0, 20);

/** The lines at which something begins, ascending, the first line among them. */
function beginnings(lines: readonly string[], symbols: readonly PlacedSymbol[]): number[] {
	const starts = new Set([1]);
	for (const { line } of symbols) {
		let start = line;
		while (start > 1 && IN_FRONT.test(lines[start - 2] ?? '')) start--;
		starts.add(start);
	}
	return [...starts].sort((a, b) => a - b);
}

/** From one beginning to before the next; short ones with those after them, up to 40 lines. */
function* together(starts: readonly number[], end: number): Generator<[from: number, to: number]> {
	let [from = 1] = starts;
	for (const [at, start] of starts.entries()) {
		const to = (starts[at + 1] ?? end + 1) - 1;
		const next = (starts[at + 2] ?? end + 1) - 1;
		const isShort = to - from + 1 < SHORT;
		if (at < starts.length - 1 && isShort && next - from + 1 <= LINES) continue;
		if (to >= start) yield [from, to];
		from = to + 1;
	}
}

function chunkOf(
	lines: readonly string[],
	from: number,
	to: number,
	symbols: readonly PlacedSymbol[],
): Chunk | undefined {
	let first = from;
	let last = to;
	while (first <= last && isBlank(lines[first - 1])) first++;
	while (last >= first && isBlank(lines[last - 1])) last--;
	if (first > last) return undefined;
	const symbol = symbols.find(({ line }) => line >= first && line <= last);
	return { first, last, text: textOf(lines, first, last), symbol };
}

/** Brackets alone say nothing. */
const isBlank = (line = ''): boolean => !/[\p{L}\p{N}]/u.test(line);
