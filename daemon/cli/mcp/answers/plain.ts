/** What others wrote as text for a model: one line of it, or bounded. */
import { withoutTerminalCodes } from '../../../../shared/terminalCodes.ts';
import { CONTROLS } from '../../render/plainOutput.ts';

/** One line of what others chose. */
export function plainLine(text: string, longest = 200): string {
	const line = withoutTerminalCodes(text).replace(/\s+/g, ' ').replace(CONTROLS, '').trim();
	return line.length > longest ? `${line.slice(0, longest - 1)}…` : line;
}

/** The line that begins each run in a log. It holds the command, which may hold whatever is looked for. */
export function isRunMark(line: string): boolean {
	return /^\[semantica\] run \d+, attempt /.test(line);
}

export interface Cut {
	readonly text: string;
	/** Bytes of `text` that are not in it. */
	readonly left: number;
}

/** The last lines that fit; of a line that is longer than all, its end. Bytes. */
export function lastBytes(text: string, max: number): Cut {
	const bytes = Buffer.from(text);
	if (bytes.length <= max) return { text, left: 0 };
	let start = wholeFrom(bytes, bytes.length - max);
	const line = bytes.indexOf('\n', Math.max(0, start - 1));
	if (line >= 0 && line < bytes.length - 1) start = line + 1;
	return { text: bytes.toString('utf8', start), left: start };
}

/** The first lines that fit; of a line that is longer than all, its beginning. Bytes. */
export function firstBytes(text: string, max: number): Cut {
	const bytes = Buffer.from(text);
	if (bytes.length <= max) return { text, left: 0 };
	let end = wholeUntil(bytes, max);
	const line = bytes.lastIndexOf('\n', end - 1);
	if (line > 0) end = line + 1;
	return { text: bytes.toString('utf8', 0, end), left: bytes.length - end };
}

const isContinuation = (byte: number | undefined) => byte !== undefined && (byte & 0xc0) === 0x80;

function wholeFrom(bytes: Buffer, at: number): number {
	let start = at;
	while (isContinuation(bytes[start])) start++;
	return start;
}

function wholeUntil(bytes: Buffer, at: number): number {
	let end = at;
	while (isContinuation(bytes[end])) end--;
	return end;
}
