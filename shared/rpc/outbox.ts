/** Messages on their way out: those of one turn of the event loop leave in one system call. */
import type { Socket } from 'node:net';

/** More than this is handed over at once: it is no use to copy it once more. */
const FLUSH_CHARS = 64 * 1024;

/**
 * Hands the messages of a turn to the socket together and leaves the queueing to it: its `writableLength` then says
 * how far the other side is behind.
 */
export class Outbox {
	readonly #socket: Socket;
	#gathered = '';

	constructor(socket: Socket) {
		this.#socket = socket;
	}

	/** Hands over what is gathered; to be called before the socket is ended. */
	readonly flush = (): void => {
		const text = this.#gathered;
		this.#gathered = '';
		if (text !== '' && !this.#socket.destroyed) this.#socket.write(text);
	};

	/** @param body JSON text of a message. */
	send(body: string): void {
		if (this.#socket.destroyed) return;
		if (this.#gathered === '') process.nextTick(this.flush);
		this.#gathered += `Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;
		if (this.#gathered.length > FLUSH_CHARS) this.flush();
	}
}
