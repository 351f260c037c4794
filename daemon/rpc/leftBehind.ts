/** Cancelling a job that has ended ends what it was allowed to leave behind. */

import type { Targets } from '../../shared/protocol/jobs.ts';
import type { Result } from '../../shared/protocol/requests.ts';

/** What jobs were allowed to leave behind. */
export interface LeftRequests {
	of(id: string): Promise<readonly { readonly pid: number; readonly name: string }[]>;
	/** Kills it; resolves with the number of processes. */
	end(id: string): Promise<number>;
}

type Cancelled = Result<'job/cancel'>;

/** The same cancel, which counts such jobs and changes no state of theirs. */
export function cancelWith<T extends Cancelled>(
	cancel: (targets: Targets) => Promise<T>,
	left: LeftRequests,
): (targets: Targets) => Promise<T> {
	return (targets) =>
		// Called at once: what comes after it in its connection comes after it in the queue.
		cancel(targets).then(async (result) => {
			if (!('ids' in targets)) return result;
			const ended = new Set<string>();
			for (const id of targets.ids) if ((await left.end(id)) > 0) ended.add(id);
			const skipped = result.skipped.filter(({ id }) => !ended.has(id));
			const counted = result.skipped.length - skipped.length;
			return {
				...result,
				count: result.count + counted,
				skipped,
				skippedCount: result.skippedCount - counted,
			};
		});
}
