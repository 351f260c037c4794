/** Jobs by state, in all and per queue: read at start, then kept from committed moves, never counted again. */
import { JOB_STATES, type JobState } from '../../shared/job.ts';
import type { Counts } from '../../shared/protocol/jobs.ts';
import type { Sqlite } from '../sqlite/open.ts';
import type { StateMove } from './tx.ts';

export interface Counters {
	apply(moves: readonly StateMove[]): void;
	all(): Counts;
	queue(name: string): Counts;
	queues(): string[];
}

export function createCounters(db: Sqlite): Counters {
	const byQueue = new Map<string, number[]>();
	const total = JOB_STATES.map(() => 0);

	function of(queue: string): number[] {
		let counts = byQueue.get(queue);
		if (counts === undefined) {
			counts = JOB_STATES.map(() => 0);
			byQueue.set(queue, counts);
		}
		return counts;
	}

	function add(queue: string, state: number, n: number): void {
		const counts = of(queue);
		counts[state] = (counts[state] ?? 0) + n;
		total[state] = (total[state] ?? 0) + n;
	}

	const rows = db
		.prepare<[], { queue: string; state: number; n: number }>(
			'SELECT queue, state, count(*) AS n FROM jobs GROUP BY queue, state',
		)
		.all();
	for (const { queue, state, n } of rows) add(queue, state, n);

	return {
		apply(moves) {
			for (const { queue, from, to } of moves) {
				if (from !== null) add(queue, from, -1);
				if (to !== null) add(queue, to, 1);
			}
		},
		all: () => named(total),
		queue: (name) => named(byQueue.get(name) ?? []),
		queues: () => [...byQueue.keys()],
	};
}

function named(counts: readonly number[]): Counts {
	return Object.fromEntries(JOB_STATES.map((state, code) => [state, counts[code] ?? 0])) as Record<
		JobState,
		number
	>;
}
