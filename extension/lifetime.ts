/** Lifetimes and events without the editor's API, so that what uses them can be tested without it. */

export interface Disposable {
	dispose(): void;
}

/** Owns disposables. What is added after the end is disposed at once. */
export class Lifetime implements Disposable {
	readonly #owned = new Set<Disposable>();
	#ended = false;

	own<T extends Disposable>(disposable: T): T {
		if (this.#ended) disposable.dispose();
		else this.#owned.add(disposable);
		return disposable;
	}

	dispose(): void {
		this.#ended = true;
		for (const disposable of this.#owned) disposable.dispose();
		this.#owned.clear();
	}
}

export type Listener<T> = (event: T) => void;

/** Calls its listeners in order of subscription; one that is removed meanwhile is not called. */
export class Signal<T> {
	readonly #listeners = new Set<Listener<T>>();

	readonly on = (listener: Listener<T>): Disposable => {
		this.#listeners.add(listener);
		return { dispose: () => this.#listeners.delete(listener) };
	};

	emit(event: T): void {
		for (const listener of this.#listeners) listener(event);
	}
}

/** Runs `flush` once, `delayMs` after the first of a burst of calls. Holds no timer while idle. */
export class Coalescer implements Disposable {
	#timer: NodeJS.Timeout | undefined;
	readonly #delayMs: number;
	readonly #flush: () => void;

	constructor(delayMs: number, flush: () => void) {
		this.#delayMs = delayMs;
		this.#flush = flush;
	}

	schedule(): void {
		this.#timer ??= setTimeout(() => {
			this.#timer = undefined;
			this.#flush();
		}, this.#delayMs);
	}

	dispose(): void {
		clearTimeout(this.#timer);
		this.#timer = undefined;
	}
}
