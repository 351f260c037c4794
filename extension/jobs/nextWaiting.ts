/**
 * The daemon's snapshot has the newest of the waiting jobs; a person wants to see those that start next.
 * Where there are more than the view shows, the head of the line is fetched, and again when it runs low.
 */
import { errorMessage } from '../../shared/errors.ts';
import type { Job } from '../../shared/job.ts';
import type { Result } from '../../shared/protocol/requests.ts';
import type { Link } from '../connection/link.ts';
import { Coalescer, type Disposable, Lifetime } from '../lifetime.ts';
import { isNews } from './groups.ts';
import { type JobStore, PAGE } from './store.ts';

const DELAY_MS = 200;

export function keepNextWaiting(
	store: JobStore,
	link: Pick<Link, 'request' | 'state'>,
	log: (message: string) => void,
): Disposable {
	const lifetime = new Lifetime();

	const fetch = async () => {
		if (link.state.kind !== 'connected') return;
		try {
			const filter = { state: ['queued' as const], parentId: null };
			const head: Job[] = [];
			let cursor: string | null | undefined;
			// Large jobs come in several pages: with fewer than asked for it would fetch again and again.
			while (cursor !== null && head.length < PAGE) {
				const page: Result<'job/list'> = await link.request('job/list', {
					filter,
					sort: 'createdAt',
					limit: PAGE - head.length,
					...(cursor === undefined ? {} : { cursor }),
				});
				head.push(...page.jobs);
				cursor = page.nextCursor;
			}
			store.merge('waiting', head.filter(isNews), cursor !== null);
		} catch (error) {
			log(`Listing the next jobs failed: ${errorMessage(error)}`);
		}
	};
	const later = lifetime.own(new Coalescer(DELAY_MS, () => void fetch()));
	lifetime.own(
		store.onDidChange((change) => {
			if (!store.truncated('waiting')) return;
			if (change.all || store.group('waiting').length < PAGE / 2) later.schedule();
		}),
	);
	return lifetime;
}
