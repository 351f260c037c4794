/** All job logs: writing, reading at byte offsets, and hearing of what is appended. */
import { open, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { errorCode } from '../../../shared/errors.ts';
import type { LogSpan, LogTime } from '../../../shared/protocol/logs.ts';
import { completeUtf8 } from '../../../shared/utf8.ts';
import { patiently } from '../../disks/patience.ts';
import type { JobLogs } from '../../queue/ports/logs.ts';
import { createHolds } from './holds.ts';
import { lastLines } from './lastLines.ts';
import { readSpans, readTimes, spansWithin } from './marks.ts';
import { endOf, logFolder, readSegments, type Segment, segmentFile } from './segments.ts';
import { LogWriter } from './writer.ts';

/** Without its size a log cannot be gone on with in its place. */
const READABLE_WITHIN_MS = 5000;

export interface LogStore extends JobLogs {
	/** `from`: what is known to have been produced before, kept or not. */
	openWriter(id: string, from?: number): Promise<LogWriter>;
	closeWriter(id: string): Promise<void>;
	/** Size of a log that is being written; undefined for all others. */
	liveSize(id: string): number | undefined;
	/** Of all logs that are being written. */
	liveBytes(): number;
	/** Size of a log that is not; 0 where it cannot be read. */
	sizeOnDisk(id: string): Promise<number | undefined>;
	/** Appends a sentence of ours to a log that is not being written. Never rejects. */
	note(id: string, sentence: string): Promise<void>;
	remove(id: string): Promise<void>;
}

export function createLogStore(
	root: string,
	warn: (sentence: string) => void,
	now: () => number = () => performance.now(),
	time: () => number = () => Date.now(),
): LogStore {
	const writers = new Map<string, LogWriter>();
	const followers = new Map<string, Set<() => void>>();
	const holds = createHolds();

	const store: LogStore = {
		async openWriter(id, from = 0) {
			const writer = new LogWriter({
				root,
				id,
				// Where the folder cannot be read, writing will say so; the job does not fail for its log.
				segments: await patiently(() => earlierSegments(root, id), READABLE_WITHIN_MS).catch(
					() => [],
				),
				from,
				appended: () => {
					for (const listener of followers.get(id) ?? []) listener();
				},
				room: (end) => holds.room(id, end),
				failed: warn,
				now,
				time,
			});
			writers.set(id, writer);
			return writer;
		},
		async closeWriter(id) {
			await writers.get(id)?.close();
			writers.delete(id);
		},
		async read(id, offset, maxBytes, { encoding = 'utf8', produced = 0 } = {}) {
			const live = writers.get(id);
			const segments = live?.segments ?? (await readSegments(root, id));
			const end = Math.max(endOf(segments), produced);
			// From the first segment that still holds something at or after the offset, to the next gap.
			const stretch = unbroken(segments.filter(({ start, size }) => start + size > offset));
			const [segment] = stretch;
			if (segment === undefined) {
				const at = { text: '', offset, nextOffset: Math.max(offset, end), atEnd: true };
				// The disk would take none of it.
				return offset < end ? { ...at, offset: end, dropped: { from: offset, to: end } } : at;
			}
			const from = Math.max(offset, segment.start);
			const stretchEnd = endOf(stretch);
			const bytes = await readStretch(root, id, stretch, from, maxBytes);
			if (bytes === undefined) {
				// Somebody deleted the file: say what is missing and go on behind it.
				const next = segment.start + segment.size;
				const dropped = { from: offset, to: next };
				return { text: '', offset: next, nextOffset: next, atEnd: next >= end, dropped };
			}
			if (encoding === 'base64') {
				const nextOffset = from + bytes.length;
				return {
					text: bytes.toString('base64'),
					offset: from,
					nextOffset,
					atEnd: nextOffset >= end,
					...(from > offset ? { dropped: { from: offset, to: from } } : {}),
					spans: spansWithin(await spansOf(root, id, stretch, nextOffset), from, nextOffset),
				};
			}
			const { text, skipped, used } = completeUtf8(bytes, {
				midway: from > offset,
				// The rest of a character may be all that a running job has yet to write.
				final: from + bytes.length >= stretchEnd && (live === undefined || stretchEnd < end),
			});
			return {
				text,
				offset: from + skipped,
				nextOffset: from + used,
				atEnd: from + used >= end,
				...(from > offset ? { dropped: { from: offset, to: from + skipped } } : {}),
			};
		},
		async times(id, from, to) {
			const segments = writers.get(id)?.segments ?? (await readSegments(root, id));
			const times: LogTime[] = [];
			for (const { start, size } of segments) {
				if (start >= to) break;
				if (start + size > from) times.push(...(await readTimes(root, id, start)));
			}
			const before = times.findLastIndex(({ offset }) => offset <= from);
			return times.slice(Math.max(0, before)).filter(({ offset }) => offset < to);
		},
		async lastLines(id, count) {
			const segments = writers.get(id)?.segments ?? (await readSegments(root, id));
			return lastLines(segments, count, ({ start, size }) =>
				readBytes(segmentFile(root, id, start), 0, size),
			);
		},
		liveSize: (id) => writers.get(id)?.size,
		liveBytes: () => [...writers.values()].reduce((sum, { size }) => sum + size, 0),
		// What cannot be read is not empty: what was known of it stands.
		sizeOnDisk: (id) => readSegments(root, id).then(endOf, () => undefined),
		async note(id, sentence) {
			const writer = await store.openWriter(id);
			await writer.append(Buffer.from(`[semantica] ${sentence}\n`), 'semantica');
			await store.closeWriter(id);
		},
		async remove(id) {
			const folder = logFolder(root, id);
			const files = await readdir(folder).catch((error: unknown) => {
				if (errorCode(error) === 'ENOENT') return [];
				throw error;
			});
			for (const file of files) {
				if (file.startsWith(`${id}.`)) await rm(join(folder, file), { force: true });
			}
		},
		hold: holds.hold,
		follow(id, listener) {
			const listeners = followers.get(id) ?? new Set();
			listeners.add(listener);
			followers.set(id, listeners);
			return () => {
				listeners.delete(listener);
				if (listeners.size === 0) followers.delete(id);
			};
		},
	};
	return store;
}

/** What earlier runs left; the last of it may be written on. */
async function earlierSegments(root: string, id: string): Promise<Segment[]> {
	const segments = await readSegments(root, id);
	const last = segments.at(-1);
	if (last !== undefined) last.spans = await readSpans(root, id, last);
	return segments;
}

async function spansOf(
	root: string,
	id: string,
	stretch: readonly Segment[],
	to: number,
): Promise<LogSpan[]> {
	const spans: LogSpan[] = [];
	for (const segment of stretch) {
		if (segment.start >= to) break;
		spans.push(...(segment.spans ?? (await readSpans(root, id, segment))));
	}
	return spans;
}

/** The leading segments that follow each other without a gap; their sizes as they are now. */
function unbroken(segments: readonly Segment[]): Segment[] {
	const gap = segments.findIndex(({ start }, i) => i > 0 && start > endOf(segments.slice(0, i)));
	return segments.slice(0, gap < 0 ? undefined : gap).map((segment) => ({ ...segment }));
}

/** A character may stand across two files, so a read does too. Undefined when the first file is gone. */
async function readStretch(
	root: string,
	id: string,
	stretch: readonly Segment[],
	from: number,
	maxBytes: number,
): Promise<Buffer | undefined> {
	const parts: Buffer[] = [];
	let at = from;
	for (const { start, size } of stretch) {
		const wanted = Math.min(from + maxBytes, start + size) - at;
		if (wanted <= 0) break;
		const part = await readBytes(segmentFile(root, id, start), at - start, wanted);
		if (part === undefined) break;
		parts.push(part);
		at += part.length;
	}
	return parts.length === 0 ? undefined : Buffer.concat(parts);
}

/** Undefined when the file is gone. */
async function readBytes(
	file: string,
	position: number,
	length: number,
): Promise<Buffer | undefined> {
	const handle = await open(file).catch((error: unknown) => {
		if (errorCode(error) === 'ENOENT') return undefined;
		throw error;
	});
	if (handle === undefined) return undefined;
	try {
		const buffer = Buffer.alloc(length);
		const { bytesRead } = await handle.read(buffer, 0, length, position);
		return buffer.subarray(0, bytesRead);
	} finally {
		await handle.close();
	}
}
