/** The numbers of the indexes, as they were when an index last changed: to read them takes a thread of its own. */
import type { IndexStatus } from '../../shared/protocol/indexing.ts';

export interface IndexNumbers {
	readonly bytes: number;
	readonly files: number;
	readonly pending: number;
}

export interface IndexFigures {
	/** Index work has ended. */
	changed(): void;
	/** Undefined until they were read. */
	numbers(): IndexNumbers | undefined;
	/** The same without waiting, now and then: for whoever asks often. */
	refreshSoon(): void;
	/** Resolves when they are as new as can be had soon. */
	refresh(): Promise<void>;
}

const SOON_MS = 1000;
/** A thread that has just ended is not started again at once. */
const OFTEN_MS = 10_000;

export function createIndexFigures(options: {
	/** Whether there is any. */
	readonly any: () => boolean;
	readonly status: () => Promise<{ readonly indexes: readonly IndexStatus[] }>;
}): IndexFigures {
	let known: IndexNumbers | undefined;
	let stale = true;
	let reading: Promise<void> | undefined;
	let askedAt = Number.NEGATIVE_INFINITY;

	async function read(): Promise<void> {
		stale = false;
		try {
			const { indexes } = await options.status();
			const sum = (of: (index: IndexStatus) => number) =>
				indexes.reduce((total, index) => total + of(index), 0);
			known = {
				bytes: sum((index) => index.databaseBytes),
				files: sum((index) => index.files),
				pending: sum((index) => index.pending),
			};
		} catch {
			// What an index lacks `doctor` says; a scrape goes on without these.
			known = undefined;
			stale = true;
		} finally {
			reading = undefined;
		}
	}

	async function refresh(): Promise<void> {
		if (!stale) return;
		if (!options.any()) {
			known = { bytes: 0, files: 0, pending: 0 };
			return;
		}
		reading ??= read();
		let timer: NodeJS.Timeout | undefined;
		const late = new Promise<void>((resolve) => {
			timer = setTimeout(resolve, SOON_MS);
		});
		await Promise.race([reading, late]);
		clearTimeout(timer);
	}

	return {
		changed() {
			stale = true;
		},
		numbers: () => known,
		refresh,
		refreshSoon() {
			const now = performance.now();
			if (now < askedAt + OFTEN_MS) return;
			askedAt = now;
			void refresh();
		},
	};
}
