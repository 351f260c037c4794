/** Tells the daemon the limits that a person has set, and only those: it has good defaults of its own. */
import { errorMessage } from '../../shared/errors.ts';
import type { Link } from './link.ts';

/** Concurrency per queue; `*` is the limit over all queues. `null`: nobody set it. */
export type QueueLimits = Readonly<Record<string, number | null>>;

export async function applyLimits(
	link: Pick<Link, 'request'>,
	limits: QueueLimits,
	log: (message: string) => void,
): Promise<void> {
	for (const [name, limit] of Object.entries(limits)) {
		if (limit === null) continue;
		const concurrency = Math.min(1024, Math.max(1, Math.round(limit)));
		try {
			await link.request('queue/update', { name, concurrency });
		} catch (error) {
			log(`The limit of queue ${name} could not be set: ${errorMessage(error)}`);
		}
	}
}
