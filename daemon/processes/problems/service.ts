/** Finding problems on a thread of its own, that comes and goes with demand: others are not kept waiting by a large build. */
import { createThread } from '../../threads/asking.ts';
import type { LogSearchData, LogSearchMethods } from '../log/search/messages.ts';
import type { ScanLines } from './watch.ts';

const IDLE_MS = 30_000;
const HEAP_MB = 128;

export interface ProblemSearch {
	readonly scan: ScanLines;
	close(): Promise<void>;
}

/** @param entry dist/logSearch.js */
export function createProblemSearch(entry: string, root: string): ProblemSearch {
	const data: LogSearchData = { root };
	const thread = createThread<LogSearchMethods>({
		entry,
		workerData: data,
		heapMb: HEAP_MB,
		idleMs: IDLE_MS,
		name: 'The search for errors in what a job prints',
	});
	return {
		scan: (request) => thread.ask('problems', request),
		close: () => thread.close(),
	};
}
