/** Counts of a parent's children by state, kept incrementally so that no parent is ever counted by scanning. */
import { type ChildCounts, JOB_STATES } from '../../shared/job.ts';
import type { Sqlite } from '../sqlite/open.ts';
import type { JobRow } from './rows.ts';

export interface ChildTable {
	added(parent: number, state: number): void;
	moved(parent: number, from: number, to: number): void;
	/** The child's row is gone. */
	removed(parent: number, state: number): void;
	counts(parent: number): ChildCounts;
	/** Children that have not ended. */
	open(parent: number): number;
	openRows(parent: number): JobRow[];
}

export function createChildTable(db: Sqlite): ChildTable {
	const add = db.prepare<[number, number, number]>(
		`INSERT INTO child_counts (parent, state, n) VALUES (?, ?, ?)
		 ON CONFLICT (parent, state) DO UPDATE SET n = n + excluded.n`,
	);
	const counts = db.prepare<[number], { state: number; n: number }>(
		'SELECT state, n FROM child_counts WHERE parent = ?',
	);
	const open = db.prepare<[number], { n: number | null }>(
		'SELECT sum(n) AS n FROM child_counts WHERE parent = ? AND state IN (0, 1, 2)',
	);
	const openRows = db.prepare<[number], JobRow>(
		'SELECT * FROM jobs WHERE parent = ? AND parent IS NOT NULL AND state IN (0, 1, 2)',
	);
	return {
		added: (parent, state) => add.run(parent, state, 1),
		moved(parent, from, to) {
			add.run(parent, from, -1);
			add.run(parent, to, 1);
		},
		removed: (parent, state) => add.run(parent, state, -1),
		counts(parent) {
			const byState: ChildCounts = {};
			for (const { state, n } of counts.all(parent)) {
				const name = JOB_STATES[state];
				if (name !== undefined && n > 0) byState[name] = n;
			}
			return byState;
		},
		open: (parent) => open.get(parent)?.n ?? 0,
		openRows: (parent) => openRows.all(parent),
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
