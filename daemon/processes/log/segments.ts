/**
 * Where a job's log stands on disk (docs/design.md section 6): the first 5 MiB, then the last 5 MiB, as files
 * named by the offset at which they begin. Nothing is ever rewritten, so a crash cannot tear it, and a
 * dropped middle is simply a file that is gone.
 */
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { errorCode } from '../../../shared/errors.ts';
import type { LogSpan } from '../../../shared/protocol/logs.ts';

export const HEAD_BYTES = 5 * 1024 * 1024;
export const TAIL_BYTES = 5 * 1024 * 1024;
export const TAIL_SEGMENT_BYTES = 1024 * 1024;

export interface Segment {
	/** Offset of its first byte in the stream as produced. */
	readonly start: number;
	size: number;
	/** Who wrote what of it, where that is known without looking; grows with it. */
	spans?: LogSpan[];
}

/** Logs are spread over folders so that none holds more than a few hundred files per 100,000 jobs. */
export function logFolder(root: string, id: string): string {
	return join(root, id.slice(-2));
}

export function segmentFile(root: string, id: string, start: number): string {
	return join(logFolder(root, id), `${id}.${start}.log`);
}

/** The segments of a job's log, in order; none when it has no log. */
export async function readSegments(root: string, id: string): Promise<Segment[]> {
	let files: string[];
	try {
		files = await readdir(logFolder(root, id));
	} catch (error) {
		if (errorCode(error) === 'ENOENT') return [];
		throw error;
	}
	const segments: Segment[] = [];
	for (const file of files) {
		if (!file.startsWith(`${id}.`) || !file.endsWith('.log')) continue;
		const start = Number(file.slice(id.length + 1, -'.log'.length));
		if (!Number.isSafeInteger(start)) continue;
		const found = await stat(join(logFolder(root, id), file)).catch((error: unknown) => {
			if (errorCode(error) === 'ENOENT') return undefined;
			throw error;
		});
		if (found !== undefined) segments.push({ start, size: found.size });
	}
	return segments.sort((a, b) => a.start - b.start);
}

export function endOf(segments: readonly Segment[]): number {
	const last = segments.at(-1);
	return last === undefined ? 0 : last.start + last.size;
}
