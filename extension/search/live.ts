/** Search as one types: waits for a pause, gives up older searches, and shows only the answer to what stands there now. */
import { Coalescer, type Disposable } from '../lifetime.ts';

const PAUSE_MS = 60;

export interface LiveSearchPorts<T> {
	/** `signal` is aborted as soon as nobody wants the answer any more. */
	search(query: string, signal: AbortSignal): Promise<T>;
	/** `query` is empty when the field is. */
	show(query: string, found: T | undefined): void;
	failed(error: unknown): void;
	busy(busy: boolean): void;
}

export class LiveSearch<T> implements Disposable {
	readonly #ports: LiveSearchPorts<T>;
	readonly #pause = new Coalescer(PAUSE_MS, () => void this.#run());
	#query = '';
	#running: AbortController | undefined;

	constructor(ports: LiveSearchPorts<T>) {
		this.#ports = ports;
	}

	type(text: string): void {
		const query = text.trim();
		// A space behind a word asks for nothing else.
		if (query === this.#query && query !== '') return;
		this.#query = query;
		this.#end();
		if (query === '') {
			this.#ports.busy(false);
			this.#ports.show('', undefined);
		} else this.#pause.schedule();
	}

	dispose(): void {
		this.#end();
	}

	#end(): void {
		this.#pause.dispose();
		this.#running?.abort();
		this.#running = undefined;
	}

	async #run(): Promise<void> {
		const query = this.#query;
		const running = new AbortController();
		this.#running = running;
		const { signal } = running;
		this.#ports.busy(true);
		try {
			const found = await this.#ports.search(query, signal);
			if (!signal.aborted) this.#ports.show(query, found);
		} catch (error) {
			if (!signal.aborted) this.#ports.failed(error);
		} finally {
			if (!signal.aborted) this.#ports.busy(false);
		}
	}
}
