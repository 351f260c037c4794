/** The parts of a job, from the time its row is unfolded. */
import { errorMessage } from '../../../shared/errors.ts';
import type { Link } from '../../connection/link.ts';
import type { JobStore } from './store.ts';

export interface UnfoldPorts {
	readonly store: Pick<JobStore, 'unfold' | 'fold'>;
	readonly link: Pick<Link, 'request'>;
	readonly log: (message: string) => void;
}

/** @param limit Of more parts, only the number is said. */
export async function unfold(
	{ store, link, log }: UnfoldPorts,
	id: string,
	limit: number,
): Promise<void> {
	try {
		// Registered first, so that changes on their way meanwhile are not lost.
		store.unfold(id, []);
		const answer = await link.request('job/list', {
			filter: { parentId: id },
			sort: 'createdAt',
			limit,
		});
		store.unfold(id, answer.jobs);
	} catch (error) {
		store.fold(id);
		log(`The parts of ${id} could not be listed: ${errorMessage(error)}`);
	}
}
