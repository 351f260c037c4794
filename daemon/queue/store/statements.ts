/** Row access that several transitions share. Statements are prepared once per connection. */
import { SemanticaError } from '../../../shared/errors.ts';
import type { Sqlite } from '../../sqlite/open.ts';
import type { JobRow } from './rows.ts';

/** What is looked at when a run begins with a worker: a fifth of what the whole row costs. */
export type RunState = Pick<
	JobRow,
	'generation' | 'parent' | 'run' | 'stage' | 'phase' | 'stop_cause'
>;

/** What is looked at for each part of a log. */
export type LogColumns = Pick<JobRow, 'state' | 'log_bytes' | 'created_at' | 'started_at'>;

export interface JobTable {
	byId(id: string): JobRow | undefined;
	runStateOf(id: string): RunState | undefined;
	/** @throws SemanticaError NOT_FOUND */
	logOf(id: string): LogColumns;
	byGeneration(generation: number): JobRow | undefined;
	idOf(generation: number): string | null;
	/** Code of its state. @throws SemanticaError NOT_FOUND */
	stateOf(id: string): number;
	/** What a retry by hand made of it last. */
	successorOf(id: string): string | undefined;
	/** @throws SemanticaError NOT_FOUND */
	need(id: string): JobRow;
}

export function createJobTable(db: Sqlite): JobTable {
	const byId = db.prepare<[string], JobRow>('SELECT * FROM jobs WHERE id = ?');
	const runState = db.prepare<[string], RunState>(
		'SELECT generation, parent, run, stage, phase, stop_cause FROM jobs WHERE id = ?',
	);
	const logOf = db.prepare<[string], LogColumns>(
		'SELECT state, log_bytes, created_at, started_at FROM jobs WHERE id = ?',
	);
	const byGeneration = db.prepare<[number], JobRow>('SELECT * FROM jobs WHERE generation = ?');
	const idOf = db.prepare<[number], { id: string }>('SELECT id FROM jobs WHERE generation = ?');
	const stateOf = db.prepare<[string], { state: number }>('SELECT state FROM jobs WHERE id = ?');
	const successorOf = db
		.prepare<[string], string>(
			'SELECT id FROM jobs WHERE retry_of = +? AND retry_of IS NOT NULL ORDER BY generation DESC LIMIT 1',
		)
		.pluck();
	return {
		byId: (id) => byId.get(id),
		runStateOf: (id) => runState.get(id),
		logOf(id) {
			const found = logOf.get(id);
			if (found === undefined) throw noSuchJob(id);
			return found;
		},
		byGeneration: (generation) => byGeneration.get(generation),
		idOf: (generation) => idOf.get(generation)?.id ?? null,
		stateOf(id) {
			const found = stateOf.get(id);
			if (found === undefined) throw noSuchJob(id);
			return found.state;
		},
		successorOf: (id) => successorOf.get(id),
		need(id) {
			const row = byId.get(id);
			if (row === undefined) throw noSuchJob(id);
			return row;
		},
	};
}

export function noSuchJob(id: string, path = 'id'): SemanticaError {
	return new SemanticaError(
		'NOT_FOUND',
		`There is no job ${id}. It may have been removed; "semantica list" shows the jobs that are kept.`,
		{ path },
	);
}
