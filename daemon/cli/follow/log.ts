/** A job's log as it grows. What a slow reader has not taken yet is not kept here but asked for again. */
import { ConnectionClosed, type DaemonConnection } from '../../../shared/client/connection.ts';
import type { LogChunk } from '../../../shared/protocol/logs.ts';

const READ_BYTES = 256 * 1024;
/** Pushed text that waits for the reader beyond this is dropped and read again later. Characters. */
const MAX_WAITING = 4 * 1024 * 1024;

/** Resolves when it may be called again. */
export type LogSink = (chunk: LogChunk) => Promise<void> | void;

/** Gives the kept log from `offset` on. Resolves with the offset behind it and whether more can come. */
export async function readLog(
	connection: DaemonConnection,
	id: string,
	offset: number,
	sink: LogSink,
): Promise<{ offset: number; eof: boolean }> {
	let at = offset;
	for (;;) {
		const chunk = await connection.request('log/read', { id, offset: at, maxBytes: READ_BYTES });
		if (chunk.text !== '' || chunk.dropped !== undefined) await sink(chunk);
		const stuck = chunk.nextOffset === at;
		at = chunk.nextOffset;
		if (chunk.eof || stuck) return { offset: at, eof: chunk.eof };
	}
}

/** Gives the log from `offset` on, until its job has finished and the end is reached. */
export async function followLog(
	connection: DaemonConnection,
	id: string,
	offset: number,
	sink: LogSink,
): Promise<void> {
	const pushed = new PushedChunks();
	connection.onNotification('log/data', (chunk) => {
		if (chunk.id === id) pushed.add(chunk);
	});
	void connection.closed.then(() => pushed.fail(new ConnectionClosed()));
	let at = offset;
	for (;;) {
		const read = await readLog(connection, id, at, sink);
		at = read.offset;
		if (read.eof) return;
		await connection.request('log/subscribe', { id, offset: at });
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
	#chunks: LogChunk[] = [];
	#waiting = 0;
	#overflowed = false;
	#error: Error | undefined;
	#wake: () => void = () => {};

	add(chunk: LogChunk): void {
		if (this.#overflowed) return;
		this.#chunks.push(chunk);
		this.#waiting += chunk.text.length;
		if (this.#waiting > MAX_WAITING) this.reset(true);
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
	}

	/** The next chunk, or undefined when too many came at once and the log must be read instead. */
	async next(): Promise<LogChunk | undefined> {
		for (;;) {
			if (this.#overflowed) return undefined;
			const chunk = this.#chunks.shift();
			if (chunk !== undefined) {
				this.#waiting -= chunk.text.length;
				return chunk;
			}
			if (this.#error !== undefined) throw this.#error;
			await new Promise<void>((resolve) => {
				this.#wake = resolve;
			});
		}
	}
}
