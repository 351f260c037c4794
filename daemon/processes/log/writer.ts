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

/** A producer should wait while more than this is not yet on disk. */
const MAX_PENDING_BYTES = 1024 * 1024;

export interface LogWriterOptions {
	readonly root: string;
	readonly id: string;
	/** What earlier runs left. */
	readonly segments: Segment[];
	/** Called after bytes have become readable. */
	readonly appended: () => void;
	/** Called once, when the disk refuses; later output is then dropped. */
	readonly failed: (sentence: string) => void;
}

export class LogWriter {
	readonly #options: LogWriterOptions;
	readonly #pending: Buffer[] = [];
	#pendingBytes = 0;
	#file: FileHandle | undefined;
	#writing: Promise<void> | undefined;
	#broken = false;

	constructor(options: LogWriterOptions) {
		this.#options = options;
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
		if (bytes.length === 0 || this.#broken) return;
		this.#pending.push(bytes);
		this.#pendingBytes += bytes.length;
		this.#writing ??= this.#drain();
		if (this.#pendingBytes > MAX_PENDING_BYTES) await this.#writing;
	}

	async close(): Promise<void> {
		while (this.#writing !== undefined) await this.#writing;
		await this.#file?.close().catch(() => {});
		this.#file = undefined;
	}

	async #drain(): Promise<void> {
		try {
			while (this.#pending.length > 0) {
				const bytes = Buffer.concat(this.#pending.splice(0));
				this.#pendingBytes = 0;
				await this.#write(bytes);
				this.#options.appended();
			}
		} catch (error) {
			this.#broken = true;
			this.#pending.length = 0;
			this.#pendingBytes = 0;
			this.#options.failed(
				`The log of job ${this.#options.id} can no longer be written (${errorMessage(error)}); the job goes on without it.`,
			);
		} finally {
			this.#writing = undefined;
		}
	}

	async #write(bytes: Buffer): Promise<void> {
		let at = 0;
		while (at < bytes.length) {
			const segment = await this.#currentSegment();
			const limit = segment.start === 0 ? HEAD_BYTES : TAIL_SEGMENT_BYTES;
			const part = bytes.subarray(at, at + limit - segment.size);
			await this.#file?.appendFile(part);
			segment.size += part.length;
			at += part.length;
		}
		await this.#dropOldTail();
	}

	// The open segment, or a new one where it is full (or was left by an earlier run).
	async #currentSegment(): Promise<Segment> {
		const { root, id, segments } = this.#options;
		const last = segments.at(-1);
		const limit = last?.start === 0 ? HEAD_BYTES : TAIL_SEGMENT_BYTES;
		if (last !== undefined && last.size < limit) {
			this.#file ??= await open(segmentFile(root, id, last.start), 'a', 0o600);
			return last;
		}
		await this.#file?.close();
		const segment = { start: endOf(segments), size: 0 };
		await mkdir(logFolder(root, id), { recursive: true, mode: 0o700 });
		this.#file = await open(segmentFile(root, id, segment.start), 'a', 0o600);
		segments.push(segment);
		return segment;
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
