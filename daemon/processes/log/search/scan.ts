/** Finding lines in a log, in one pass with bounded memory, whatever the log holds. */
import { withoutTerminalCodes } from '../../../../shared/terminalCodes.ts';
import type { Matcher } from './matcher.ts';

/** A part of a log as it stands on disk; gaps lie between parts that do not touch. */
export interface Piece {
	/** Of its first byte in the stream as produced. */
	readonly offset: number;
	readonly bytes: Buffer;
}

export interface ScanOptions {
	readonly matcher: Matcher;
	/** Lines before and after a match. */
	readonly context: number;
	/** Matches. */
	readonly limit: number;
	/** Lines that begin before it are only counted. */
	readonly from: number;
	readonly signal: AbortSignal;
}

export interface LineMatch {
	/** Where the line begins. */
	readonly offset: number;
	/** Counted from 1; null behind a part that is no longer kept. */
	readonly line: number | null;
	/** Without terminal codes; of a long line the part around the match. */
	readonly text: string;
	readonly before: string[];
	readonly after: string[];
}

export interface Scan {
	readonly matches: LineMatch[];
	/** Every line that ended before it was looked at; one that has not ended is there to be looked at again. */
	readonly scannedTo: number;
	/** There may be more behind it. */
	readonly truncated: boolean;
}

/** What a line shows at most, characters. */
const SHOWN = 1000;
const NEWLINE = 0x0a;

/** Memory is bounded by what a log keeps, which may be one line. @throws The reason of the signal. */
export async function scanLines(
	pieces: AsyncIterable<Piece>,
	{ matcher, context, limit, from, signal }: ScanOptions,
): Promise<Scan> {
	const matches: LineMatch[] = [];
	const before: string[] = [];
	/** Matches that still lack lines after them. */
	let open: LineMatch[] = [];
	let line: number | null = 1;
	let scannedTo = from;
	let more = false;

	/** @returns Whether nothing behind it is wanted. */
	function take(offset: number, parts: readonly Buffer[]): boolean {
		if (offset < from && context === 0) {
			// Who waits for a line asks with each chunk: what was looked at before is not decoded again.
			if (line !== null) line++;
			return false;
		}
		const bytes = Buffer.concat(parts);
		const text = plain(bytes);
		const shown = text.slice(0, SHOWN);
		for (const { after } of open) after.push(shown);
		open = open.filter(({ after }) => after.length < context);
		if (offset >= from && !more && matcher.test(text)) {
			if (matches.length === limit) more = true;
			else {
				const found = { offset, line, text: around(text, matcher), before: [...before], after: [] };
				matches.push(found);
				if (context > 0) open.push(found);
			}
		}
		if (!more && offset >= from) scannedTo = offset + bytes.length + 1;
		if (line !== null) line++;
		if (context > 0) before.push(shown);
		if (before.length > context) before.shift();
		return more && open.length === 0;
	}

	const cut = (): Scan => ({ matches, scannedTo, truncated: true });
	/** The beginning of a line that has not ended, in order. */
	let begun: Buffer[] = [];
	let lineStart = 0;
	let at = 0;
	for await (const { offset, bytes } of pieces) {
		signal.throwIfAborted();
		if (offset > at) {
			// What is missing ended one line and began another.
			if (begun.length > 0 && take(lineStart, begun)) return cut();
			begun = [];
			line = null;
			lineStart = offset;
		}
		at = offset + bytes.length;
		let next = 0;
		for (let end = bytes.indexOf(NEWLINE); end >= 0; end = bytes.indexOf(NEWLINE, next)) {
			begun.push(bytes.subarray(next, end));
			if (take(lineStart, begun)) return cut();
			begun = [];
			next = end + 1;
			lineStart = offset + next;
		}
		if (next < bytes.length) begun.push(bytes.subarray(next));
	}
	// The last line may still be written.
	if (begun.length > 0) take(lineStart, begun);
	if (more) return cut();
	const end = begun.length > 0 ? lineStart : at;
	return { matches, scannedTo: Math.max(from, end), truncated: false };
}

function plain(bytes: Buffer): string {
	const text = bytes.toString('utf8');
	const line = text.endsWith('\r') ? text.slice(0, -1) : text;
	return withoutTerminalCodes(line);
}

function around(text: string, matcher: Matcher): string {
	if (text.length <= SHOWN) return text;
	const start = Math.max(0, matcher.indexIn(text) - SHOWN / 4);
	return text.slice(start, start + SHOWN);
}
