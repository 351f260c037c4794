/** The line that a job has not ended yet: dots, a percentage that is written over, a question. */
import { StringDecoder } from 'node:string_decoder';
import type { LogSource } from '../../../shared/protocol/logs.ts';
import { oneLine } from '../render/text.ts';

/** More than any line that people look at; beyond it a line is printed in pieces. Characters. */
const LONGEST = 64 * 1024;
/** Of a line that goes over several rows, the last ones are shown. */
const ROWS = 4;

export class UnfinishedLine {
	readonly #decoders = new Map<LogSource, StringDecoder>();
	#text = '';

	/** Takes what was written and returns the complete lines in it. */
	push(bytes: Buffer, source: LogSource): string {
		const decoder = this.#decoders.get(source) ?? new StringDecoder('utf8');
		this.#decoders.set(source, decoder);
		const all = this.#text + decoder.write(bytes);
		const end = all.lastIndexOf('\n') + 1;
		this.#text = all.slice(end);
		return all.slice(0, end) + this.#tooLong();
	}

	/** What there is of it, as a terminal would show it now. */
	shown(width: number): string {
		const ends = this.#text.endsWith('\r') ? this.#text.length - 1 : this.#text.length;
		const text = oneLine(this.#text.slice(this.#text.lastIndexOf('\r', ends - 1) + 1, ends));
		const rows = Math.ceil(text.length / width);
		return text.slice(Math.max(0, rows - ROWS) * width);
	}

	/** The rest, ended. */
	end(): string {
		const rest = this.#text;
		this.#text = '';
		return rest === '' ? '' : `${rest}\n`;
	}

	#tooLong(): string {
		if (this.#text.length <= LONGEST) return '';
		const overwritten = this.#text.lastIndexOf('\r', this.#text.length - 2);
		if (overwritten <= 0) return this.end();
		this.#text = this.#text.slice(overwritten);
		return '';
	}
}
