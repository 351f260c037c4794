/** Counts of a parent's children by state, kept incrementally so that no parent is ever counted by scanning. */
import type { ChildCounts } from '../../../shared/job.ts';
import { JOB_STATES } from '../../../shared/jobTerms.ts';
import type { Sqlite } from '../../sqlite/open.ts';
import type { JobRow } from './rows.ts';

export interface ChildTable {
	added(parent: number, state: number): void;
	moved(parent: number, from: number, to: number): void;
	/** The child's row is gone. */
	removed(parent: number, state: number): void;
	counts(parent: number): ChildCounts;
	/** Only those of the run that goes on or is over last, once earlier ones have been told apart. */
	countsOfRun(parent: number): ChildCounts;
	/** The parent is run again: those that are there now are not its next run's. */
	runAgain(parent: number): void;
	/** It has, or had, some. */
	any(parent: number): boolean;
	/** Children that have not ended. */
	open(parent: number): number;
	/** Those that have not ended, by generation: after one, up to another. */
	openBetween(parent: number, after: number, upTo: number, limit: number): JobRow[];
}

interface Count {
	state: number;
	n: number;
	earlier: number;
}

export function createChildTable(db: Sqlite): ChildTable {
	const add = db.prepare<[number, number]>(
		`INSERT INTO child_counts (parent, state, n) VALUES (?, ?, 1)
		 ON CONFLICT (parent, state) DO UPDATE SET n = n + 1`,
	);
	const less = db.prepare<[number, number]>(
		'UPDATE child_counts SET n = n - 1 WHERE parent = ? AND state = ?',
	);
	const counts = db.prepare<[number], Count>(
		'SELECT state, n, earlier FROM child_counts WHERE parent = ?',
	);
	const tellApart = db.prepare<[number]>('UPDATE child_counts SET earlier = n WHERE parent = ?');
	const open = db.prepare<[number], { n: number | null }>(
		'SELECT sum(n) AS n FROM child_counts WHERE parent = ? AND state IN (0, 1, 2)',
	);
	const any = db.prepare<[number], { found: 1 }>(
		'SELECT 1 AS found FROM child_counts WHERE parent = ? LIMIT 1',
	);
	const openBetween = db.prepare<[number, number, number, number], JobRow>(
		`SELECT * FROM jobs INDEXED BY jobs_open_children
		 WHERE parent = +? AND parent IS NOT NULL AND stage <> 6 AND generation > ? AND generation <= ?
		 ORDER BY generation LIMIT +?`,
	);

	function named(parent: number, value: (count: Count) => number): ChildCounts {
		const byState: ChildCounts = {};
		for (const count of counts.all(parent)) {
			const name = JOB_STATES[count.state];
			const n = value(count);
			if (name !== undefined && n > 0) byState[name] = n;
		}
		return byState;
	}

	return {
		added: (parent, state) => add.run(parent, state),
		moved(parent, from, to) {
			less.run(parent, from);
			add.run(parent, to);
		},
		// Where the parent went first, its counts have gone with it.
		removed: (parent, state) => less.run(parent, state),
		counts: (parent) => named(parent, ({ n }) => n),
		countsOfRun: (parent) => named(parent, ({ n, earlier }) => n - earlier),
		runAgain: (parent) => tellApart.run(parent),
		any: (parent) => any.get(parent) !== undefined,
		open: (parent) => open.get(parent)?.n ?? 0,
		openBetween: (parent, after, upTo, limit) => openBetween.all(parent, after, upTo, limit),
	};
}

/** A sentence when some child neither succeeded nor was superseded. */
export function describeFailedChildren(counts: ChildCounts): string | undefined {
	const bad = (['failed', 'cancelled', 'expired'] as const)
		.filter((state) => (counts[state] ?? 0) > 0)
		.map((state) => `${counts[state]} ${state}`);
	if (bad.length === 0) return undefined;
	const total = Object.values(counts).reduce((sum, n) => sum + n, 0);
	return `Of ${total} child jobs, ${bad.join(' and ')}. Retry this job to run them again.`;
}
