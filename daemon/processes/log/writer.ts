/** Appends a run's output to its job's log, in order, with bounded memory, and never fails the job for it. */
import { type FileHandle, mkdir, open, rm } from 'node:fs/promises';
import { errorMessage } from '../../../shared/errors.ts';
import {
	endOf,
	HEAD_BYTES,
	logFolder,
	type Segment,
	segmentFile,
	TAIL_BYTES,
	TAIL_SEGMENT_BYTES,
} from './segments.ts';

/** After the disk refused, output is lost for this long before it is tried again. */
const RETRY_MS = 1000;
/** A producer should wait while more than this is not yet on disk. */
const MAX_PENDING_BYTES = 1024 * 1024;

export interface LogWriterOptions {
	readonly root: string;
	readonly id: string;
	/** What earlier runs left. */
	readonly segments: Segment[];
	/** Called after bytes have become readable. */
	readonly appended: () => void;
	/** Called when the disk begins to refuse. */
	readonly failed: (sentence: string) => void;
	/** Monotonic, ms. */
	readonly now: () => number;
}

export class LogWriter {
	readonly #options: LogWriterOptions;
	readonly #pending: Buffer[] = [];
	#pendingBytes = 0;
	#file: FileHandle | undefined;
	#writing: Promise<void> | undefined;
	/** Where the stream as produced ends, with what the disk refused. */
	#end: number;
	/** Undefined unless the disk refused the last time. */
	#retryAt: number | undefined;

	constructor(options: LogWriterOptions) {
		this.#options = options;
		this.#end = endOf(options.segments);
	}

	get segments(): readonly Segment[] {
		return this.#options.segments;
	}

	/** Bytes of the log that can be read. */
	get size(): number {
		return endOf(this.#options.segments);
	}

	/** Resolves when the producer may go on; at once unless the disk is behind. */
	async append(bytes: Buffer): Promise<void> {
		if (bytes.length === 0) return;
		if (this.#retryAt !== undefined && this.#options.now() < this.#retryAt) {
			this.#end += bytes.length;
			return;
		}
		this.#pending.push(bytes);
		this.#pendingBytes += bytes.length;
		this.#writing ??= this.#drain();
		if (this.#pendingBytes > MAX_PENDING_BYTES) await this.#writing;
	}

	async close(): Promise<void> {
		while (this.#writing !== undefined) await this.#writing;
		// What is lost shows as a gap before what follows, and nothing else may.
		const lost = this.#end - this.size;
		if (lost > 0) {
			const note = `[semantica] ${lost} bytes of output before this line could not be written.\n`;
			await this.#write(Buffer.from(note)).catch(() => {});
		}
		await this.#closeFile();
	}

	async #drain(): Promise<void> {
		try {
			while (this.#pending.length > 0) {
				const bytes = Buffer.concat(this.#pending.splice(0));
				this.#pendingBytes = 0;
				await this.#write(bytes);
			}
			this.#retryAt = undefined;
		} catch (error) {
			this.#end += this.#pendingBytes;
			this.#pending.length = 0;
			this.#pendingBytes = 0;
			if (this.#retryAt === undefined) {
				this.#options.failed(
					`The log of job ${this.#options.id} cannot be written (${errorMessage(error)}); the job goes on, and what it prints is lost until the log can be written again.`,
				);
			}
			this.#retryAt = this.#options.now() + RETRY_MS;
		} finally {
			this.#writing = undefined;
		}
	}

	async #write(bytes: Buffer): Promise<void> {
		const from = this.#end;
		try {
			while (this.#end < from + bytes.length) {
				const { file, segment } = await this.#currentSegment();
				const at = this.#end - from;
				const room = limitOf(segment) - segment.size;
				const { bytesWritten } = await file.write(bytes, at, Math.min(room, bytes.length - at));
				segment.size += bytesWritten;
				this.#end += bytesWritten;
			}
			await this.#dropOldTail();
		} catch (error) {
			await this.#abandonFile();
			throw error;
		} finally {
			this.#end = from + bytes.length;
			this.#options.appended();
		}
	}

	// The open segment, or a new one where it is full, was left by an earlier run, or ends before a gap.
	async #currentSegment(): Promise<{ file: FileHandle; segment: Segment }> {
		const { root, id, segments } = this.#options;
		const last = segments.at(-1);
		if (last !== undefined && last.size < limitOf(last) && this.size === this.#end) {
			this.#file ??= await open(segmentFile(root, id, last.start), 'a', 0o600);
			return { file: this.#file, segment: last };
		}
		await this.#closeFile();
		const segment = { start: this.#end, size: 0 };
		await mkdir(logFolder(root, id), { recursive: true, mode: 0o700 });
		this.#file = await open(segmentFile(root, id, segment.start), 'a', 0o600);
		segments.push(segment);
		return { file: this.#file, segment };
	}

	async #closeFile(): Promise<void> {
		await this.#file?.close().catch(() => {});
		this.#file = undefined;
	}

	// A full disk often has room for a file's name: one without content would be left by every attempt.
	async #abandonFile(): Promise<void> {
		await this.#closeFile();
		const { root, id, segments } = this.#options;
		if (segments.at(-1)?.size !== 0) return;
		const { start } = segments.pop() as Segment;
		await rm(segmentFile(root, id, start), { force: true }).catch(() => {});
	}

	// Whole segments leave from the front of the tail; the head stays.
	async #dropOldTail(): Promise<void> {
		const { root, id, segments } = this.#options;
		for (;;) {
			const oldest = segments[1];
			if (oldest === undefined) return;
			if (endOf(segments) - (oldest.start + oldest.size) < TAIL_BYTES) return;
			segments.splice(1, 1);
			await rm(segmentFile(root, id, oldest.start), { force: true });
		}
	}
}

function limitOf({ start }: Segment): number {
	return start === 0 ? HEAD_BYTES : TAIL_SEGMENT_BYTES;
}
