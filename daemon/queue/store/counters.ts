/** Jobs by state, in all and per queue, where they wait, and what their logs take: read at start, then kept from committed moves, never counted again. */
import { JOB_STATES, type JobState } from '../../../shared/jobTerms.ts';
import type { Counts } from '../../../shared/protocol/jobs.ts';
import type { Sqlite } from '../../sqlite/open.ts';
import type { Effects } from './tx.ts';
import { createWaitCounts, PLACE, type WaitCounts } from './waiting.ts';

export interface Counters {
	apply(effects: Pick<Effects, 'moves' | 'waits' | 'logBytes'>): void;
	all(): Counts;
	queue(name: string): Counts;
	/** The same by code of state; not to be kept. */
	raw(name: string): readonly number[];
	queues(): string[];
	/** Those that are queued, by what they wait for. */
	readonly waiting: Pick<WaitCounts, 'each' | 'ready'>;
	/** Of runs that are over and whose jobs are kept. */
	logBytes(): number;
}

export function createCounters(db: Sqlite): Counters {
	const byQueue = new Map<string, number[]>();
	const total = JOB_STATES.map(() => 0);
	const waiting = createWaitCounts();
	let logBytes = 0;

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
		// A queue is there as long as jobs of it are kept.
		if (n < 0 && counts.every((count) => count === 0)) byQueue.delete(queue);
	}

	const rows = db
		.prepare<
			[],
			{ queue: string; state: number; place: number; name: string; n: number; log: number }
		>(
			`SELECT queue, state, ${PLACE} AS place, iif(state = 0, group_name, '') AS name, count(*) AS n,
			 sum(log_bytes) AS log FROM jobs GROUP BY queue, state, place, name`,
		)
		.all();
	for (const { queue, state, place, name, n, log } of rows) {
		add(queue, state, n);
		waiting.add(queue, name, place, n);
		logBytes += log;
	}

	return {
		apply(effects) {
			for (const { queue, from, to } of effects.moves) {
				if (from !== null) add(queue, from, -1);
				if (to !== null) add(queue, to, 1);
			}
			waiting.apply(effects.waits);
			logBytes += effects.logBytes;
		},
		all: () => named(total),
		queue: (name) => named(byQueue.get(name) ?? []),
		raw: (name) => byQueue.get(name) ?? [],
		queues: () => [...byQueue.keys()],
		waiting,
		logBytes: () => logBytes,
	};
}

function named(counts: readonly number[]): Counts {
	return Object.fromEntries(JOB_STATES.map((state, code) => [state, counts[code] ?? 0])) as Record<
		JobState,
		number
	>;
}
