/** With which inputs which work succeeded last (docs/design.md section 3, "Unchanged"). */
import type { Sqlite } from '../../sqlite/open.ts';
import type { InputState, LastSuccess } from '../ports/inputs.ts';
import { STATE } from './codes.ts';
import type { JobRow } from './rows.ts';

/** Works that are remembered; each may have a manifest of a MiB. */
const REMEMBERED = 200;

export interface Successes {
	/** The run of a job has ended well; whether its job does is not known yet. */
	keep(row: JobRow, inputs: InputState): void;
	/** The job has come to its end. */
	ended(row: JobRow, to: number, result: string | null, now: number): void;
	/** Nothing is to be recorded of it after all. */
	forget(row: JobRow): void;
	last(work: string): LastSuccess | undefined;
}

export function createSuccesses(db: Sqlite): Successes {
	const keep = db.prepare<[number, string, string, Buffer | null]>(
		'INSERT OR REPLACE INTO job_inputs (job, work, digest, manifest) VALUES (?, ?, ?, ?)',
	);
	const mark = db.prepare<[number]>('UPDATE jobs SET hashed = 1 WHERE generation = ?');
	const unmark = db.prepare<[number]>('UPDATE jobs SET hashed = 0 WHERE generation = ?');
	// Of two that ran beside each other the one that ended last. The newest is the last by `at` even where the clock
	// was set back: it would be the first to be forgotten.
	const record = db.prepare<[string, string | null, number, number]>(
		`INSERT OR REPLACE INTO last_successes (work, digest, job, result, at, manifest)
		 SELECT work, digest, ?, ?, max(?, coalesce((SELECT max(at) + 1 FROM last_successes), 0)), manifest
		 FROM job_inputs WHERE job = ?`,
	);
	const drop = db.prepare<[number]>('DELETE FROM job_inputs WHERE job = ?');
	const tidy = db.prepare<[number]>(
		`DELETE FROM last_successes
		 WHERE at < (SELECT at FROM last_successes ORDER BY at DESC LIMIT 1 OFFSET ?)`,
	);
	const find = db.prepare<[string], LastSuccess>(
		'SELECT digest, job, result, manifest FROM last_successes WHERE work = ?',
	);
	return {
		keep({ generation }, { work, digest, manifest }) {
			keep.run(generation, work, digest, manifest);
			mark.run(generation);
		},
		ended({ generation, id }, to, result, now) {
			if (to === STATE.succeeded) {
				record.run(id, result, now, generation);
				tidy.run(REMEMBERED);
			}
			drop.run(generation);
		},
		forget({ generation }) {
			drop.run(generation);
			unmark.run(generation);
		},
		last: (work) => find.get(work),
	};
}
