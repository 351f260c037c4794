/** Readiness of jobs that serve (docs/design.md section 3): of one run, and, for those that wait for it, once and for all. */
import type { Sqlite } from '../../sqlite/open.ts';
import { STAGE } from '../store/codes.ts';
import type { DependencyTable } from '../store/dependencies.ts';
import type { JobRow } from '../store/rows.ts';
import { storedSpec } from '../store/storedSpec.ts';
import { SWEEP, type SweepTable } from '../store/sweeps.ts';
import type { Tx } from '../store/tx.ts';

/** `never`: it says nothing of being ready. `missed`: it has come to the end of its last run without. */
export type Readiness = 'ready' | 'waiting' | 'missed' | 'never';

export function readinessOf(
	row: Pick<JobRow, 'was_ready' | 'stage' | 'phase' | 'stop_cause' | 'spec'>,
): Readiness {
	if (row.was_ready === 1) return 'ready';
	if (storedSpec(row).ready === null) return 'never';
	const onlyChildren = row.phase === 1 && row.stop_cause === null;
	return row.stage === STAGE.ended || onlyChildren ? 'missed' : 'waiting';
}

/** The current run of the job is ready; one that is being stopped is so no more. */
export type BecomeReady = (tx: Tx, row: JobRow) => void;

export function createBecomeReady(
	db: Sqlite,
	conditions: Pick<DependencyTable, 'isAwaitedReady'>,
	sweeps: Pick<SweepTable, 'begin'>,
): BecomeReady {
	const set = db.prepare<[number, number]>(
		'UPDATE jobs SET ready_at = ?, was_ready = 1 WHERE generation = ?',
	);
	return (tx, row) => {
		const goesOn = row.stage === STAGE.active && row.phase !== 1 && row.stop_cause === null;
		if (!goesOn || row.ready_at !== null || storedSpec(row).ready === null) return;
		set.run(tx.now, row.generation);
		tx.changed(row.id);
		if (row.was_ready === 0 && conditions.isAwaitedReady(row.generation)) {
			sweeps.begin(tx, row.generation, SWEEP.ready);
		}
	};
}
