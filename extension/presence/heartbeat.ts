/**
 * Tells that somebody uses the editor, never what they do: at the first sign of use, then at most every
 * 30 seconds. Between signs nothing happens, not even a timer.
 */
export const HEARTBEAT_MS = 30_000;

export class Heartbeat {
	readonly #tell: () => Promise<unknown>;
	readonly #now: () => number;
	#told = Number.NEGATIVE_INFINITY;

	/** @param now Monotonic ms. */
	constructor(tell: () => Promise<unknown>, now: () => number) {
		this.#tell = tell;
		this.#now = now;
	}

	readonly noted = (): void => {
		if (this.#now() - this.#told < HEARTBEAT_MS) return;
		this.#told = this.#now();
		void this.#tell();
	};
}
