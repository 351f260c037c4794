/** Who follows which log over the window's one connection: a channel and a terminal may follow the same. */
import { errorMessage } from '../../shared/errors.ts';
import type { LogChunk } from '../../shared/protocol/logs.ts';
import type { Link } from '../connection/link.ts';
import { type Disposable, Lifetime, type Signal } from '../lifetime.ts';

export interface LogReader {
	/** The next byte that is wanted. */
	readonly offset: number;
	accept(chunk: LogChunk): void;
	/** Tried again on the next connection, unless it leaves. */
	failed(error: unknown): void;
}

export interface SubscriptionPorts {
	readonly link: Pick<Link, 'request' | 'onDidChange'>;
	readonly notifications: Signal<{ readonly method: string; readonly params: unknown }>;
	readonly log: (message: string) => void;
}

export class LogSubscriptions implements Disposable {
	readonly #ports: SubscriptionPorts;
	readonly #lifetime = new Lifetime();
	readonly #readers = new Map<string, Set<LogReader>>();

	constructor(ports: SubscriptionPorts) {
		this.#ports = ports;
		this.#lifetime.own(
			ports.notifications.on(({ method, params }) => {
				if (method !== 'log/data') return;
				const chunk = params as LogChunk;
				for (const reader of [...(this.#readers.get(chunk.id) ?? [])]) reader.accept(chunk);
			}),
		);
		this.#lifetime.own(
			ports.link.onDidChange((state) => {
				if (state.kind !== 'connected') return;
				for (const id of this.#readers.keys()) void this.#subscribe(id);
			}),
		);
	}

	/** Gives it what comes from its offset on; also again, when something was missing. */
	async follow(id: string, reader: LogReader): Promise<void> {
		const readers = this.#readers.get(id) ?? new Set();
		this.#readers.set(id, readers.add(reader));
		await this.#subscribe(id);
	}

	leave(id: string, reader: LogReader): void {
		const readers = this.#readers.get(id);
		if (readers?.delete(reader) !== true || readers.size > 0) return;
		this.#readers.delete(id);
		// The subscription ends with the connection in any case.
		this.#ports.link
			.request('log/unsubscribe', { id })
			.catch((error) => this.#ports.log(`log/unsubscribe ${id}: ${errorMessage(error)}`));
	}

	dispose(): void {
		this.#lifetime.dispose();
		this.#readers.clear();
	}

	/** From where the slowest of them stands: the others pass over what they have. */
	async #subscribe(id: string): Promise<void> {
		const readers = [...(this.#readers.get(id) ?? [])];
		const offset = Math.min(...readers.map((reader) => reader.offset));
		try {
			await this.#ports.link.request('log/subscribe', { id, offset });
		} catch (error) {
			this.#ports.log(`Following the log of ${id} failed: ${errorMessage(error)}`);
			for (const reader of readers) reader.failed(error);
		}
	}
}
