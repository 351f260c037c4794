/**
 * What of a log that is still being written goes into its channel. The editor keeps all that a channel ever got, in
 * a file and in memory, so a flood would go on for as long as the job: the beginning is shown as it comes, then the
 * newest lines now and then, each time after a longer while, and at the end what came last.
 */
export interface WindowLimits {
	/** Characters shown as they come. */
	readonly whole: number;
	/** Characters of one look at the newest lines. */
	readonly look: number;
	readonly looks: number;
	/** Characters held for the end. */
	readonly held: number;
}

/** As much at the beginning as the daemon keeps; about 7 million characters all in all. */
export const WINDOW_LIMITS: WindowLimits = {
	whole: 5 * 1024 * 1024,
	look: 16 * 1024,
	looks: 60,
	held: 1024 * 1024,
};

export interface LogView {
	/** Characters left out before the text. */
	readonly skipped: number;
	readonly text: string;
}

export class LiveWindow {
	readonly #limits: WindowLimits;
	#shown = 0;
	#looks = 0;
	#held: string[] = [];
	#heldLength = 0;
	#skipped = 0;

	constructor(limits: WindowLimits = WINDOW_LIMITS) {
		this.#limits = limits;
	}

	/** Whether something waits to be shown. */
	get holds(): boolean {
		return this.#heldLength > 0;
	}

	/** How many looks have been taken. */
	get looks(): number {
		return this.#looks;
	}

	/** Whether there will be no more looks until somebody asks, or the log ends. */
	get exhausted(): boolean {
		return this.#looks >= this.#limits.looks;
	}

	/** What is to be shown of it at once; the rest is held. */
	add(text: string): string {
		const room = Math.max(0, this.#limits.whole - this.#shown);
		if (!this.holds && text.length <= room) {
			this.#shown += text.length;
			return text;
		}
		this.#shown = this.#limits.whole;
		this.#hold(text);
		return '';
	}

	/** What cannot be had any more; false where the reader was shown all until here and has to be told. */
	skip(length: number): boolean {
		if (this.#shown < this.#limits.whole) return false;
		this.#skipped += this.#heldLength + length;
		this.#held = [];
		this.#heldLength = 0;
		return true;
	}

	/** The newest lines of what is held, once in a while. */
	look(): LogView {
		this.#looks++;
		return this.#take(this.#limits.look);
	}

	/** All that is held: at the end. */
	rest(): LogView {
		return this.#take(this.#limits.held);
	}

	#hold(text: string): void {
		this.#held.push(text);
		this.#heldLength += text.length;
		while (this.#heldLength - (this.#held[0]?.length ?? 0) >= this.#limits.held) {
			const dropped = this.#held.shift()?.length ?? 0;
			this.#heldLength -= dropped;
			this.#skipped += dropped;
		}
	}

	#take(length: number): LogView {
		const held = this.#held.join('');
		const text = newestLines(held, length);
		const skipped = this.#skipped + held.length - text.length;
		this.#held = [];
		this.#heldLength = 0;
		this.#skipped = 0;
		return { skipped, text };
	}
}

/** At most so many characters from the end, from the beginning of a line if there is one. */
function newestLines(text: string, length: number): string {
	if (text.length <= length) return text;
	const end = text.slice(-length);
	return end.slice(end.indexOf('\n') + 1);
}
