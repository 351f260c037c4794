/** The thread that tells history: a hundred thousand jobs are read and put together here, and their memory goes with it. */
import { workerData } from 'node:worker_threads';
import type { RingRow } from '../../../shared/protocol/stats.ts';
import { createRing } from '../../queue/store/ring.ts';
import { createEndedJobs } from '../../queue/views/ended.ts';
import { openSqlite } from '../../sqlite/open.ts';
import { answerRequests } from '../../threads/answering.ts';
import { historyOf } from './history.ts';
import type { HistoryData, HistoryMethods } from './messages.ts';

/** Only a checkpoint or a program from outside could be waited for. */
const BUSY_TIMEOUT_MS = 5000;

const { file, nativeFolder } = workerData as HistoryData;
const db = openSqlite(file, { nativeFolder, readonly: true, busyTimeoutMs: BUSY_TIMEOUT_MS });
const ended = createEndedJobs(db);
const ring = createRing(db);

answerRequests({
	answer(_method, params): HistoryMethods['history']['result'] {
		const span = params as HistoryMethods['history']['params'];
		return {
			...historyOf(ended, span),
			ring: ring.lastDay(span.to).map((told) => JSON.parse(told) as RingRow),
		};
	},
	close: () => db.close(),
});
