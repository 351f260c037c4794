/** Answers to `log/*`. */
import type { SearchLog } from '../queue/ports/logs.ts';
import type { Handlers, Session } from './asking.ts';
import type { Asking } from './jobHandlers.ts';
import { clientsOnly } from './jobTokens.ts';
import { followLog, type LogDependencies, readLog } from './logFollow.ts';

export function createLogHandlers(
	dependencies: LogDependencies & { readonly searchLog: SearchLog },
	{ expected, assertReadable }: Pick<Asking, 'expected' | 'assertReadable'>,
) {
	const { logs } = dependencies;
	/** What each session follows, so that it can stop. */
	const followed = new WeakMap<Session, Map<string, { end(): void }>>();

	return {
		// A job waits for its children by their logs: the end of one is the end of the job.
		async 'log/read'({ tailLines, ...part }, session) {
			assertReadable(session, part.id);
			const from = tailLines === undefined ? 0 : await logs.lastLines(part.id, tailLines);
			return readLog(dependencies, { ...part, offset: Math.max(part.offset, from) });
		},
		'log/search': clientsOnly((params, session, signal) => {
			assertReadable(session, params.id);
			return dependencies.searchLog(params, signal());
		}),
		'log/subscribe'(params, session) {
			const { id } = params;
			assertReadable(session, id);
			const mine = followed.get(session) ?? new Map<string, { end(): void }>();
			followed.set(session, mine);
			mine.get(id)?.end();
			mine.set(id, followLog(dependencies, params, session));
			expected.release(session, id);
			return {};
		},
		'log/unsubscribe'({ id }, session) {
			// A client may let go of what was removed meanwhile.
			if (session.job !== undefined) assertReadable(session, id);
			followed.get(session)?.get(id)?.end();
			followed.get(session)?.delete(id);
			return {};
		},
	} satisfies Handlers;
}
