/** Appends a run's output to its job's log, in order, with bounded memory, and never fails the job for it. */
import { type FileHandle, mkdir, open, rm } from 'node:fs/promises';
import { errorMessage } from '../../../shared/errors.ts';
import type { LogSource, LogSpan, LogTime } from '../../../shared/protocol/logs.ts';
import {
	addSpan,
	impliedSpans,
	marksFile,
	marksText,
	sameSpans,
	spansWithin,
	timeText,
} from './marks.ts';
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
/** What is written within this of what was written before has the same time, ms. */
const TIME_STEP_MS = 100;
/** A producer should wait while more than this is not yet on disk. */
const MAX_PENDING_BYTES = 1024 * 1024;

export interface LogWriterOptions {
	readonly root: string;
	readonly id: string;
	/** What earlier runs left. */
	readonly segments: Segment[];
	/** Where the stream goes on, if they do not reach that far. */
	readonly from: number;
	/** Called after bytes have become readable. */
	readonly appended: () => void;
	/** Until readers that the job waits for have come near this; undefined when they have. */
	readonly room: (end: number) => Promise<void> | undefined;
	/** Called when the disk begins to refuse. */
	readonly failed: (sentence: string) => void;
	/** Monotonic, ms. */
	readonly now: () => number;
	/** Epoch ms. */
	readonly time: () => number;
}

interface Piece {
	readonly bytes: Buffer;
	readonly source: LogSource;
	/** When it came, epoch ms. */
	readonly at: number;
}

export class LogWriter {
	readonly #options: LogWriterOptions;
	readonly #pending: Piece[] = [];
	#pendingBytes = 0;
	#file: FileHandle | undefined;
	#marks: FileHandle | undefined;
	/** What the marks on disk say of what comes next in the open segment. */
	#said: LogSource = 'stdout';
	/** The last time on disk, or that of the beginning of a first run, which is known without. */
	#timed: number;
	#writing: Promise<void> | undefined;
	/** Where the stream as produced ends, with what the disk refused. */
	#end: number;
	/** Undefined unless the disk refused the last time. */
	#retryAt: number | undefined;

	constructor(options: LogWriterOptions) {
		this.#options = options;
		this.#end = Math.max(options.from, endOf(options.segments));
		this.#timed = options.segments.length === 0 ? options.time() : Number.NaN;
		this.#said = options.segments.at(-1)?.spans?.at(-1)?.source ?? 'stdout';
	}

	get segments(): readonly Segment[] {
		return this.#options.segments;
	}

	/** Bytes of the log that can be read. */
	get size(): number {
		return endOf(this.#options.segments);
	}

	/** Where the stream as produced ends: what lies behind `size` was lost. */
	get end(): number {
		return this.#end;
	}

	/** Resolves when the producer may go on; at once unless the disk or a reader is behind. */
	async append(bytes: Buffer, source: LogSource = 'stdout'): Promise<void> {
		if (bytes.length === 0) return;
		if (this.#retryAt !== undefined && this.#options.now() < this.#retryAt) {
			this.#end += bytes.length;
			return;
		}
		this.#pending.push({ bytes, source, at: this.#options.time() });
		this.#pendingBytes += bytes.length;
		this.#writing ??= this.#drain();
		if (this.#pendingBytes > MAX_PENDING_BYTES) await this.#writing;
		await this.#options.room(this.#end + this.#pendingBytes);
	}

	async close(): Promise<void> {
		while (this.#writing !== undefined) await this.#writing;
		// What is lost shows as a gap before what follows, and nothing else may.
		const lost = this.#end - this.size;
		if (lost > 0) {
			const note = `[semantica] ${lost} bytes of output before this line could not be written.\n`;
			const end = this.#end;
			const at = this.#options.time();
			await this.#write([{ bytes: Buffer.from(note), source: 'semantica', at }]).catch(() => {
				// What is not there is not missing either.
				this.#end = Math.max(end, this.size);
			});
		}
		await this.#closeFile();
	}

	async #drain(): Promise<void> {
		try {
			while (this.#pending.length > 0) {
				const pieces = this.#pending.splice(0);
				this.#pendingBytes = 0;
				await this.#write(pieces);
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

	async #write(pieces: readonly Piece[]): Promise<void> {
		const from = this.#end;
		const bytes = Buffer.concat(pieces.map((piece) => piece.bytes));
		const spans = spansFrom(from, pieces);
		const times = timesFrom(from, pieces);
		try {
			while (this.#end < from + bytes.length) {
				const { file, segment } = await this.#currentSegment();
				const room = limitOf(segment) - segment.size;
				const part = bytes.subarray(this.#end - from, this.#end - from + room);
				await this.#mark(segment, part, spans, times);
				for (let at = 0; at < part.length; ) {
					const { bytesWritten } = await file.write(part, at);
					at += bytesWritten;
					segment.size += bytesWritten;
					this.#end += bytesWritten;
				}
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

	/** Says who wrote what comes next, and when, before it can be read. */
	async #mark(
		segment: Segment,
		part: Buffer,
		allSpans: readonly LogSpan[],
		allTimes: readonly LogTime[],
	): Promise<void> {
		const end = this.#end + part.length;
		const spans = spansWithin(allSpans, this.#end, end);
		segment.spans ??= [];
		for (const span of spans) addSpan(segment.spans, span);
		const begun = segment.size > 0;
		const implied: readonly LogSpan[] = begun
			? [{ offset: this.#end, source: this.#said }]
			: impliedSpans(segment.start, part);
		const understood = spansWithin(implied, this.#end, end);
		const isSaid = sameSpans(spans, understood);
		this.#said = (isSaid ? implied : spans).at(-1)?.source ?? this.#said;
		const marks = (isSaid ? '' : marksText(spans)) + this.#timeMarks(segment, end, allTimes);
		if (marks === '') return;
		try {
			const { root, id } = this.#options;
			this.#marks ??= await open(marksFile(root, id, segment.start), 'a', 0o600);
			// A line that was cut off by a crash ends here.
			await this.#marks.write(`\n${marks}`);
		} catch {
			// The bytes matter more: they stay, and count as what stood before them.
		}
	}

	/** Of what begins before `end`. Segments before may be dropped, so each later one begins with one. */
	#timeMarks(segment: Segment, end: number, times: readonly LogTime[]): string {
		const current = times.findLast(({ offset }) => offset <= this.#end);
		const coming = times.filter(({ offset }) => offset > this.#end && offset < end);
		const here = current === undefined ? [] : [{ offset: this.#end, at: current.at }];
		let marks = '';
		for (const time of [...here, ...coming]) {
			const begins = segment.start > 0 && time.offset === segment.start;
			// Also when the clock was set back, or nothing is known.
			const since = time.at - this.#timed;
			if (since >= 0 && since < TIME_STEP_MS && !begins) continue;
			this.#timed = time.at;
			marks += timeText(time);
		}
		return marks;
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
		this.#said = 'stdout';
		const segment: Segment = { start: this.#end, size: 0, spans: [] };
		await mkdir(logFolder(root, id), { recursive: true, mode: 0o700 });
		this.#file = await open(segmentFile(root, id, segment.start), 'a', 0o600);
		segments.push(segment);
		return { file: this.#file, segment };
	}

	async #closeFile(): Promise<void> {
		await this.#file?.close().catch(() => {});
		this.#file = undefined;
		await this.#marks?.close().catch(() => {});
		this.#marks = undefined;
	}

	// A full disk often has room for a file's name: one without content would be left by every attempt.
	async #abandonFile(): Promise<void> {
		await this.#closeFile();
		const { root, id, segments } = this.#options;
		if (segments.at(-1)?.size !== 0) return;
		const { start } = segments.pop() as Segment;
		await rm(segmentFile(root, id, start), { force: true }).catch(() => {});
		await rm(marksFile(root, id, start), { force: true }).catch(() => {});
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
			await rm(marksFile(root, id, oldest.start), { force: true });
		}
	}
}

function limitOf({ start }: Segment): number {
	return start === 0 ? HEAD_BYTES : TAIL_SEGMENT_BYTES;
}

function timesFrom(from: number, pieces: readonly Piece[]): LogTime[] {
	let offset = from;
	return pieces.map(({ bytes, at }) => {
		const time = { offset, at };
		offset += bytes.length;
		return time;
	});
}

function spansFrom(from: number, pieces: readonly Piece[]): LogSpan[] {
	const spans: LogSpan[] = [];
	let offset = from;
	for (const { bytes, source } of pieces) {
		addSpan(spans, { offset, source });
		offset += bytes.length;
	}
	return spans;
}
