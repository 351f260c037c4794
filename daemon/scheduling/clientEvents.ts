/**
 * Events as clients tell them: what several of them notice counts once, and what may be taken back by another event
 * waits for that. In memory: what waits is told early when the daemon leaves, and lost when it is killed.
 */
import type { Clock, Timer } from '../queue/ports/clock.ts';

export interface ClientEvent {
	readonly name: string;
	/** `''` everywhere. */
	readonly workspace: string;
	/** The same one as the last of this name and workspace has been told already. */
	readonly occurrence?: string | undefined;
	/** It is told after so long, and not at all when that other event comes meanwhile. */
	readonly unless?: { readonly event: string; readonly withinMs: number } | undefined;
}

export interface ClientEventsPorts {
	emit(name: string, workspace: string): Promise<number>;
	readonly clock: Clock;
	/** What was told later could not be told; nobody waits for it. */
	readonly failed: (error: unknown) => void;
}

export interface ClientEvents {
	/** Returns how many jobs it released at once. */
	emit(event: ClientEvent): Promise<number>;
	/** Tells at once what still waits. */
	settle(): Promise<void>;
}

/** Folders whose last occurrence is remembered. */
const REMEMBERED = 1_000;

interface Pending {
	readonly event: ClientEvent;
	readonly timer: Timer;
}

export function createClientEvents(ports: ClientEventsPorts): ClientEvents {
	const { clock } = ports;
	const last = new Map<string, string>();
	const pending = new Map<string, Pending>();

	async function once(key: string, event: ClientEvent, occurrence: string): Promise<number> {
		if (last.get(key) === occurrence) return 0;
		last.delete(key);
		last.set(key, occurrence);
		const [oldest] = last.keys();
		if (last.size > REMEMBERED && oldest !== undefined) last.delete(oldest);
		try {
			return await ports.emit(event.name, event.workspace);
		} catch (error) {
			// Whoever tells it again is heard.
			if (last.get(key) === occurrence) last.delete(key);
			throw error;
		}
	}

	function tellLater(key: string, event: ClientEvent, ms: number): void {
		pending.get(key)?.timer.cancel();
		const timer = clock.after(ms, () => {
			pending.delete(key);
			ports.emit(event.name, event.workspace).catch(ports.failed);
		});
		pending.set(key, { event, timer });
	}

	function takeBack({ name, workspace }: ClientEvent): void {
		for (const [key, { event, timer }] of pending) {
			const concerned = workspace === '' || workspace === event.workspace;
			if (event.unless?.event !== name || !concerned) continue;
			timer.cancel();
			pending.delete(key);
		}
	}

	return {
		async emit(event) {
			takeBack(event);
			const key = JSON.stringify([event.name, event.workspace]);
			if (event.unless !== undefined) {
				tellLater(key, event, event.unless.withinMs);
				return 0;
			}
			return event.occurrence === undefined
				? ports.emit(event.name, event.workspace)
				: once(key, event, event.occurrence);
		},
		async settle() {
			const waiting = [...pending.values()];
			pending.clear();
			for (const { event, timer } of waiting) {
				timer.cancel();
				await ports.emit(event.name, event.workspace).catch(ports.failed);
			}
		},
	};
}
