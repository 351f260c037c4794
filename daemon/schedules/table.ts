/** Schedules as jobs.db keeps them. */
import type { Missed, Overlap } from '../../shared/protocol/schedules.ts';
import type { Sqlite } from '../sqlite/open.ts';

export interface ScheduleRow {
	name: string;
	spec: string;
	workspace: string;
	sparing: number;
	payload: Buffer | null;
	payload_hash: Buffer | null;
	payload_bytes: number;
	due: string;
	every_ms: number | null;
	timezone: string;
	anchor: number;
	missed: Missed;
	overlap: Overlap;
	jitter_ms: number;
	start_at: number | null;
	end_at: number | null;
	enabled: number;
	next_at: number | null;
	fire_at: number | null;
	created_at: number;
	changed_at: number;
	last_due: number | null;
	last_at: number | null;
	last_job: string | null;
	missed_count: number | null;
	missed_ran: number | null;
	missed_at: number | null;
	overlapped: number;
	error_code: string | null;
	error_message: string | null;
	error_at: number | null;
}

/** What a put writes. */
export type PutRow = Pick<
	ScheduleRow,
	| 'name'
	| 'spec'
	| 'workspace'
	| 'sparing'
	| 'payload'
	| 'payload_hash'
	| 'payload_bytes'
	| 'due'
	| 'every_ms'
	| 'timezone'
	| 'anchor'
	| 'missed'
	| 'overlap'
	| 'jitter_ms'
	| 'start_at'
	| 'end_at'
	| 'enabled'
	| 'next_at'
	| 'fire_at'
	| 'created_at'
	| 'changed_at'
>;

/** What a look at it writes. */
export type LookRow = Pick<
	ScheduleRow,
	| 'name'
	| 'enabled'
	| 'next_at'
	| 'fire_at'
	| 'changed_at'
	| 'last_due'
	| 'last_at'
	| 'last_job'
	| 'missed_count'
	| 'missed_ran'
	| 'missed_at'
	| 'overlapped'
	| 'error_code'
	| 'error_message'
	| 'error_at'
>;

export interface DueName {
	readonly name: string;
	readonly missed: Missed;
	/** JSON: what its jobs wait for, if anything. */
	readonly after: string | null;
}

export interface ScheduleTable {
	byName(name: string): ScheduleRow | undefined;
	/** By name, after this one. */
	page(after: string, limit: number): ScheduleRow[];
	/** Those whose time has come, or further away than the clock allows; the longest due first. */
	due(now: number, limit: number): DueName[];
	/** Epoch ms of the next one to fire; undefined when there is none. */
	nextFire(): number | undefined;
	/** The clock was set back behind what an interval allows. */
	isAhead(now: number): boolean;
	count(): number;
	/** How many have a next time, and names of ten whose last time was refused. */
	troubles(): { readonly awaited: number; readonly refused: readonly string[] };
	put(row: PutRow): void;
	look(row: LookRow): void;
	remove(name: string): void;
}

const PUT_COLUMNS = [
	'name',
	'spec',
	'workspace',
	'sparing',
	'payload',
	'payload_hash',
	'payload_bytes',
	'due',
	'every_ms',
	'timezone',
	'anchor',
	'missed',
	'overlap',
	'jitter_ms',
	'start_at',
	'end_at',
	'enabled',
	'next_at',
	'fire_at',
	'created_at',
	'changed_at',
] as const satisfies readonly (keyof PutRow)[];

const LOOK_COLUMNS = [
	'enabled',
	'next_at',
	'fire_at',
	'changed_at',
	'last_due',
	'last_at',
	'last_job',
	'missed_count',
	'missed_ran',
	'missed_at',
	'overlapped',
	'error_code',
	'error_message',
	'error_at',
] as const satisfies readonly (keyof LookRow)[];

const AHEAD = `INDEXED BY schedules_ahead WHERE every_ms IS NOT NULL AND next_at > coalesce(start_at, 0)
	AND next_at - every_ms - jitter_ms > ?`;

export function createScheduleTable(db: Sqlite): ScheduleTable {
	const byName = db.prepare<[string], ScheduleRow>('SELECT * FROM schedules WHERE name = ?');
	const page = db.prepare<[string, number], ScheduleRow>(
		'SELECT * FROM schedules WHERE name > ? ORDER BY name LIMIT +?',
	);
	const due = db.prepare<[number, number], DueName>(
		`SELECT name, missed, json_extract(spec, '$.after') AS after FROM schedules WHERE fire_at IS NOT NULL AND fire_at <= ?
		 ORDER BY fire_at LIMIT +?`,
	);
	const ahead = db.prepare<[number, number], DueName>(
		`SELECT name, missed, json_extract(spec, '$.after') AS after FROM schedules ${AHEAD} LIMIT +?`,
	);
	const anyAhead = db.prepare<[number], { found: 1 }>(
		`SELECT 1 AS found FROM schedules ${AHEAD} LIMIT 1`,
	);
	const nextFire = db.prepare<[], { at: number | null }>(
		'SELECT min(fire_at) AS at FROM schedules WHERE fire_at IS NOT NULL',
	);
	const count = db.prepare<[], { n: number }>('SELECT count(*) AS n FROM schedules');
	const awaited = db.prepare<[], { n: number }>(
		'SELECT count(*) AS n FROM schedules WHERE fire_at IS NOT NULL',
	);
	const refused = db.prepare<[], { name: string }>(
		'SELECT name FROM schedules INDEXED BY schedules_refused WHERE error_code IS NOT NULL LIMIT 10',
	);
	const updates = PUT_COLUMNS.filter((column) => column !== 'name' && column !== 'created_at')
		.map((column) => `${column} = excluded.${column}`)
		.join(', ');
	// What it refused was refused of another specification.
	const put = db.prepare<[PutRow]>(
		`INSERT INTO schedules (${PUT_COLUMNS.join(', ')}) VALUES (${PUT_COLUMNS.map((column) => `@${column}`).join(', ')})
		 ON CONFLICT (name) DO UPDATE SET ${updates}, error_code = NULL, error_message = NULL, error_at = NULL`,
	);
	const look = db.prepare<[LookRow]>(
		`UPDATE schedules SET ${LOOK_COLUMNS.map((column) => `${column} = @${column}`).join(', ')} WHERE name = @name`,
	);
	const remove = db.prepare<[string]>('DELETE FROM schedules WHERE name = ?');
	return {
		byName: (name) => byName.get(name),
		page: (after, limit) => page.all(after, limit),
		due(now, limit) {
			const behind = due.all(now, limit);
			return behind.length > 0 ? behind : ahead.all(now, limit);
		},
		nextFire: () => nextFire.get()?.at ?? undefined,
		isAhead: (now) => anyAhead.get(now) !== undefined,
		count: () => count.get()?.n ?? 0,
		troubles: () => ({
			awaited: awaited.get()?.n ?? 0,
			refused: refused.all().map(({ name }) => name),
		}),
		put: (row) => put.run(row),
		look: (row) => look.run(row),
		remove: (name) => remove.run(name),
	};
}
