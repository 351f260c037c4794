/** Reads what was appended to a file since the last look, in whole lines. */
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';

export class Tail {
	readonly #file: string;
	#offset = 0;

	constructor(file: string) {
		this.#file = file;
	}

	/** A line without its end yet is left for the next time. */
	lines(): string[] {
		let fd: number;
		try {
			fd = openSync(this.#file, 'r');
		} catch {
			return []; // Nobody has written yet.
		}
		try {
			const buffer = Buffer.alloc(fstatSync(fd).size - this.#offset);
			readSync(fd, buffer, 0, buffer.length, this.#offset);
			const end = buffer.lastIndexOf(0x0a) + 1;
			this.#offset += end;
			return end === 0 ? [] : buffer.toString('utf8', 0, end - 1).split('\n');
		} finally {
			closeSync(fd);
		}
	}
}
