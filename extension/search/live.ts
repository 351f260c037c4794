/** Search as one types: waits for a pause, and shows only the answer to what stands there now. */
import { Coalescer, type Disposable } from '../lifetime.ts';

const PAUSE_MS = 120;

export interface LiveSearchPorts<T> {
	search(query: string): Promise<T>;
	/** `query` is empty when the field is. */
	show(query: string, found: T | undefined): void;
	failed(error: unknown): void;
	busy(busy: boolean): void;
}

export class LiveSearch<T> implements Disposable {
	readonly #ports: LiveSearchPorts<T>;
	readonly #pause = new Coalescer(PAUSE_MS, () => void this.#run());
	#query = '';
	#ended = false;

	constructor(ports: LiveSearchPorts<T>) {
		this.#ports = ports;
	}

	type(text: string): void {
		this.#query = text.trim();
		this.#pause.dispose();
		if (this.#query === '') {
			this.#ports.busy(false);
			this.#ports.show('', undefined);
		} else this.#pause.schedule();
	}

	dispose(): void {
		this.#ended = true;
		this.#pause.dispose();
	}

	async #run(): Promise<void> {
		const query = this.#query;
		const current = () => !this.#ended && query === this.#query;
		this.#ports.busy(true);
		try {
			const found = await this.#ports.search(query);
			if (current()) this.#ports.show(query, found);
		} catch (error) {
			if (current()) this.#ports.failed(error);
		} finally {
			if (current()) this.#ports.busy(false);
		}
	}
}
