/** Messages out of a client's socket: in their order, at the pace that memory and others allow. */
import type { Socket } from 'node:net';
import { LIMITS } from '../../shared/jobTerms.ts';
import { FrameParser } from '../../shared/rpc/framing.ts';
import type { Message } from '../../shared/rpc/messages.ts';
import { checkInSteps } from './large/inSteps.ts';
import { parseMessage } from './parse.ts';

/** What a client may have open at once; beyond it the kernel holds back what it sends. */
const MAX_OPEN_REQUESTS = 1024;
const MAX_OPEN_BYTES = 8 * 1024 * 1024;
/** Answers that a client has not taken; beyond this its next requests wait. */
const MAX_UNTAKEN_BYTES = 4 * 1024 * 1024;
/** Answers and notifications together may pile up to this much before the client is dropped. */
export const MAX_OUTPUT_BYTES = 2 * LIMITS.frameBytes;
/** Bytes of requests that wait their turn: reading stops above the one and goes on below the other. */
const PAUSE_BYTES = 256 * 1024;
const RESUME_BYTES = 64 * 1024;

/** Messages of one turn are begun together, for so long: then others have theirs. */
const TURN_MS = 4;
/** A message of more bytes takes so long that whatever else has come is dealt with first. */
const LARGE_BYTES = 64 * 1024;
/** One of more than this is read on another thread: nobody else could be answered meanwhile. */
export const ELSEWHERE_BYTES = 1024 * 1024;
/** Turns of the event loop that takes: to read it, to hand it over, to check it, to see that its group is complete, to commit it. */
const STEP_BACK_TURNS = 5;

/** Reads the body of a large message; it stands only until this has returned. Rejects with a FrameError. */
export type ReadElsewhere = (body: Buffer) => Promise<Message>;

/**
 * Requests that are answered with little: those that come in a turn are begun together. What others ask for may be
 * large, and one in a turn lets what they have not taken hold back the next.
 */
const BRIEF = new Set<unknown>([
	...['job/enqueue', 'worker/started', 'worker/finish', 'worker/progress', 'worker/log'],
	...['worker/alive', '$/cancelRequest'],
]);

export interface Receiver {
	/** Begins what the message asks for; true while that goes on: `ended` is then called with its bytes. */
	receive(message: Message, bytes: number): boolean;
	/** The connection cannot be read any further. */
	broken(error: unknown): void;
}

/** Feeds messages to their receiver only while the client keeps within what it may have open. */
export class MessageReader {
	readonly #socket: Socket;
	readonly #frames = new FrameParser();
	readonly #receiver: Receiver;
	#open = 0;
	#openBytes = 0;
	#over = false;
	/** Messages are being taken further up the stack, or in a turn that is to come. */
	#taking = false;
	/** Turns that a large message still lets pass; undefined when none steps back. */
	#turnsLeft: number | undefined;
	readonly #readElsewhere: ReadElsewhere;
	/** A large message is being read; what came after it waits. */
	#reading = false;

	constructor(socket: Socket, readElsewhere: ReadElsewhere, receiver: Receiver) {
		this.#socket = socket;
		this.#readElsewhere = readElsewhere;
		this.#receiver = receiver;
		socket.on('data', this.#onData);
		socket.on('drain', this.#take);
	}

	set maxFrameBytes(bytes: number) {
		this.#frames.maxBodyBytes = bytes;
	}

	/** The client owes the rest of a frame. */
	get midFrame(): boolean {
		return !this.#taking && this.#mayTake() && this.#frames.midFrame;
	}

	/** Takes nothing more. */
	end(): void {
		this.#over = true;
		this.#socket.off('data', this.#onData);
		this.#socket.off('drain', this.#take);
	}

	/** What `receive` began is over. */
	ended(bytes: number): void {
		this.#open--;
		this.#openBytes -= bytes;
		this.#take();
	}

	readonly #onData = (chunk: Buffer): void => {
		this.#frames.append(chunk);
		this.#take();
	};

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

	#mayTake(): boolean {
		return (
			!this.#reading &&
			this.#open < MAX_OPEN_REQUESTS &&
			this.#openBytes < MAX_OPEN_BYTES &&
			this.#socket.writableLength < MAX_UNTAKEN_BYTES
		);
	}

	readonly #take = (): void => {
		if (this.#over || this.#taking) return;
		this.#taking = true;
		try {
			if (this.#takeForATurn()) {
				setImmediate(this.#takeAgain);
				return;
			}
		} catch (error) {
			this.#break(error);
		}
		this.#taking = false;
		if (this.#over) return;
		const { heldBytes } = this.#frames;
		if (this.#mayTake() || heldBytes < RESUME_BYTES) this.#socket.resume();
		else if (heldBytes > PAUSE_BYTES) this.#socket.pause();
	};

	readonly #takeAgain = (): void => {
		this.#taking = false;
		this.#take();
	};

	/** True when there may be more, for which it is too late in this turn. */
	#takeForATurn(): boolean {
		const until = performance.now() + TURN_MS;
		while (!this.#over && this.#mayTake()) {
			const bytes = this.#frames.nextBytes();
			if (bytes === undefined) return false;
			if (bytes > LARGE_BYTES && this.#stepsBack()) return false;
			const body = this.#frames.next();
			if (body === undefined) return false;
			if (body.length > ELSEWHERE_BYTES) {
				void this.#takeLater(this.#readElsewhere(body), body.length);
				continue;
			}
			const message = parseMessage(body);
			const later = body.length > LARGE_BYTES ? checkInSteps(message) : undefined;
			if (later === undefined) this.#begin(message, body.length);
			else void this.#takeLater(later, body.length);
			if (!BRIEF.has(message['method'])) return true;
			if (performance.now() > until) return true;
		}
		return false;
	}

	#begin(message: Message, bytes: number): void {
		// Before it begins: it may be over at once.
		this.#open++;
		this.#openBytes += bytes;
		if (this.#receiver.receive(message, bytes)) return;
		this.#open--;
		this.#openBytes -= bytes;
	}

	async #takeLater(reading: Promise<Message>, bytes: number): Promise<void> {
		this.#reading = true;
		try {
			const message = await reading;
			this.#reading = false;
			if (this.#over) return;
			this.#begin(message, bytes);
			this.#take();
		} catch (error) {
			if (!this.#over) this.#break(error);
		}
	}

	#break(error: unknown): void {
		this.end();
		this.#receiver.broken(error);
	}
}
