/** What is looked at of a line, bytes: nobody announces more, and what a pattern costs grows with it. */
const MOST_BYTES = 2048;
const NEWLINE = 0x0a;

/** Cuts a stream of bytes into the beginnings of its lines, with bounded memory, whatever a line is long. */
export class LineHeads {
	#begun: Buffer[] = [];
	#length = 0;
	readonly #decode: (line: Buffer) => string;

	constructor(decode = (line: Buffer) => line.toString('utf8')) {
		this.#decode = decode;
	}

	/** The lines that this chunk ends. */
	push(chunk: Buffer): string[] {
		const lines: string[] = [];
		let at = 0;
		for (let end = chunk.indexOf(NEWLINE); end >= 0; end = chunk.indexOf(NEWLINE, at)) {
			this.#keep(chunk.subarray(at, end));
			lines.push(this.#take());
			at = end + 1;
		}
		this.#keep(chunk.subarray(at));
		return lines;
	}

	/** The line that the end of the stream ends, if there is one. */
	end(): string[] {
		return this.#length === 0 ? [] : [this.#take()];
	}

	#keep(part: Buffer): void {
		const room = MOST_BYTES - this.#length;
		if (room === 0 || part.length === 0) return;
		// The stream reuses its memory.
		this.#begun.push(Buffer.from(part.subarray(0, room)));
		this.#length += Math.min(room, part.length);
	}

	#take(): string {
		const text = this.#decode(Buffer.concat(this.#begun));
		this.#begun = [];
		this.#length = 0;
		return text.endsWith('\r') ? text.slice(0, -1) : text;
	}
}
