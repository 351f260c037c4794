/** Events that jobs wait for: firing is durable, the jobs it releases are moved in small batches. */
import type { Sqlite } from '../../sqlite/open.ts';
import { STAGE } from '../store/codes.ts';
import type { JobRow } from '../store/rows.ts';
import type { Tx } from '../store/tx.ts';
import type { Subjects } from './subjects.ts';

const BATCH = 500;

export interface Events {
	/**
	 * Releases every job enqueued before now that waits for this event, in that workspace or in none; without
	 * a workspace ('') everywhere. Returns how many; they are moved by `advance`.
	 */
	emit(tx: Tx, name: string, workspace: string): number;
	/** Moves a batch of what fired; true when there is more. */
	advance(tx: Tx): boolean;
	/** Something fired and is not moved yet. */
	pending(): boolean;
}

interface Fired {
	name: string;
	workspace: string;
	upto: number;
}

// Without statistics SQLite would rather read every queued job.
const WAITING = `FROM jobs INDEXED BY jobs_event WHERE event = +? AND event IS NOT NULL AND state = 0 AND generation <= ?
	AND (? = '' OR workspace IN (?, ''))`;

export function createEvents(db: Sqlite, subjects: Subjects): Events {
	const newest = db.prepare<[], { at: number | null }>('SELECT max(generation) AS at FROM jobs');
	const count = db.prepare<[string, number, string, string], { n: number }>(
		`SELECT count(*) AS n ${WAITING}`,
	);
	const waiting = db.prepare<[string, number, string, string], JobRow>(
		`SELECT * ${WAITING} ORDER BY generation LIMIT ${BATCH}`,
	);
	const fire = db.prepare<[string, string, number]>(
		`INSERT INTO fired_events (name, workspace, upto) VALUES (?, ?, ?)
		 ON CONFLICT (name, workspace) DO UPDATE SET upto = excluded.upto`,
	);
	const next = db.prepare<[], Fired>('SELECT * FROM fired_events LIMIT 1');
	const done = db.prepare<[string, string]>(
		'DELETE FROM fired_events WHERE name = ? AND workspace = ?',
	);
	const latch = db.prepare<[number, number]>(
		'UPDATE jobs SET event = NULL, stage = ? WHERE generation = ?',
	);

	return {
		emit(tx, name, workspace) {
			const upto = newest.get()?.at ?? 0;
			const released = count.get(name, upto, workspace, workspace)?.n ?? 0;
			if (released === 0) return 0;
			fire.run(name, workspace, upto);
			tx.wake();
			return released;
		},
		advance(tx) {
			const fired = next.get();
			if (fired === undefined) return false;
			const { name, workspace, upto } = fired;
			const rows = waiting.all(name, upto, workspace, workspace);
			for (const row of rows) {
				const stage =
					row.stage === STAGE.event ? subjects.stageFor(tx, { ...row, event: null }) : row.stage;
				latch.run(stage, row.generation);
				tx.changed(row.id);
			}
			if (rows.length < BATCH) done.run(name, workspace);
			return true;
		},
		pending: () => next.get() !== undefined,
	};
}
