/**
 * Whether the editor still hears what is fired. Where it draws a root while an earlier draw is under way it may show
 * that one and know none of its rows, and every group that is fired from then on comes to nothing. Then the root has
 * to be fired, once more.
 */
import type { Disposable } from '../../lifetime.ts';

/** Longer than a loaded editor takes to ask for what was fired. */
export const HEARD_MS = 3_000;
/** The wait doubles with each that was in vain; a view that is open and asks for nothing is given up. */
const TRIES = 5;

export class Hearing<Row> implements Disposable {
	readonly #lost: () => void;
	readonly #unheard = new Set<Row | undefined>();
	#timer: NodeJS.Timeout | undefined;
	#tries = 0;
	#visible = false;

	/** @param lost Fires the root. */
	constructor(lost: () => void) {
		this.#lost = lost;
	}

	/** A view that nobody sees asks for nothing, rightly. */
	set visible(visible: boolean) {
		this.#visible = visible;
		this.#tries = 0;
		this.#schedule();
	}

	/** @param row That the editor must ask for now; undefined: the root. */
	fired(row: Row | undefined): void {
		this.#unheard.add(row);
		this.#schedule();
	}

	/** The editor asked for the row; undefined: for the root, and with it for all. */
	heard(row: Row | undefined): void {
		if (row === undefined) this.#unheard.clear();
		else this.#unheard.delete(row);
		if (this.#unheard.size === 0) this.#tries = 0;
	}

	dispose(): void {
		clearTimeout(this.#timer);
	}

	#schedule(): void {
		if (!this.#visible || this.#unheard.size === 0 || this.#tries >= TRIES) return;
		this.#timer ??= setTimeout(() => this.#look(), HEARD_MS * 2 ** this.#tries);
	}

	#look(): void {
		this.#timer = undefined;
		if (!this.#visible || this.#unheard.size === 0) return;
		this.#tries++;
		this.#lost();
	}
}
