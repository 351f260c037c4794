import type { JobUpdate } from '../../shared/job.ts';
import type { JobStore } from '../jobs/store/store.ts';

const BOUND = 100;

/** Each by as much, within what there is. */
export function priorityBy(step: number, store: Pick<JobStore, 'get'>) {
	return async (ids: readonly string[]): Promise<ReadonlyMap<string, JobUpdate>> =>
		new Map(
			ids.map((id) => {
				const priority = (store.get(id)?.priority ?? 0) + step;
				return [id, { priority: Math.max(-BOUND, Math.min(BOUND, priority)) }];
			}),
		);
}
