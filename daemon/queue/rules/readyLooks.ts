/** Looks at what is ready in a queue, for whoever waits there and whoever watches. */
import type { Sqlite } from '../../sqlite/open.ts';
import type { JobRow } from '../store/rows.ts';
import type { ReadyRange } from '../store/tx.ts';
import type { Heads } from './heads.ts';

/** A queue has few workspaces and priorities that are ready at a time. */
const MAX_LOOKS = 50;

/** Every job of a list may be asked about: who is further behind is told this much. */
export const COUNTED_AHEAD = 1000;

export interface ReadyLooks {
	/** Ready jobs of the queue that would be claimed before this one; no more than a thousand are counted. */
	ahead(job: JobRow): number;
	/** Epoch ms since which the first ready job of the queue is due, in ranges that may start; as far as a few looks tell. */
	oldestReady(queue: string, mayStart: (range: ReadyRange) => boolean): number | undefined;
}

export function createReadyLooks(db: Sqlite, heads: Pick<Heads, 'ofQueue'>): ReadyLooks {
	const above = db.prepare<[string, number, string, string, number, number], { n: number }>(
		`SELECT count(*) AS n FROM (SELECT 1 FROM jobs WHERE queue = ? AND class = ? AND workspace = ?
		 AND group_name = ? AND stage = 1 AND priority > ? LIMIT +?)`,
	);
	const beside = db.prepare<
		[string, number, string, string, number, number, number],
		{ n: number }
	>(
		`SELECT count(*) AS n FROM (SELECT 1 FROM jobs WHERE queue = ? AND class = ? AND workspace = ?
		 AND group_name = ? AND stage = 1 AND priority = ? AND generation < ? LIMIT +?)`,
	);
	// Within a range and a priority they stand in the order in which they came.
	const firstBelow = db.prepare<
		[string, number, string, string, number],
		{ at: number; priority: number }
	>(
		`SELECT max(created_at, run_at) AS at, priority FROM jobs
		 WHERE queue = +? AND class = +? AND workspace = +? AND group_name = +? AND stage = 1 AND priority < ?
		 ORDER BY priority DESC, generation LIMIT 1`,
	);

	return {
		ahead({ queue, priority, generation }) {
			let left = COUNTED_AHEAD;
			for (const head of heads.ofQueue(queue)) {
				// Nobody of its range is better than that.
				if (head.priority < priority) continue;
				if (head.priority === priority && head.generation >= generation) continue;
				const { class: waitClass, workspace, group_name } = head.range;
				const range = [queue, waitClass, workspace, group_name] as const;
				left -= above.get(...range, priority, left)?.n ?? 0;
				left -= beside.get(...range, priority, generation, left)?.n ?? 0;
				if (left === 0) break;
			}
			return COUNTED_AHEAD - left;
		},
		oldestReady(queue, mayStart) {
			let oldest: number | undefined;
			let looks = 0;
			for (const { range } of heads.ofQueue(queue)) {
				if (!mayStart(range)) continue;
				let below = Number.MAX_SAFE_INTEGER;
				for (;;) {
					if (++looks > MAX_LOOKS) return oldest;
					const { class: waitClass, workspace, group_name: group } = range;
					const first = firstBelow.get(queue, waitClass, workspace, group, below);
					if (first === undefined) break;
					oldest = Math.min(oldest ?? first.at, first.at);
					below = first.priority;
				}
			}
			return oldest;
		},
	};
}
