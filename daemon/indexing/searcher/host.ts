/** The searcher's own thread: hands what is asked to the threads that search, and never waits itself. */
import { answerRequestsOfParent } from '../../threads/answering.ts';
import { createThread } from '../../threads/asking.ts';
import type { SearcherData, SearcherMethods, ThreadMethods } from './messages.ts';
import { createTurns } from './turns.ts';

const THREADS = 2;
/** A search that needs more ends its thread. */
const HEAP_MB = 512;
/** One that is not needed beside the other leaves sooner than both. */
const IDLE_MS = 10_000;

export function beProcess(data: SearcherData): void {
	const [, entry = ''] = process.argv;
	const threads = Array.from({ length: THREADS }, () =>
		createThread<ThreadMethods>({
			entry,
			workerData: data,
			heapMb: HEAP_MB,
			idleMs: IDLE_MS,
			name: 'The search',
		}),
	);
	const turns = createTurns(threads);

	async function remove(params: SearcherMethods['index/delete']['params'], signal: AbortSignal) {
		await Promise.all(threads.map((thread) => thread.ask('letGo', params, signal)));
		return turns.next().ask('index/delete', params, signal);
	}

	answerRequestsOfParent({
		answer(method, params, signal) {
			if (method === 'index/delete') return remove(params as never, signal);
			if (method !== 'index/search') {
				const asked = method as 'index/status' | 'index/stale' | 'meaning/plan';
				return turns.next().ask(asked, params as never, signal);
			}
			const search = params as SearcherMethods['index/search']['params'];
			return turns.page(search.cursor, (thread) => thread.ask(method, search, signal));
		},
		close: async () => void (await Promise.all(threads.map((thread) => thread.close()))),
	});
}
