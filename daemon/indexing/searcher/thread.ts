/** One of the searcher's threads: reads indexes and files. */
import { answerRequests } from '../../threads/answering.ts';
import { createIndexes } from './indexes.ts';
import type { SearcherData, ThreadMethods } from './messages.ts';
import { createPages } from './pages.ts';
import { search } from './search.ts';
import { createOpenSegments } from './segments.ts';
import { staleOf } from './stale.ts';
import { readStatus } from './status.ts';
import type { TextCandidate } from './text/candidates.ts';
import { createSkippedNames } from './words/skippedNames.ts';

type Answer<M extends keyof ThreadMethods> = (
	params: ThreadMethods[M]['params'],
	signal: AbortSignal,
) => ThreadMethods[M]['result'] | Promise<ThreadMethods[M]['result']>;

export function beThread({ paths, nativeFolder }: SearcherData): void {
	const indexes = createIndexes({ paths, nativeFolder });
	const segments = createOpenSegments(paths);
	const pages = createPages<TextCandidate>();
	const skippedNames = createSkippedNames();

	const answers: { [M in keyof ThreadMethods]: Answer<M> } = {
		'index/search': (params, signal) =>
			search({ paths, indexes, segments, pages, skippedNames }, params, signal),
		'index/status': (params) => readStatus(paths, indexes, params),
		'index/stale': (params) => staleOf(paths, indexes, params),
		// Canonical already: the folder may be one that does not answer.
		'index/delete': ({ workspace }) => ({ deleted: indexes.delete(workspace) }),
		letGo({ workspace }) {
			segments.drop(workspace);
			indexes.drop(workspace);
			return null;
		},
	};

	answerRequests({
		answer: (method, params, signal) =>
			answers[method as keyof ThreadMethods](params as never, signal),
		close() {
			segments.close();
			indexes.close();
		},
	});
}
