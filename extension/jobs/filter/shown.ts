/** The jobs that the view shows: what the daemon tells, sifted, and sifted anew when something else is wanted. */
import { type Disposable, Lifetime } from '../../lifetime.ts';
import { groupOf } from '../store/groups.ts';
import { JobStore } from '../store/store.ts';
import type { Follower } from '../store/subscription.ts';
import type { JobsFilter } from './filter.ts';

export interface ShownJobs extends Disposable {
	readonly store: JobStore;
	/** Both stores, told together. */
	readonly follower: Follower;
	/** This window asked for the job. */
	own(id: string): void;
}

export function sift(all: JobStore, filter: JobsFilter): ShownJobs {
	const lifetime = new Lifetime();
	const shown = new JobStore(
		(job) => filter.keeps(job),
		() => !filter.narrows && (filter.wish.everywhere || filter.others(all.top()).length === 0),
	);
	lifetime.own(
		filter.onDidChange(() => {
			const snapshot = all.snapshot();
			if (snapshot !== undefined) shown.replace(snapshot);
		}),
	);
	return {
		store: shown,
		follower: {
			get counts() {
				return all.counts;
			},
			// The view asks the whole which other folders there are.
			replace(snapshot) {
				all.replace(snapshot);
				shown.replace(snapshot);
			},
			apply(change) {
				const applied = all.apply(change);
				shown.apply(change);
				return applied;
			},
			clear() {
				all.clear();
				shown.clear();
			},
		},
		own(id) {
			filter.own(id);
			const job = all.get(id);
			if (job === undefined || shown.get(id) !== undefined || !filter.keeps(job)) return;
			shown.merge(groupOf(job), [job], shown.truncated(groupOf(job)));
		},
		dispose: () => lifetime.dispose(),
	};
}
