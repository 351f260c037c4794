/** `stats/history`, by a thread of its own that comes and goes with demand. */
import { SemanticaError } from '../../../shared/errors.ts';
import type { Params, Result } from '../../../shared/protocol/requests.ts';
import { MOST_BUCKETS } from '../../../shared/protocol/stats.ts';
import { createThread } from '../../threads/asking.ts';
import type { HistoryData, HistoryMethods } from './messages.ts';

export interface History {
	/** @throws SemanticaError VALIDATION for more buckets than are told; what the signal was aborted with. */
	tell(params: Params<'stats/history'>, signal: AbortSignal): Promise<Result<'stats/history'>>;
	/** After what was asked before. */
	close(): Promise<void>;
}

export interface HistoryOptions extends HistoryData {
	/** dist/history.js */
	readonly entry: string;
	readonly now: () => number;
}

/** Who leaves a dashboard open asks again in a while; until then its memory is better used. */
const IDLE_MS = 5000;
const HEAP_MB = 256;

export function createHistory({ entry, now, ...data }: HistoryOptions): History {
	const workerData: HistoryData = data;
	const thread = createThread<HistoryMethods>({
		entry,
		workerData,
		heapMb: HEAP_MB,
		idleMs: IDLE_MS,
		name: 'What tells the history',
	});
	return {
		async tell({ bucketMs, from }, signal) {
			const to = now();
			const start = startOf(bucketMs, from, to);
			return thread.ask('history', { bucketMs, start, to }, signal);
		},
		close: () => thread.close(),
	};
}

/** Where the first bucket begins. */
export function startOf(bucketMs: number, from: number, now: number): number {
	const start = Math.floor(from / bucketMs) * bucketMs;
	if ((now - start) / bucketMs < MOST_BUCKETS) return start;
	throw new SemanticaError(
		'VALIDATION',
		`from: is more than ${MOST_BUCKETS} buckets ago; ask for larger ones (bucketMs), or for less time.`,
		{ path: 'from' },
	);
}
