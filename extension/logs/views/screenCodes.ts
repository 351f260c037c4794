/**
 * What of a log a terminal may be told: text, colours, CR, BS, TAB and erasing within the line. Every other control
 * sequence is dropped, since a log is written by whatever ran: no title, no clipboard, no moved cursor, no answer to
 * a question. It comes out the same wherever chunks are cut.
 */
type State = 'text' | 'escape' | 'intermediate' | 'code' | 'string';

const ESCAPE = '\u001b';
/** A longer code is none of a program's. */
const LONGEST_CODE = 64;
/** A string (of a title, say) that does not end is not taken for longer than that. */
const LONGEST_STRING = 4_096;
const IS_COLOUR = /^[\d;:]*m$/;
const IS_ERASE_IN_LINE = /^[0-2]?K$/;

export class ScreenCodes {
	#state: State = 'text';
	/** What of the code stands so far. */
	#code = '';
	#length = 0;
	#afterReturn = false;

	strip(chunk: string): string {
		let out = '';
		for (let at = 0; at < chunk.length; at++) out += this.#next(chunk.charAt(at));
		return out;
	}

	/** A code that is not finished is never shown. */
	flush(): string {
		this.#state = 'text';
		return '';
	}

	#next(character: string): string {
		// A new code begins, and a line ends, whatever stood before.
		if (character === ESCAPE) return this.#enter('escape');
		if (character === '\n' || character === '\r') {
			this.#state = 'text';
			return this.#text(character);
		}
		switch (this.#state) {
			case 'text':
				return this.#text(character);
			case 'escape':
				return this.#escape(character);
			case 'intermediate':
				if (!(character >= ' ' && character <= '/')) this.#state = 'text';
				return '';
			case 'code':
				return this.#inCode(character);
			case 'string':
				return this.#inString(character);
		}
	}

	#enter(state: State): string {
		this.#state = state;
		this.#code = '';
		this.#length = 0;
		return '';
	}

	#text(character: string): string {
		if (character === '\u009b') return this.#enter('code');
		if (character === '\u0090' || (character >= '\u0098' && character <= '\u009f')) {
			if (character !== '\u0099' && character !== '\u009a' && character !== '\u009c') {
				return this.#enter('string');
			}
		}
		const afterReturn = this.#afterReturn;
		this.#afterReturn = character === '\r';
		// A terminal only goes down at a line feed.
		if (character === '\n') return afterReturn ? '\n' : '\r\n';
		const isControl = character < ' ' || (character >= '\u007f' && character <= '\u009f');
		return isControl && !'\r\b\t'.includes(character) ? '' : character;
	}

	#escape(character: string): string {
		if (character === '[') return this.#enter('code');
		if (']PX^_'.includes(character)) return this.#enter('string');
		this.#state = character >= ' ' && character <= '/' ? 'intermediate' : 'text';
		return '';
	}

	#inCode(character: string): string {
		if (character >= '@' && character <= '~') {
			this.#state = 'text';
			const code = this.#code + character;
			const passes =
				this.#length < LONGEST_CODE && (IS_COLOUR.test(code) || IS_ERASE_IN_LINE.test(code));
			return passes ? `${ESCAPE}[${code}` : '';
		}
		this.#length++;
		if (this.#length < LONGEST_CODE) this.#code += character;
		// What is no part of a code ends it, and it goes nowhere.
		else if (this.#length > LONGEST_STRING) this.#state = 'text';
		return '';
	}

	#inString(character: string): string {
		this.#length++;
		if (character === '\u0007' || character === '\u009c' || this.#length > LONGEST_STRING) {
			this.#state = 'text';
		}
		return '';
	}
}
