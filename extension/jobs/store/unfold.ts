/** The parts of a job, from the time its row is unfolded. */
import { errorMessage } from '../../../shared/errors.ts';
import type { Link } from '../../connection/link.ts';
import type { JobStore } from './store.ts';

export interface UnfoldPorts {
	readonly store: Pick<JobStore, 'unfold' | 'fold' | 'isUnfolded'>;
	readonly link: Pick<Link, 'request'>;
	readonly log: (message: string) => void;
}

/**
 * @param limit Of more parts, only the number is said.
 * @returns resolves once the parts of a job are in the store; for whoever asks meanwhile, too.
 */
export function unfolding(
	{ store, link, log }: UnfoldPorts,
	limit: number,
): (id: string) => Promise<void> {
	const pending = new Map<string, Promise<void>>();
	async function list(id: string): Promise<void> {
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
	return async (id) => {
		const asked = pending.get(id);
		if (asked !== undefined) return asked;
		if (store.isUnfolded(id)) return;
		const listed = list(id).finally(() => pending.delete(id));
		pending.set(id, listed);
		await listed;
	};
}
