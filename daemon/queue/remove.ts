/** Removing finished jobs: by hand, and by retention in small batches. Their logs go after the commit. */
import { SemanticaError } from '../../shared/errors.ts';
import type { Sqlite } from '../sqlite/open.ts';
import type { ChildTable } from './children.ts';
import { STAGE, stateName } from './codes.ts';
import type { JobRow } from './rows.ts';
import type { JobTable } from './statements.ts';
import type { Tx } from './tx.ts';

/** A key stays taken at least this long after its job's end (docs/design.md section 3). */
const KEY_KEPT_MS = 24 * 3_600_000;
const BATCH = 500;

export interface RetentionPolicy {
	readonly maxAgeMs: number;
	/** Finished jobs kept at the most. */
	readonly maxFinished: number;
}

export interface Removal {
	/** @throws SemanticaError CONFLICT with the reason why not. */
	remove(tx: Tx, row: JobRow): void;
	/** Removes a batch of what the policy no longer keeps, of so many finished jobs. */
	sweep(tx: Tx, policy: RetentionPolicy, finished: number): { removed: number; more: boolean };
}

export function createRemoval(db: Sqlite, table: JobTable, children: ChildTable): Removal {
	const removeJob = db.prepare('DELETE FROM jobs WHERE generation = ?');
	const removeRuns = db.prepare('DELETE FROM runs WHERE job = ?');
	const removeCounts = db.prepare('DELETE FROM child_counts WHERE parent = ?');
	const oldest = db.prepare<[number, number, number], JobRow>(
		`SELECT * FROM jobs WHERE finished_at IS NOT NULL AND finished_at < +?
		 AND (key IS NULL OR finished_at < ?) ORDER BY finished_at, generation LIMIT ?`,
	);

	function openParent(row: JobRow): JobRow | undefined {
		const parent = row.parent === null ? undefined : table.byGeneration(row.parent);
		return parent === undefined || parent.stage === STAGE.ended ? undefined : parent;
	}

	function drop(tx: Tx, row: JobRow): void {
		// The payload goes with it, by a trigger.
		removeJob.run(row.generation);
		removeRuns.run(row.generation);
		removeCounts.run(row.generation);
		if (row.parent !== null) children.removed(row.parent, row.state);
		tx.moved({ queue: row.queue, from: row.state, to: null });
		tx.removed(row.id);
	}

	return {
		remove(tx, row) {
			if (row.stage !== STAGE.ended) {
				throw new SemanticaError(
					'CONFLICT',
					`it is ${stateName(row.state)}; cancel it first, then remove it`,
				);
			}
			const parent = openParent(row);
			if (parent !== undefined) {
				throw new SemanticaError('CONFLICT', `its parent ${parent.id} is still open and counts it`);
			}
			drop(tx, row);
		},
		sweep(tx, policy, finished) {
			const keyedBefore = tx.now - KEY_KEPT_MS;
			const excess = Math.min(BATCH, finished - policy.maxFinished);
			const batch = [
				...oldest.all(tx.now - policy.maxAgeMs, keyedBefore, BATCH),
				...(excess > 0 ? oldest.all(tx.now + 1, keyedBefore, excess) : []),
			];
			const doomed = new Map(batch.map((row) => [row.generation, row]));
			let removed = 0;
			for (const row of doomed.values()) {
				if (openParent(row) !== undefined) continue;
				drop(tx, row);
				removed++;
			}
			return { removed, more: removed > 0 && doomed.size >= BATCH };
		},
	};
}
