/** The socket as vscode-jsonrpc sees it: messages in at the pace that memory and others allow, out with their turn. */
import type { Socket } from 'node:net';
import {
	AbstractMessageReader,
	AbstractMessageWriter,
	type DataCallback,
	type Disposable,
	type Message,
	type MessageStrategy,
	type MessageWriter,
} from 'vscode-jsonrpc/node';
import { LIMITS } from '../../shared/jobTerms.ts';
import { FrameParser } from './framing.ts';
import { parseMessage } from './parse.ts';

/** What a client may have open at once; beyond it the kernel holds back what it sends. */
const MAX_OPEN_REQUESTS = 1024;
const MAX_OPEN_BYTES = 8 * 1024 * 1024;
/** Answers that a client has not taken; beyond this its next requests wait. */
const MAX_UNTAKEN_BYTES = 4 * 1024 * 1024;
/** Answers and notifications together may pile up to this much before the client is dropped. */
const MAX_OUTPUT_BYTES = 2 * LIMITS.frameBytes;
/** Bytes of requests that wait their turn: reading stops above the one and goes on below the other. */
const PAUSE_BYTES = 256 * 1024;
const RESUME_BYTES = 64 * 1024;

/** A message of more bytes takes so long that whatever else has come is dealt with first. */
const LARGE_BYTES = 64 * 1024;
/** One of more than this is read on another thread: nobody else could be answered meanwhile. */
export const ELSEWHERE_BYTES = 1024 * 1024;
/** Turns of the event loop that takes: to read it, to hand it over, to check it, to see that its group is complete, to commit it. */
const STEP_BACK_TURNS = 5;

type Handled = ReturnType<MessageStrategy['handleMessage']>;

/** Reads the body of a large message; it stands only until this has returned. Rejects with a FrameError. */
export type ReadElsewhere = (body: Buffer) => Promise<Message>;

/**
 * Feeds messages to vscode-jsonrpc, whose own queue knows no bound, one at a time and only while the client
 * keeps within what it may have open. A broken frame ends the connection through `onError`.
 */
export class BoundedMessageReader extends AbstractMessageReader implements MessageStrategy {
	readonly #socket: Socket;
	readonly #frames = new FrameParser();
	#callback: DataCallback = () => {};
	/** The message that was handed over and not yet begun. */
	#handed: { readonly message: Message; readonly bytes: number } | undefined;
	#open = 0;
	#openBytes = 0;
	#broken = false;
	/** Turns that a large message still lets pass; undefined when none steps back. */
	#turnsLeft: number | undefined;
	readonly #readElsewhere: ReadElsewhere;
	/** A message is being read elsewhere; what came after it waits. */
	#reading = false;

	constructor(socket: Socket, readElsewhere: ReadElsewhere) {
		super();
		this.#socket = socket;
		this.#readElsewhere = readElsewhere;
	}

	set maxFrameBytes(bytes: number) {
		this.#frames.maxBodyBytes = bytes;
	}

	/** The client owes the rest of a frame. */
	get midFrame(): boolean {
		return this.#mayTake() && this.#frames.midFrame;
	}

	override listen(callback: DataCallback): Disposable {
		this.#callback = callback;
		const onData = (chunk: Buffer) => {
			if (this.#broken) return;
			this.#frames.append(chunk);
			this.#take();
		};
		const take = () => this.#take();
		this.#socket.on('data', onData);
		this.#socket.on('drain', take);
		this.#socket.on('error', (error) => this.fireError(error));
		this.#socket.on('close', () => this.fireClose());
		return {
			dispose: () => {
				this.#broken = true;
				this.#socket.off('data', onData);
				this.#socket.off('drain', take);
			},
		};
	}

	handleMessage(message: Message, next: (message: Message) => Handled) {
		const bytes = this.#handed?.bytes ?? 0;
		this.#handed = undefined;
		this.#open++;
		this.#openBytes += bytes;
		const done = () => {
			this.#open--;
			this.#openBytes -= bytes;
			this.#take();
		};
		const handled = next(message);
		Promise.resolve(handled).then(done, done);
		this.#take();
		return handled;
	}

	// Clients must not wait for many jobs of another one after the other.
	#stepsBack(): boolean {
		if (this.#turnsLeft === 0) {
			this.#turnsLeft = undefined;
			return false;
		}
		if (this.#turnsLeft === undefined) {
			this.#turnsLeft = STEP_BACK_TURNS;
			setImmediate(this.#countTurn);
		}
		return true;
	}

	readonly #countTurn = (): void => {
		this.#turnsLeft = (this.#turnsLeft ?? 1) - 1;
		if (this.#turnsLeft === 0) this.#take();
		else setImmediate(this.#countTurn);
	};

	// The library cancels what is running in passing, and never begins such a message.
	#passedOver(message: Message): void {
		if (this.#handed?.message !== message) return;
		this.#handed = undefined;
		this.#take();
	}

	#mayTake(): boolean {
		return (
			this.#handed === undefined &&
			!this.#reading &&
			this.#open < MAX_OPEN_REQUESTS &&
			this.#openBytes < MAX_OPEN_BYTES &&
			this.#socket.writableLength < MAX_UNTAKEN_BYTES
		);
	}

	#take(): void {
		if (this.#broken) return;
		try {
			while (this.#mayTake()) {
				const bytes = this.#frames.nextBytes();
				if (bytes === undefined) break;
				if (bytes > LARGE_BYTES && this.#stepsBack()) break;
				const body = this.#frames.next();
				if (body === undefined) break;
				if (body.length > ELSEWHERE_BYTES) void this.#handElsewhere(body);
				else this.#hand(parseMessage(body), body.length);
			}
		} catch (error) {
			this.#break(error);
			return;
		}
		const { heldBytes } = this.#frames;
		if (this.#mayTake() || heldBytes < RESUME_BYTES) this.#socket.resume();
		else if (heldBytes > PAUSE_BYTES) this.#socket.pause();
	}

	#hand(message: Message, bytes: number): void {
		this.#handed = { message, bytes };
		this.#callback(message);
		if (isCancellation(message)) setImmediate(() => this.#passedOver(message));
	}

	async #handElsewhere(body: Buffer): Promise<void> {
		const bytes = body.length;
		this.#reading = true;
		try {
			const message = await this.#readElsewhere(body);
			this.#reading = false;
			if (this.#broken) return;
			this.#hand(message, bytes);
			this.#take();
		} catch (error) {
			if (!this.#broken) this.#break(error);
		}
	}

	#break(error: unknown): void {
		this.#broken = true;
		this.fireError(error);
	}
}

function isCancellation(message: Message): boolean {
	return 'method' in message && message.method === '$/cancelRequest';
}

const WRITTEN = Promise.resolve();
/** More than this is handed over at once: it is no use to copy it once more. */
const FLUSH_CHARS = 64 * 1024;

/**
 * Hands the messages of a turn to the socket together and leaves the queueing to it: its `writableLength` then says
 * how far a client is behind. The library's own writer hides that in a queue of promises.
 */
export class SocketMessageWriter extends AbstractMessageWriter implements MessageWriter {
	readonly #socket: Socket;
	#gathered = '';

	constructor(socket: Socket) {
		super();
		this.#socket = socket;
	}

	/** Hands over what is gathered; to be called before the socket is ended. */
	readonly flush = (): void => {
		const text = this.#gathered;
		this.#gathered = '';
		if (text !== '' && !this.#socket.destroyed) this.#socket.write(text);
	};

	write(message: Message): Promise<void> {
		if (this.#socket.destroyed) return WRITTEN;
		// The answers of one group commit come together: they leave in one system call.
		if (this.#gathered === '') process.nextTick(this.flush);
		const body = JSON.stringify(message);
		this.#gathered += `Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;
		if (this.#gathered.length > FLUSH_CHARS) this.flush();
		if (this.#socket.writableLength > MAX_OUTPUT_BYTES) {
			this.fireError(new Error('It did not take its answers.'));
		}
		return WRITTEN;
	}

	end(): void {}
}
