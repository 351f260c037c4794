/**
 * The search thread: reads indexes and files, so that the daemon's own thread never waits for a
 * disk.
 */
import { workerData } from 'node:worker_threads';
import type { Params, Result } from '../../../shared/protocol/requests.ts';
import { answerRequests } from '../../threads/answering.ts';
import { createIndexes } from './indexes.ts';
import type { SearcherData, SearcherMethods } from './messages.ts';
import { createPages } from './pages.ts';
import { search } from './search.ts';
import { createOpenSegments } from './segments.ts';
import { staleOf } from './stale.ts';
import { readStatus } from './status.ts';
import type { TextCandidate } from './text/candidates.ts';

const { paths, nativeFolder } = workerData as SearcherData;
const indexes = createIndexes({ paths, nativeFolder });

const segments = createOpenSegments(paths);
const pages = createPages<TextCandidate>();

type Answer<M extends keyof SearcherMethods> = (
	params: Params<M>,
	signal: AbortSignal,
) => Result<M> | Promise<Result<M>>;

const answers: { [M in keyof SearcherMethods]: Answer<M> } = {
	'index/search': (params, signal) => search({ paths, indexes, segments, pages }, params, signal),
	'index/status': (params) => readStatus(paths, indexes, params),
	'index/stale': (params) => staleOf(paths, indexes, params),
	// Canonical already: the folder may be one that does not answer.
	'index/delete'({ workspace }) {
		// Where open files cannot be deleted.
		segments.drop(workspace);
		return { deleted: indexes.delete(workspace) };
	},
};

answerRequests({
	answer: (method, params, signal) =>
		answers[method as keyof SearcherMethods](params as never, signal),
	close() {
		segments.close();
		indexes.close();
	},
});
