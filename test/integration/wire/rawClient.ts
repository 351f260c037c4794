/** A client that says whatever bytes it is told to, and hears frames. */
import { readdirSync } from 'node:fs';
import type { Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { openSocket, readToken } from '../../../shared/client/endpoint.ts';
import { errorCode } from '../../../shared/errors.ts';
import { FrameParser } from '../../../shared/rpc/framing.ts';
import type { TestDaemon } from '../../support/daemon.ts';

export interface Answer {
	readonly id?: unknown;
	readonly result?: unknown;
	readonly error?: { readonly code: number; readonly message: string; readonly data?: unknown };
}

export class RawClient {
	readonly socket: Socket;
	/** Resolves when the connection has ended, from whichever side. */
	readonly closed: Promise<void>;
	readonly #frames = new FrameParser();
	readonly #answers: Answer[] = [];
	#arrived: () => void = () => {};

	constructor(socket: Socket) {
		this.socket = socket;
		this.closed = new Promise((resolve) => socket.once('close', () => resolve()));
		socket.on('data', (chunk: Buffer) => {
			this.#frames.append(chunk);
			for (let body = this.#frames.next(); body !== undefined; body = this.#frames.next()) {
				this.#answers.push(JSON.parse(body.toString()) as Answer);
			}
			this.#arrived();
		});
		void this.closed.then(() => this.#arrived());
	}

	/** Writes, and waits while the daemon takes nothing more. */
	async send(bytes: string | Buffer): Promise<void> {
		const { socket } = this;
		if (socket.destroyed || socket.write(bytes)) return;
		await Promise.race([
			new Promise<void>((resolve) => socket.once('drain', resolve)),
			this.closed,
		]);
	}

	/** The next frame that comes, or undefined when the connection ended first. */
	async answer(): Promise<Answer | undefined> {
		while (this.#answers.length === 0) {
			if (this.socket.destroyed) return undefined;
			await new Promise<void>((resolve) => {
				this.#arrived = resolve;
			});
		}
		return this.#answers.shift();
	}
}

export async function connectRaw(daemon: TestDaemon): Promise<RawClient> {
	for (;;) {
		try {
			return new RawClient(await openSocket(daemon.state.endpoint));
		} catch (error) {
			// The kernel's queue of a listening socket is full: the daemon has not got to accepting yet.
			if (errorCode(error) !== 'EAGAIN') throw error;
			await delay(10);
		}
	}
}

/** A raw client that is known to the daemon. */
export async function connectKnown(daemon: TestDaemon): Promise<RawClient> {
	const client = await connectRaw(daemon);
	await client.send(frame(await initializeMessage(daemon)));
	await client.answer();
	return client;
}

export async function initializeMessage(daemon: TestDaemon) {
	const initializationOptions = { token: await readToken(daemon.paths), client: 'raw' };
	return request(0, 'initialize', { capabilities: {}, initializationOptions });
}

export function request(id: unknown, method: string, params?: unknown) {
	return { jsonrpc: '2.0', id, method, ...(params === undefined ? {} : { params }) };
}

export function frame(message: unknown): Buffer {
	return frameOf(Buffer.from(typeof message === 'string' ? message : JSON.stringify(message)));
}

function frameOf(body: Buffer): Buffer {
	return Buffer.concat([Buffer.from(`Content-Length: ${body.length}\r\n\r\n`), body]);
}

/** File descriptors that a process holds. */
export function openFiles(pid: number): number {
	return readdirSync(`/proc/${pid}/fd`).length;
}
