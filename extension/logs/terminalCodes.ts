/** An output channel shows text, not a terminal: colours are removed, also when a chunk cuts one in two. */
import { withoutTerminalCodes } from '../../shared/terminalCodes.ts';

const ESCAPE = '\u001b';
/** A code that may go on in the next chunk: no final letter yet. */
const OPEN_CODE = new RegExp(`${ESCAPE}(?:\\[[\\d;:?]{0,32})?$`);

export class TerminalCodes {
	#rest = '';

	strip(chunk: string): string {
		const text = this.#rest + chunk;
		const cut = text.search(OPEN_CODE);
		this.#rest = cut < 0 ? '' : text.slice(cut);
		return withoutTerminalCodes(cut < 0 ? text : text.slice(0, cut));
	}

	/** What was held back, at the end of the log. */
	flush(): string {
		const rest = this.#rest;
		this.#rest = '';
		return withoutTerminalCodes(rest);
	}
}
