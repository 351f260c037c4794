/** Searching logs, on a thread of its own that comes and goes with demand. */
import type { SearchLog } from '../../../queue/ports/logs.ts';
import { createThread } from '../../../threads/asking.ts';
import type { LogSearchData, LogSearchMethods } from './messages.ts';

const IDLE_MS = 30_000;
/** A log has 11 MiB, perhaps in one line, and text takes two bytes a character. */
const HEAP_MB = 256;

export interface LogSearch {
	readonly search: SearchLog;
	/** After what was asked before. */
	close(): Promise<void>;
}

/** @param entry dist/logSearch.js */
export function createLogSearch(entry: string, root: string): LogSearch {
	const data: LogSearchData = { root };
	const thread = createThread<LogSearchMethods>({
		entry,
		workerData: data,
		heapMb: HEAP_MB,
		idleMs: IDLE_MS,
		name: 'The search of the log',
	});
	return {
		search: (params, signal, pieces) =>
			thread.ask('search', pieces === undefined ? params : { ...params, pieces }, signal),
		close: () => thread.close(),
	};
}
