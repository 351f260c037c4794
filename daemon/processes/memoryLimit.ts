/** Looks again and again at what a run holds in memory, and says once that it is more than it may. */

export interface MemoryLimit {
	/** Most that was seen, bytes. */
	readonly peak: number;
	end(): void;
}

export interface MemorySeen {
	readonly bytes: number;
	/** A sentence, where it is more than it may hold. */
	readonly tooMuch: string | undefined;
}

export interface MemoryLimitOptions {
	/** Undefined where it cannot be told at the moment, or the run has ended. */
	readonly look: () => Promise<MemorySeen | undefined>;
	readonly everyMs: number;
	readonly over: (sentence: string) => void;
	/** Calls back after so long; returns what takes that back. */
	readonly after: (ms: number, callback: () => void) => () => void;
}

export function limitMemory({ look, everyMs, over, after }: MemoryLimitOptions): MemoryLimit {
	let peak = 0;
	let ended = false;
	let cancel = () => {};

	async function round(): Promise<void> {
		const seen = await look().catch(() => undefined);
		if (ended) return;
		peak = Math.max(peak, seen?.bytes ?? 0);
		if (seen?.tooMuch !== undefined) {
			ended = true;
			over(seen.tooMuch);
			return;
		}
		cancel = after(everyMs, () => void round());
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
