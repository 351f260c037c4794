/** A job's log as it grows, as bytes (base64). What a slow reader has not taken yet is not kept here but asked for again. */

import type { LogChunk, LogEncoding } from '../protocol/logs.ts';
import { ConnectionClosed, type DaemonConnection } from './connection.ts';

const READ_BYTES = 256 * 1024;
/** Pushed text that waits for the reader beyond this is dropped and read again later. Characters. */
const MAX_WAITING = 4 * 1024 * 1024;
/** Where the job waits for us, from here on we wait for the reader first, and take more again below a quarter. */
const PAUSE_WAITING = 1024 * 1024;
/** Longer than the daemon holds the job back for us, and shorter than it bears a client that takes nothing. */
const PAUSE_MS = 15_000;

/** Resolves when it may be called again. */
export type LogSink = (chunk: LogChunk) => Promise<void> | void;

/** Gives the kept log from `offset` on. Resolves with the offset behind it and whether more can come. */
export async function readLog(
	connection: DaemonConnection,
	id: string,
	offset: number,
	sink: LogSink,
	{ encoding = 'base64', timestamps = false }: Pick<FollowOptions, 'encoding' | 'timestamps'> = {},
): Promise<{ offset: number; eof: boolean }> {
	let at = offset;
	for (;;) {
		const chunk = await connection.request('log/read', {
			id,
			offset: at,
			maxBytes: READ_BYTES,
			encoding,
			...(timestamps ? { timestamps } : {}),
		});
		if (chunk.text !== '' || chunk.dropped !== undefined) await sink(chunk);
		const stuck = chunk.nextOffset === at;
		at = chunk.nextOffset;
		if (chunk.eof || stuck) return { offset: at, eof: chunk.eof };
	}
}

export interface FollowOptions {
	readonly encoding?: LogEncoding;
	readonly timestamps?: boolean;
	/** The job waits for us: nothing of a long output is dropped before it was read. */
	readonly hold?: boolean;
}

/** Gives the log from `offset` on, until its job has finished and the end is reached. */
export async function followLog(
	connection: DaemonConnection,
	id: string,
	offset: number,
	sink: LogSink,
	{ encoding = 'base64', hold = false, timestamps = false }: FollowOptions = {},
): Promise<void> {
	const pushed = new PushedChunks(hold ? (on) => connection.take(on) : undefined);
	connection.onNotification('log/data', (chunk) => {
		if (chunk.id === id) pushed.add(chunk);
	});
	void connection.closed.then(() => pushed.fail(new ConnectionClosed()));
	let at = offset;
	for (let first = true; ; first = false) {
		// A job that waits for us must know of it before it prints much.
		if (!hold || !first) {
			const read = await readLog(connection, id, at, sink, { encoding, timestamps });
			at = read.offset;
			if (read.eof) return;
		}
		const how = { encoding, ...(hold ? { hold } : {}), ...(timestamps ? { timestamps } : {}) };
		await connection.request('log/subscribe', { id, offset: at, ...how });
		for (;;) {
			const chunk = await pushed.next();
			if (chunk === undefined) break;
			if (chunk.nextOffset > at || chunk.dropped !== undefined) await sink(chunk);
			at = Math.max(at, chunk.nextOffset);
			if (chunk.eof) return;
		}
		await connection.request('log/unsubscribe', { id });
		pushed.reset();
	}
}

class PushedChunks {
	/** How to hold the daemon back; undefined where it must not wait, or has waited long enough. */
	#take: ((on: boolean) => void) | undefined;
	#paused: NodeJS.Timeout | undefined;
	#chunks: LogChunk[] = [];
	#waiting = 0;
	#overflowed = false;
	#error: Error | undefined;
	#wake: () => void = () => {};

	constructor(take: ((on: boolean) => void) | undefined) {
		this.#take = take;
	}

	add(chunk: LogChunk): void {
		if (this.#overflowed) return;
		this.#chunks.push(chunk);
		this.#waiting += chunk.text.length;
		if (this.#waiting > PAUSE_WAITING) this.#pause();
		// What still comes while paused had been read from the socket before: it is bounded, and may be kept nowhere else.
		if (this.#waiting > MAX_WAITING && this.#paused === undefined) this.reset(true);
		this.#wake();
	}

	fail(error: Error): void {
		this.#error = error;
		this.#wake();
	}

	reset(overflowed = false): void {
		this.#chunks = [];
		this.#waiting = 0;
		this.#overflowed = overflowed;
		this.#goOn();
	}

	#pause(): void {
		if (this.#take === undefined || this.#paused !== undefined) return;
		this.#take(false);
		this.#paused = setTimeout(() => {
			this.#goOn();
			this.#take = undefined;
		}, PAUSE_MS);
	}

	#goOn(): void {
		if (this.#paused === undefined) return;
		clearTimeout(this.#paused);
		this.#paused = undefined;
		this.#take?.(true);
	}

	/** The next chunk, or undefined when too many came at once and the log must be read instead. */
	async next(): Promise<LogChunk | undefined> {
		for (;;) {
			if (this.#overflowed) return undefined;
			const chunk = this.#chunks.shift();
			if (chunk !== undefined) {
				this.#waiting -= chunk.text.length;
				if (this.#waiting < PAUSE_WAITING / 4) this.#goOn();
				return chunk;
			}
			if (this.#error !== undefined) throw this.#error;
			await new Promise<void>((resolve) => {
				this.#wake = resolve;
			});
		}
	}
}
