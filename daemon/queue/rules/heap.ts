/** A binary heap whose items know their place, so that one that changed finds its new one in log n steps. */

export interface Placed {
	/** Its place in the heap; -1 outside. Only the heap writes it. */
	at: number;
}

export class Heap<T extends Placed> {
	readonly #before: (a: T, b: T) => boolean;
	readonly #items: T[] = [];

	constructor(before: (a: T, b: T) => boolean) {
		this.#before = before;
	}

	get size(): number {
		return this.#items.length;
	}

	get top(): T | undefined {
		return this.#items[0];
	}

	/** Puts it in, or where it belongs after it changed. */
	place(item: T): void {
		if (item.at < 0) {
			item.at = this.#items.length;
			this.#items.push(item);
		}
		this.#up(item);
		this.#down(item);
	}

	remove(item: T): void {
		if (item.at < 0) return;
		const last = this.#items.pop();
		if (last !== undefined && last !== item) {
			last.at = item.at;
			this.#items[last.at] = last;
			this.#up(last);
			this.#down(last);
		}
		item.at = -1;
	}

	#up(item: T): void {
		for (;;) {
			const above = item.at === 0 ? undefined : this.#items[(item.at - 1) >> 1];
			if (above === undefined || !this.#before(item, above)) return;
			this.#swap(item, above);
		}
	}

	#down(item: T): void {
		for (;;) {
			const left = this.#items[2 * item.at + 1];
			const right = this.#items[2 * item.at + 2];
			let below = left;
			if (right !== undefined && left !== undefined && this.#before(right, left)) below = right;
			if (below === undefined || !this.#before(below, item)) return;
			this.#swap(item, below);
		}
	}

	#swap(a: T, b: T): void {
		const at = a.at;
		a.at = b.at;
		b.at = at;
		this.#items[a.at] = a;
		this.#items[b.at] = b;
	}
}
