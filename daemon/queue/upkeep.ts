/** What housekeeping may do to jobs.db, in steps small enough that nobody waits for them. */

import { errorCode } from '../../shared/errors.ts';
import { isFinished, JOB_STATES } from '../../shared/jobTerms.ts';
import type { QueueParts } from './parts.ts';
import type { RetentionPolicy } from './rules/remove.ts';

/** Free pages given back per step. */
const PAGES_PER_STEP = 256;

export interface Upkeep {
	/** Finished jobs that are kept. */
	finished(): number;
	/** Removes what the policy no longer keeps; resolves with how many jobs. */
	sweep(policy: RetentionPolicy): Promise<number>;
	/** More pages are free than a step gives back. */
	shrinkable(): boolean;
	/** Gives free pages back to the file system and cuts the write-ahead log; resolves with how many pages. */
	shrink(): Promise<number>;
	/** Holds all writes back while `work` has the database for itself; the signal asks for it back. */
	whileSuspended<T>(work: (giveBack: AbortSignal) => Promise<T>): Promise<T>;
	/** Somebody cannot wait for that. */
	hurry(): void;
}

export function createUpkeep({ db, writer, removal, counters }: QueueParts): Upkeep {
	function finished(): number {
		const counts = counters.all();
		return JOB_STATES.filter(isFinished).reduce((sum, state) => sum + counts[state], 0);
	}

	const freePages = () => Number(db.pragma('freelist_count', { simple: true }));
	const nextTurn = () => new Promise<void>((resolve) => setImmediate(resolve));

	/** Outside a group: it is a transaction of its own. */
	function stepped(): boolean {
		try {
			db.pragma(`incremental_vacuum(${PAGES_PER_STEP})`);
			return true;
		} catch (error) {
			if (errorCode(error) === 'SQLITE_BUSY') return false;
			throw error;
		}
	}

	/** Not while a request of many jobs is half made: its transaction is open on this very connection. */
	async function between<T>(work: () => T): Promise<T> {
		for (let going = writer.settled(); going !== undefined; going = writer.settled()) await going;
		return work();
	}

	return {
		finished,
		async sweep(policy) {
			let total = 0;
			removal.begin();
			try {
				for (;;) {
					const { removed, more } = await writer.submit((tx) =>
						removal.sweep(tx, policy, finished()),
					);
					total += removed;
					if (!more) return total;
					await nextTurn();
				}
			} catch (error) {
				removal.forget();
				throw error;
			}
		},
		shrinkable: () => freePages() > PAGES_PER_STEP,
		async shrink() {
			const before = await between(freePages);
			const step = () => {
				const left = freePages();
				// A foreign writer may have the database just now: they can wait for the next time.
				return left > 0 && stepped() && freePages() < left;
			};
			while (await between(step)) await nextTurn();
			return between(() => {
				db.pragma('wal_checkpoint(TRUNCATE)');
				return before - freePages();
			});
		},
		whileSuspended: (work) => writer.whileSuspended(work),
		hurry: () => writer.hurry(),
	};
}
