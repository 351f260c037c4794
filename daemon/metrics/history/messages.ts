/** What the thread that tells history is started with and asked for. */
import type { StatsHistory } from '../../../shared/protocol/stats.ts';
import type { Span } from './history.ts';

export interface HistoryData {
	/** jobs.db */
	readonly file: string;
	readonly nativeFolder: string | undefined;
}

export type HistoryMethods = {
	readonly history: { params: Span; result: StatsHistory };
};
