/** One of the searcher's threads: reads indexes and files. */
import { answerRequests } from '../../threads/answering.ts';
import { folderPath } from '../catalogue/location.ts';
import { ownFolder, scopeOf } from '../files/scope.ts';
import { createClock } from './clock.ts';
import { createIndexes } from './indexes.ts';
import { createMeant } from './meant.ts';
import type { SearcherData, ThreadMethods } from './messages.ts';
import { createPages } from './pages.ts';
import { notIndexed } from './ranking.ts';
import { search } from './search.ts';
import { createOpenSegments } from './segments.ts';
import { staleOf } from './stale.ts';
import { readStatus } from './status.ts';
import type { TextCandidate } from './text/candidates.ts';
import { createSkippedNames } from './words/skippedNames.ts';

/** So long files are read before the rest of a folder is reckoned. */
const PLAN_MS = 10_000;

type Answer<M extends keyof ThreadMethods> = (
	params: ThreadMethods[M]['params'],
	signal: AbortSignal,
) => ThreadMethods[M]['result'] | Promise<ThreadMethods[M]['result']>;

export function beThread({ paths, nativeFolder }: SearcherData): void {
	const indexes = createIndexes({ paths, nativeFolder });
	const segments = createOpenSegments(paths);
	const pages = createPages<TextCandidate>();
	const skippedNames = createSkippedNames();
	const meant = createMeant({ paths, nativeFolder });

	const answers: { [M in keyof ThreadMethods]: Answer<M> } = {
		'index/search': (params, signal) =>
			search({ paths, indexes, segments, pages, skippedNames, meant }, params, signal),
		'index/status': (params) => readStatus({ paths, nativeFolder }, indexes, params),
		'index/stale': (params) => staleOf(paths, indexes, params),
		// Canonical already: the folder may be one that does not answer.
		'index/delete': ({ workspace }) => ({ deleted: indexes.delete(workspace) }),
		'meaning/plan': async ({ workspace, model }, signal) => {
			const index = indexes.open(workspace);
			if (index === undefined) throw notIndexed(workspace);
			const { planOf } = await import('../meaning/plan.ts');
			const scope = scopeOf(folderPath(workspace), ownFolder(paths.home));
			const clock = createClock(PLAN_MS, signal);
			return planOf({ home: { paths, nativeFolder }, workspace, index, scope, model, clock });
		},
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
