/** All job logs: writing, reading at byte offsets, and hearing of what is appended. */
import { open, rm } from 'node:fs/promises';
import { performance } from 'node:perf_hooks';
import { errorCode } from '../../../shared/errors.ts';
import type { JobLogs } from '../../queue/logs.ts';
import { endOf, readSegments, type Segment, segmentFile } from './segments.ts';
import { completeUtf8 } from './utf8.ts';
import { LogWriter } from './writer.ts';

export interface LogStore extends JobLogs {
	openWriter(id: string): Promise<LogWriter>;
	closeWriter(id: string): Promise<void>;
	/** Size of a log that is being written; undefined for all others. */
	liveSize(id: string): number | undefined;
	/** Size of a log that is not; 0 where it cannot be read. */
	sizeOnDisk(id: string): Promise<number>;
	remove(id: string): Promise<void>;
}

export function createLogStore(
	root: string,
	warn: (sentence: string) => void,
	now: () => number = () => performance.now(),
): LogStore {
	const writers = new Map<string, LogWriter>();
	const followers = new Map<string, Set<() => void>>();

	return {
		async openWriter(id) {
			const writer = new LogWriter({
				root,
				id,
				// Where the folder cannot be read, writing will say so; the job does not fail for its log.
				segments: await readSegments(root, id).catch(() => []),
				appended: () => {
					for (const listener of followers.get(id) ?? []) listener();
				},
				failed: warn,
				now,
			});
			writers.set(id, writer);
			return writer;
		},
		async closeWriter(id) {
			await writers.get(id)?.close();
			writers.delete(id);
		},
		async read(id, offset, maxBytes) {
			const live = writers.get(id);
			const segments = live?.segments ?? (await readSegments(root, id));
			const end = endOf(segments);
			// From the first segment that still holds something at or after the offset, to the next gap.
			const stretch = unbroken(segments.filter(({ start, size }) => start + size > offset));
			const [segment] = stretch;
			if (segment === undefined) {
				return { text: '', offset, nextOffset: Math.max(offset, end), atEnd: true };
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
		liveSize: (id) => writers.get(id)?.size,
		sizeOnDisk: async (id) => endOf(await readSegments(root, id).catch(() => [])),
		async remove(id) {
			for (const { start } of await readSegments(root, id)) {
				await rm(segmentFile(root, id, start), { force: true });
			}
		},
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
