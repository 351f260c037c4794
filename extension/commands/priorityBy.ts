import type { JobUpdate } from '../../shared/job.ts';
import type { Link } from '../connection/link.ts';
import type { JobStore } from '../jobs/store/store.ts';

const BOUND = 100;

export interface PriorityPorts {
	/** Does not hold what only a page of the view has. */
	readonly store: Pick<JobStore, 'get'>;
	readonly link: Pick<Link, 'request'>;
}

/** Each by as much, within what there is. */
export function priorityBy(step: number, { store, link }: PriorityPorts) {
	const changed = async (id: string): Promise<[string, JobUpdate]> => {
		const { priority } = store.get(id) ?? (await link.request('job/get', { id })).job;
		return [id, { priority: Math.max(-BOUND, Math.min(BOUND, priority + step)) }];
	};
	return async (ids: readonly string[]): Promise<ReadonlyMap<string, JobUpdate>> =>
		new Map(await Promise.all(ids.map(changed)));
}
