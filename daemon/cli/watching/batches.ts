/** Gathers what is told of changes, and has it looked at when it has become quiet; one look at a time. */

/** What changed since the last look. */
export interface Batch {
	/** Relative to the root; empty where all must be walked. */
	readonly paths: readonly string[];
	readonly walk: boolean;
}

export interface BatchOptions {
	/** @throws where it is to be tried again. */
	readonly look: (batch: Batch) => Promise<void>;
	/** Of a look that failed; false ends everything. */
	readonly failed: (error: unknown) => boolean;
	readonly quietMs?: number;
	readonly longestMs?: number;
}

export interface Batches {
	changed(path: string): void;
	/** Looks at everything. */
	walk(): void;
	/** So many events between two looks may have been one too many for the operating system's own list. */
	limit(events: number): void;
	/** What was told so far is looked at from now on. */
	begin(): void;
	/** No look begins any more. */
	close(): void;
}

/** More is no list any more. */
const MOST_PATHS = 1000;
const LONGEST_RETRY_MS = 60_000;
const NOT_OURS = /(?:^|\/)(?:\.git|node_modules)(?:\/|$)/;

export function createBatches({
	look,
	failed,
	quietMs = 500,
	longestMs = 3000,
}: BatchOptions): Batches {
	let paths = new Set<string>();
	let walk = false;
	let events = 0;
	let mostEvents = Number.POSITIVE_INFINITY;
	let since: number | undefined;
	let timer: NodeJS.Timeout | undefined;
	let state: 'waiting' | 'ready' | 'looking' | 'closed' = 'waiting';
	let retryMs = 0;

	const schedule = (): void => {
		if (state !== 'ready' || (paths.size === 0 && !walk)) return;
		// Else a folder that is never quiet would put it off for ever.
		if (retryMs > 0 && timer !== undefined) return;
		since ??= performance.now();
		clearTimeout(timer);
		const left = Math.max(0, since + longestMs - performance.now());
		timer = setTimeout(run, retryMs > 0 ? retryMs : Math.min(quietMs, left));
	};
	const run = async (): Promise<void> => {
		timer = undefined;
		const batch: Batch = { paths: walk ? [] : [...paths], walk };
		paths = new Set();
		walk = false;
		events = 0;
		since = undefined;
		state = 'looking';
		try {
			await look(batch);
			retryMs = 0;
		} catch (error) {
			if (!failed(error)) state = 'closed';
			for (const path of batch.paths) paths.add(path);
			walk ||= batch.walk;
			retryMs = Math.min(LONGEST_RETRY_MS, Math.max(1000, retryMs * 2));
		}
		if (state === 'looking') state = 'ready';
		schedule();
	};
	return {
		changed(path) {
			events++;
			if (events >= mostEvents || paths.size >= MOST_PATHS) walk = true;
			else if (!NOT_OURS.test(path)) paths.add(path);
			schedule();
		},
		walk() {
			walk = true;
			schedule();
		},
		limit(most) {
			mostEvents = most;
		},
		begin() {
			if (state === 'waiting') state = 'ready';
			schedule();
		},
		close() {
			state = 'closed';
			clearTimeout(timer);
		},
	};
}
