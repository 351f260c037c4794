/** Looks every second at what a run holds in memory, and says once that it is more than it may. */
import type { MemoryUse } from './containment.ts';

const BETWEEN_LOOKS_MS = 1000;

export interface MemoryLimit {
	/** Most that was seen, bytes. */
	readonly peak: number;
	end(): void;
}

export interface MemoryLimitOptions {
	readonly bytes: number;
	/** Undefined where it cannot be told at the moment, or the run has ended. */
	readonly look: () => Promise<MemoryUse | undefined>;
	readonly over: (use: MemoryUse) => void;
	/** Calls back after so long; returns what takes that back. */
	readonly after: (ms: number, callback: () => void) => () => void;
}

export function limitMemory({ bytes, look, over, after }: MemoryLimitOptions): MemoryLimit {
	let peak = 0;
	let ended = false;
	let cancel = () => {};

	async function round(): Promise<void> {
		const use = await look().catch(() => undefined);
		if (ended) return;
		peak = Math.max(peak, use?.bytes ?? 0);
		if (use !== undefined && use.bytes > bytes) {
			ended = true;
			over(use);
			return;
		}
		cancel = after(BETWEEN_LOOKS_MS, () => void round());
	}

	void round();
	return {
		get peak() {
			return peak;
		},
		end() {
			ended = true;
			cancel();
		},
	};
}
