/** A client's end of a connection: asks, hears what it was not asked for, and knows when the other side has gone. */
import type { Socket } from 'node:net';
import { parseExactly } from '../exactNumbers.ts';
import { FrameParser } from './framing.ts';
import {
	type AnswerMessage,
	isAnswer,
	isNotification,
	type Message,
	type RequestId,
} from './messages.ts';
import { Outbox } from './outbox.ts';
import { RpcError } from './rpcError.ts';

export interface RpcClientOptions {
	/** What a request fails with whose connection is gone, or goes before it is answered. */
	readonly lost: () => Error;
}

interface Asked {
	readonly resolve: (result: unknown) => void;
	readonly reject: (error: unknown) => void;
	readonly forget: (() => void) | undefined;
}

export class RpcClient {
	/** Resolves when the connection has ended, from whichever side. */
	readonly closed: Promise<void>;
	readonly #socket: Socket;
	readonly #lost: () => Error;
	readonly #outbox: Outbox;
	readonly #frames = new FrameParser();
	readonly #asked = new Map<RequestId, Asked>();
	readonly #listeners = new Map<string, (params: unknown) => void>();
	#lastId = 0;
	#ended = false;
	/** What was read waits for a turn of its own, and what comes behind it. */
	#waiting = false;
	#held: Message | undefined;
	#markClosed: () => void = () => {};

	constructor(socket: Socket, { lost }: RpcClientOptions) {
		this.#socket = socket;
		this.#lost = lost;
		this.#outbox = new Outbox(socket);
		// The daemon is who may be believed: it has proved itself.
		this.#frames.maxBodyBytes = Number.POSITIVE_INFINITY;
		this.closed = new Promise<void>((resolve) => {
			this.#markClosed = resolve;
		});
		socket.on('data', this.#onData);
		socket.on('error', () => socket.destroy());
		socket.once('close', () => this.#end());
	}

	/** Rejects with the other side's RpcError, or what `lost` gives. The signal asks the other side to give up. */
	request(method: string, params: unknown, signal?: AbortSignal): Promise<unknown> {
		return new Promise((resolve, reject) => {
			if (this.#ended || !this.#socket.writable) {
				reject(this.#lost());
				return;
			}
			if (signal?.aborted) {
				reject(signal.reason as Error);
				return;
			}
			const id = ++this.#lastId;
			const forget = signal === undefined ? undefined : this.#cancelledBy(signal, id);
			this.#asked.set(id, { resolve, reject, forget });
			this.#outbox.send(JSON.stringify({ jsonrpc: '2.0', id, method, params }));
		});
	}

	/** One listener to a method: the last. */
	onNotification(method: string, listener: (params: unknown) => void): void {
		this.#listeners.set(method, listener);
	}

	dispose(): void {
		this.#end();
		this.#socket.destroy();
	}

	#cancelledBy(signal: AbortSignal, id: RequestId): () => void {
		const cancel = () =>
			this.#outbox.send(
				JSON.stringify({ jsonrpc: '2.0', method: '$/cancelRequest', params: { id } }),
			);
		signal.addEventListener('abort', cancel, { once: true });
		return () => signal.removeEventListener('abort', cancel);
	}

	readonly #onData = (chunk: Buffer): void => {
		this.#frames.append(chunk);
		this.#take();
	};

	readonly #takeAgain = (): void => {
		this.#waiting = false;
		this.#take();
	};

	#take(): void {
		if (this.#waiting) return;
		let answered = false;
		for (;;) {
			const message = this.#held ?? this.#next();
			this.#held = undefined;
			if (message === undefined || this.#ended) return;
			if (isAnswer(message)) {
				answered = true;
				this.#answer(message);
			} else if (isNotification(message)) {
				// Whoever was answered may listen before it hears what came behind its answer.
				if (answered) {
					this.#held = message;
					this.#waiting = true;
					setImmediate(this.#takeAgain);
					return;
				}
				this.#listeners.get(message.method)?.(message.params);
			}
		}
	}

	#next(): Message | undefined {
		if (this.#ended) return undefined;
		try {
			const body = this.#frames.next();
			if (body === undefined) return undefined;
			const message = parseExactly(body.toString());
			return typeof message === 'object' && message !== null ? (message as Message) : {};
		} catch {
			// Nothing more can be understood.
			this.dispose();
			return undefined;
		}
	}

	#answer({ id, result, error }: AnswerMessage): void {
		const asked = id === null ? undefined : this.#asked.get(id);
		if (id === null || asked === undefined) return;
		this.#asked.delete(id);
		asked.forget?.();
		if (error === undefined) asked.resolve(result);
		else asked.reject(new RpcError(error.code, error.message, error.data));
	}

	#end(): void {
		if (this.#ended) return;
		this.#ended = true;
		for (const { reject, forget } of this.#asked.values()) {
			forget?.();
			reject(this.#lost());
		}
		this.#asked.clear();
		this.#markClosed();
	}
}
