/** A double click, or a key held down, is one wish: a call that repeats another one right away joins it. */
const WINDOW_MS = 500;

export class DoubleClickGuard {
	readonly #recent = new Map<string, { readonly at: number; readonly run: Promise<void> }>();
	readonly #now: () => number;

	/** @param now of a clock that nobody sets: on one set back, each call would repeat the one before for as long. */
	constructor(now: () => number) {
		this.#now = now;
	}

	run(key: string, work: () => Promise<void>): Promise<void> {
		const now = this.#now();
		for (const [other, { at }] of this.#recent) {
			if (now - at >= WINDOW_MS) this.#recent.delete(other);
		}
		const recent = this.#recent.get(key);
		if (recent !== undefined) return recent.run;
		const run = work();
		this.#recent.set(key, { at: now, run });
		return run;
	}
}

/** What makes two calls the same wish. */
export const wishOf = (id: string, once: true | 'anyRow', args: readonly unknown[]): string =>
	once === 'anyRow' ? id : `${id} ${JSON.stringify(args)}`;
