/** Removing finished jobs: by hand, and by retention in small batches. Their logs go after the commit. */
import { SemanticaError } from '../../../shared/errors.ts';
import type { Sqlite } from '../../sqlite/open.ts';
import type { ChildTable } from '../store/children.ts';
import { STAGE, stateName } from '../store/codes.ts';
import type { DependencyTable } from '../store/dependencies.ts';
import { KEY_KEPT_MS, type RemovedKeys } from '../store/removedKeys.ts';
import type { JobRow } from '../store/rows.ts';
import type { JobTable } from '../store/statements.ts';
import type { SweepTable } from '../store/sweeps.ts';
import type { Tx } from '../store/tx.ts';
import type { Checkpoints } from './checkpoints.ts';

const BATCH = 500;

export interface RetentionPolicy {
	readonly maxAgeMs: number;
	/** Finished jobs kept at the most. */
	readonly maxFinished: number;
}

export interface Removal {
	/** @throws SemanticaError CONFLICT with the reason why not. */
	remove(tx: Tx, row: JobRow): void;
	/** Before a sweep: what was passed over and may be removable by now is looked at again. */
	begin(): void;
	/** Removes a batch of what the policy no longer keeps, of so many finished jobs. */
	sweep(tx: Tx, policy: RetentionPolicy, finished: number): { removed: number; more: boolean };
	/** After a sweep that was undone. */
	forget(): void;
}

interface Place {
	readonly at: number;
	readonly generation: number;
}

const START: Place = { at: Number.NEGATIVE_INFINITY, generation: 0 };

/**
 * A walk over finished jobs, oldest end first. It never looks at a job twice: what lies behind it is removed,
 * or cannot be yet. Only in memory: after a start it passes them once more.
 */
interface Walk {
	readonly next: (place: Place, endedBefore: number) => JobRow[];
	place: Place;
	/** Open parents whose children were passed over, each with where the first of them stands. */
	readonly passed: Map<number, Place>;
}

export function createRemoval(
	db: Sqlite,
	table: JobTable,
	children: ChildTable,
	keys: RemovedKeys,
	conditions: Pick<DependencyTable, 'removed'>,
	marks: Pick<SweepTable, 'ofWaiters'>,
	checkpoints: Pick<Checkpoints, 'drop'>,
): Removal {
	const removeJob = db.prepare('DELETE FROM jobs WHERE generation = ?');
	const removeRuns = db.prepare('DELETE FROM runs WHERE job = ?');
	const removeCounts = db.prepare('DELETE FROM child_counts WHERE parent = ?');
	const oldest = (index: string, which: string) =>
		db.prepare<[number, number, number], JobRow>(
			`SELECT * FROM jobs INDEXED BY ${index} WHERE finished_at IS NOT NULL ${which}
			 AND (finished_at, generation) > (?, ?) AND finished_at < ?
			 ORDER BY finished_at, generation LIMIT ${BATCH}`,
		);
	const ordinary = oldest('jobs_finished', '');
	const keyed = oldest('jobs_finished_key', 'AND key IS NOT NULL');
	const walkOver = (statement: typeof ordinary): Walk => ({
		next: ({ at, generation }, before) => statement.all(at, generation, before),
		place: START,
		passed: new Map(),
	});
	const walks = { ordinary: walkOver(ordinary), keyed: walkOver(keyed) };

	function openParent(row: JobRow): JobRow | undefined {
		const parent = row.parent === null ? undefined : table.byGeneration(row.parent);
		return parent === undefined || parent.stage === STAGE.ended ? undefined : parent;
	}

	/** Those that wait for it have not heard of its end yet. */
	const isToBeTold = ({ generation }: JobRow) => marks.ofWaiters(generation) !== undefined;

	function drop(tx: Tx, row: JobRow): void {
		keys.keep(tx, row);
		// The payload goes with it, by a trigger.
		removeJob.run(row.generation);
		removeRuns.run(row.generation);
		removeCounts.run(row.generation);
		if (row.after_count > 0) conditions.removed(row.generation);
		checkpoints.drop(row.generation);
		if (row.parent !== null) children.removed(row.parent, row.state);
		tx.moved({ queue: row.queue, type: row.type, from: row.state, to: null });
		tx.logged(-row.log_bytes);
		tx.removed(row.id);
	}

	/** Those of both walks by age. */
	function batchOf(now: number): { walk: Walk; row: JobRow }[] {
		const found = [
			...walks.ordinary.next(walks.ordinary.place, Number.MAX_SAFE_INTEGER).map((row) => ({
				walk: walks.ordinary,
				row,
			})),
			...walks.keyed.next(walks.keyed.place, now - KEY_KEPT_MS).map((row) => ({
				walk: walks.keyed,
				row,
			})),
		];
		const age = ({ row }: (typeof found)[number]) => row.finished_at ?? 0;
		return found
			.sort((a, b) => age(a) - age(b) || a.row.generation - b.row.generation)
			.slice(0, BATCH);
	}

	return {
		remove(tx, row) {
			if (row.stage !== STAGE.ended) {
				throw new SemanticaError(
					'CONFLICT',
					`it is ${stateName(row.state)}; cancel it first, then remove it`,
				);
			}
			if (isToBeTold(row)) {
				throw new SemanticaError(
					'CONFLICT',
					'it has just ended, and not all that wait for it know yet; try again in a moment',
				);
			}
			const parent = openParent(row);
			if (parent !== undefined) {
				throw new SemanticaError('CONFLICT', `its parent ${parent.id} is still open and counts it`);
			}
			drop(tx, row);
		},
		begin() {
			for (const walk of Object.values(walks)) {
				for (const [parent, place] of walk.passed) {
					const row = table.byGeneration(parent);
					if (row !== undefined && row.stage !== STAGE.ended) continue;
					walk.passed.delete(parent);
					if (isBefore(place, walk.place)) walk.place = place;
				}
			}
		},
		sweep(tx, policy, finished) {
			keys.sweep(tx);
			// The clock was set back: what has ended since may be behind.
			for (const walk of Object.values(walks)) if (walk.place.at >= tx.now) walk.place = START;
			const batch = batchOf(tx.now);
			let excess = finished - policy.maxFinished;
			let removed = 0;
			let passed = 0;
			for (const { walk, row } of batch) {
				const at = row.finished_at ?? 0;
				if (excess <= 0 && at >= tx.now - policy.maxAgeMs) return { removed, more: false };
				if (isToBeTold(row)) return { removed, more: false };
				const isKept = walk === walks.ordinary && row.key !== null;
				const parent = isKept ? undefined : openParent(row);
				if (parent !== undefined && !walk.passed.has(parent.generation)) {
					walk.passed.set(parent.generation, { at, generation: row.generation - 1 });
				}
				if (!isKept && parent === undefined) {
					drop(tx, row);
					excess--;
					removed++;
				}
				// More may end in this very millisecond, and must not end up behind.
				if (at >= tx.now) continue;
				walk.place = { at, generation: row.generation };
				passed++;
			}
			return { removed, more: batch.length === BATCH && removed + passed > 0 };
		},
		forget() {
			for (const walk of Object.values(walks)) walk.place = START;
		},
	};
}

function isBefore(a: Place, b: Place): boolean {
	return a.at < b.at || (a.at === b.at && a.generation < b.generation);
}
