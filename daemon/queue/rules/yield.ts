/**
 * Stepping aside (docs/design.md section 3): a running job whose condition is lost is paused or goes back to
 * the queue, as it asked; a job paused so goes on by itself when its conditions hold again.
 */
import type { Sqlite } from '../../sqlite/open.ts';
import type { Conditions } from '../ports/conditions.ts';
import { STATE } from '../store/codes.ts';
import type { JobRow } from '../store/rows.ts';
import type { Tx } from '../store/tx.ts';
import type { WaitClasses } from '../store/waitClasses.ts';
import type { Transitions } from './transitions.ts';

/** The numbers behind onConstraintLost in jobs.db. */
export const ON_LOST = { finish: 0, pause: 1, requeue: 2 } as const;

export interface Yields {
	/** Looks at every run that depends on conditions. */
	review(tx: Tx): void;
}

export function createYields(
	db: Sqlite,
	classes: WaitClasses,
	conditions: Conditions,
	transitions: Transitions,
): Yields {
	const bound = db.prepare<[], JobRow>(
		`SELECT * FROM jobs INDEXED BY jobs_bound WHERE stage = 5 AND class <> 0
		 AND state = ${STATE.running} AND phase = 0 AND held = 0 AND stop_cause IS NULL`,
	);
	const setYielded = db.prepare('UPDATE jobs SET yielded = ? WHERE generation = ?');

	return {
		review(tx) {
			for (const row of bound.all()) {
				const set = classes.setOf(row.class);
				if (set === undefined) continue;
				const reason = conditions.lost(set);
				if (row.yielded === null && reason !== undefined) {
					setYielded.run(reason, row.generation);
					tx.changed(row.id);
					if (row.on_lost === ON_LOST.pause) {
						tx.order({ kind: 'pause', id: row.id, run: row.run, reason });
					} else {
						transitions.requestStop(tx, row, 'interrupted', reason);
					}
				} else if (row.yielded !== null && reason === undefined && conditions.met(set)) {
					// The order to pause is still on its way.
					setYielded.run(null, row.generation);
					const why = { reason: 'its constraints hold again' };
					tx.order({ kind: 'resume', id: row.id, run: row.run, ...why });
					tx.changed(row.id);
				}
			}
		},
	};
}
