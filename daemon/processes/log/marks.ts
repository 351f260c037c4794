/**
 * Where the bytes of a log came from: the job's standard output, its standard error, or Semantica itself. It
 * stands beside a segment, in a file of its own, so that the log holds exactly what was written; a log without
 * one holds standard output behind the line that Semantica begins every log with. When it was written stands
 * there too, for what came later than the run began.
 */
import { open, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { errorCode } from '../../../shared/errors.ts';
import {
	type LogSource,
	type LogSpan,
	type LogTime,
	RUN_MARK,
} from '../../../shared/protocol/logs.ts';
import { logFolder, type Segment, segmentFile } from './segments.ts';

/** One line per run tells runs apart in the one log that a job has. */
export function runMarker(run: number, attempt: number, now: number, what = ''): string {
	return `${RUN_MARK}${run}, attempt ${attempt}, ${new Date(now).toISOString()}${what}\n`;
}
/** Longer than that line can be: a title has at most 200 characters. */
const FIRST_LINE_BYTES = 2048;
const NEWLINE = 0x0a;
const LINE = /^(\d+) (stdout|stderr|semantica)$/;
const TIME = /^(\d+) at (\d+)$/;

export function marksFile(root: string, id: string, start: number): string {
	return join(logFolder(root, id), `${id}.${start}.marks`);
}

/** What is to be read in the file of marks. */
export function marksText(spans: readonly LogSpan[]): string {
	return spans.map(({ offset, source }) => `${offset} ${source}\n`).join('');
}

/** As marksText. */
export function timeText({ offset, at }: LogTime): string {
	return `${offset} at ${at}\n`;
}

/** What a segment holds as far as nothing else is said of it; `head` are its first bytes. */
export function impliedSpans(start: number, head: Buffer): LogSpan[] {
	if (start !== 0 || !head.subarray(0, RUN_MARK.length).equals(Buffer.from(RUN_MARK))) {
		return [{ offset: start, source: 'stdout' }];
	}
	const end = head.indexOf(NEWLINE) + 1;
	const note: LogSpan = { offset: 0, source: 'semantica' };
	return end === 0 ? [note] : [note, { offset: end, source: 'stdout' }];
}

/** All spans of a segment, from its marks on disk. */
export async function readSpans(root: string, id: string, { start }: Segment): Promise<LogSpan[]> {
	const spans = impliedSpans(start, start === 0 ? await readHead(segmentFile(root, id, 0)) : EMPTY);
	for (const line of await readMarks(root, id, start)) {
		const [, at, source] = LINE.exec(line) ?? [];
		if (at !== undefined) addSpan(spans, { offset: Number(at), source: source as LogSource });
	}
	return spans;
}

/** When what a segment holds was written, as far as its marks say; in order. */
export async function readTimes(root: string, id: string, start: number): Promise<LogTime[]> {
	const times: LogTime[] = [];
	for (const line of await readMarks(root, id, start)) {
		const [, offset, at] = TIME.exec(line) ?? [];
		if (offset !== undefined) times.push({ offset: Number(offset), at: Number(at) });
	}
	return times;
}

/** A line that a crash cut off says nothing. */
async function readMarks(root: string, id: string, start: number): Promise<string[]> {
	const text = await readFile(marksFile(root, id, start), 'latin1').catch((error: unknown) => {
		if (errorCode(error) === 'ENOENT') return '';
		throw error;
	});
	return text.split('\n');
}

/** What is said later holds from its offset on, whatever was said of that before. */
export function addSpan(spans: LogSpan[], span: LogSpan): void {
	while ((spans.at(-1)?.offset ?? -1) >= span.offset) spans.pop();
	if (spans.at(-1)?.source !== span.source) spans.push(span);
}

/** The spans of `from` to `to`, the first beginning there. */
export function spansWithin(spans: readonly LogSpan[], from: number, to: number): LogSpan[] {
	const before = spans.findLastIndex(({ offset }) => offset <= from);
	const first: LogSpan = { offset: from, source: spans[before]?.source ?? 'stdout' };
	const result = [first];
	for (const span of spans.slice(before + 1)) {
		if (span.offset < to && span.source !== result.at(-1)?.source) result.push(span);
	}
	return result;
}

export function sameSpans(one: readonly LogSpan[], other: readonly LogSpan[]): boolean {
	return (
		one.length === other.length &&
		one.every(({ offset, source }, i) => offset === other[i]?.offset && source === other[i]?.source)
	);
}

const EMPTY = Buffer.alloc(0);

async function readHead(file: string): Promise<Buffer> {
	const handle = await open(file).catch((error: unknown) => {
		if (errorCode(error) === 'ENOENT') return undefined;
		throw error;
	});
	if (handle === undefined) return EMPTY;
	try {
		const head = Buffer.alloc(FIRST_LINE_BYTES);
		const { bytesRead } = await handle.read(head, 0, head.length, 0);
		return head.subarray(0, bytesRead);
	} finally {
		await handle.close();
	}
}
