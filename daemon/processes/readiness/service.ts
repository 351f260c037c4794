/** Matching lines for readiness, on a thread of its own: a search in a large log keeps no server waiting. */
import { createThread } from '../../threads/asking.ts';
import type { LogSearchData, LogSearchMethods } from '../log/search/messages.ts';
import type { MatchLines } from './watch.ts';

const IDLE_MS = 30_000;
const HEAP_MB = 128;

export interface Readiness {
	/** Rejects with VALIDATION, `path` `pattern`. */
	check(pattern: string): Promise<void>;
	readonly match: MatchLines;
	close(): Promise<void>;
}

/** @param entry dist/logSearch.js */
export function createReadiness(entry: string, root: string): Readiness {
	const data: LogSearchData = { root };
	const thread = createThread<LogSearchMethods>({
		entry,
		workerData: data,
		heapMb: HEAP_MB,
		idleMs: IDLE_MS,
		name: 'The search for the line that says that a job is ready',
	});
	return {
		check: (pattern) => thread.ask('check', { pattern }),
		match: (pattern, lines) => thread.ask('match', { pattern, lines }),
		close: () => thread.close(),
	};
}
