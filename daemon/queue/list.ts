/** Lists with filters, a keyset cursor bound to its filter and sort, and capped totals. */
import { createHash } from 'node:crypto';
import { SemanticaError } from '../../shared/errors.ts';
import { isFinished, JOB_STATES, type JobState } from '../../shared/job.ts';
import type { JobFilter } from '../../shared/protocol/jobs.ts';
import type { Params } from '../../shared/protocol/requests.ts';
import type { Sqlite } from '../sqlite/open.ts';
import { STATE } from './codes.ts';
import type { Counters } from './counters.ts';
import { type JobRow, wireBytes } from './rows.ts';
import { type JobTable, noSuchJob } from './statements.ts';

export interface ListedRows {
	readonly rows: JobRow[];
	readonly nextCursor: string | null;
	readonly total: { readonly value: number; readonly exact: boolean };
}

export interface Lists {
	/** Ends early, but not without any, where more would take too many bytes on the wire. */
	list(params: Params<'job/list'>, maxBytes: number): ListedRows;
	/** Those that match, oldest first, at most `limit`. For changing many jobs in chunks. */
	matching(filter: JobFilter, limit: number, within?: Portion): Matching[];
	/** The youngest job's generation; 0 when there is none. */
	newest(): number;
}

export interface Portion {
	/** Generations after one and up to another. */
	readonly after: number;
	readonly upTo: number;
	/** Only those that a person paused, or only those that nobody did. */
	readonly held?: boolean | undefined;
}

export type Matching = Pick<JobRow, 'id' | 'generation' | 'state' | 'held'>;

const EVERY_ONE: Portion = { after: 0, upTo: Number.MAX_SAFE_INTEGER };
const TOTAL_CAP = 10_000;
const SORT_COLUMNS = {
	createdAt: 'generation',
	finishedAt: 'finished_at',
	priority: 'priority',
} as const;

interface Where {
	readonly sql: string;
	readonly values: (string | number)[];
}

export function createLists(db: Sqlite, table: JobTable, counters: Counters): Lists {
	const newest = db.prepare<[], { at: number | null }>('SELECT max(generation) AS at FROM jobs');

	function where(filter: JobFilter): Where {
		const terms: string[] = [];
		const values: (string | number)[] = [];
		const add = (sql: string, ...more: (string | number)[]) => {
			terms.push(sql);
			values.push(...more);
		};
		const anyOf = (column: string, items: readonly (string | number)[]) =>
			add(`${column} IN (${items.map(() => '?').join(', ')})`, ...items);
		if (filter.state)
			anyOf(
				'state',
				filter.state.map((state) => STATE[state]),
			);
		if (filter.queue) anyOf('queue', filter.queue);
		if (filter.type) anyOf('type', filter.type);
		if (filter.tag !== undefined) add('tag = ?', filter.tag);
		if (filter.workspace !== undefined) add('workspace = ?', filter.workspace);
		if (filter.createdAfter !== undefined) add('created_at > ?', filter.createdAfter);
		if (filter.parentId === null) add('parent IS NULL');
		else if (filter.parentId !== undefined) {
			const parent = table.byId(filter.parentId);
			if (parent === undefined) throw noSuchJob(filter.parentId, 'filter.parentId');
			add('parent = ?', parent.generation);
		}
		if (filter.subjectPrefix !== undefined) {
			// Exactly: LIKE takes letters of either case for the same.
			add('substr(subject, 1, length(?)) = ?', filter.subjectPrefix, filter.subjectPrefix);
		}
		if (filter.text !== undefined) {
			const text = escapeLike(filter.text);
			add(
				`(title LIKE '%' || ? || '%' ESCAPE '\\' OR type LIKE '%' || ? || '%' ESCAPE '\\'
				 OR tag LIKE '%' || ? || '%' ESCAPE '\\' OR subject LIKE '%' || ? || '%' ESCAPE '\\'
				 OR id LIKE '%' || ? || '%' ESCAPE '\\')`,
				text,
				text,
				text,
				text,
				text,
			);
		}
		return { sql: terms.length === 0 ? '1' : terms.join(' AND '), values };
	}

	return {
		list({ filter, sort, limit, cursor }, maxBytes) {
			const { sql, values } = where(filter);
			const descending = sort.startsWith('-');
			const key = sort.replace(/^-/, '') as keyof typeof SORT_COLUMNS;
			const column = SORT_COLUMNS[key];
			// Jobs without the sorted value would have no place in the order.
			const present = column === 'finished_at' ? ' AND finished_at IS NOT NULL' : '';
			const binding = bindingOf(filter, sort);
			const position = cursor === undefined ? undefined : readCursor(cursor, binding);
			const compare = descending ? '<' : '>';
			const after = position === undefined ? '' : ` AND (${column}, generation) ${compare} (?, ?)`;
			const direction = descending ? 'DESC' : 'ASC';
			const found = db
				.prepare<(string | number)[], JobRow>(
					`SELECT * FROM jobs WHERE ${sql}${present}${after}
					 ORDER BY ${column} ${direction}, generation ${direction} LIMIT ?`,
				)
				.iterate(...values, ...(position ?? []), limit + 1);
			const rows: JobRow[] = [];
			let bytes = 0;
			let more = false;
			for (const row of found) {
				bytes += wireBytes(row);
				more = rows.length === limit || (bytes > maxBytes && rows.length > 0);
				if (more) break;
				rows.push(row);
			}
			const last = rows.at(-1);
			return {
				rows,
				nextCursor:
					more && last !== undefined
						? writeCursor(binding, [Number(last[column]), last.generation])
						: null,
				total: known(filter, present !== '') ?? counted(`${sql}${present}`, values),
			};
		},
		matching(filter, limit, { after, upTo, held } = EVERY_ONE) {
			const { sql, values } = where(filter);
			const paused = held === undefined ? '' : `AND held = ${Number(held)}`;
			return db
				.prepare<(string | number)[], Matching>(
					`SELECT id, generation, state, held FROM jobs
					 WHERE ${sql} ${paused} AND generation > ? AND generation <= ?
					 ORDER BY generation LIMIT ?`,
				)
				.all(...values, after, upTo, limit);
		},
		newest: () => newest.get()?.at ?? 0,
	};

	// Jobs that only states and queues choose are counted already.
	function known({ state, queue, ...others }: JobFilter, onlyFinished: boolean) {
		if (Object.values(others).some((value) => value !== undefined)) return undefined;
		const asked = new Set<JobState>(state ?? JOB_STATES);
		const states = [...asked].filter((one) => !onlyFinished || isFinished(one));
		const counts =
			queue === undefined
				? [counters.all()]
				: [...new Set(queue)].map((name) => counters.queue(name));
		const value = counts.reduce(
			(sum, count) => states.reduce((more, one) => more + count[one], sum),
			0,
		);
		return { value, exact: true };
	}

	function counted(sql: string, values: (string | number)[]) {
		const found = db
			.prepare<(string | number)[], { n: number }>(
				`SELECT count(*) AS n FROM (SELECT 1 FROM jobs WHERE ${sql} LIMIT ${TOTAL_CAP + 1})`,
			)
			.get(...values);
		const n = found?.n ?? 0;
		return { value: Math.min(n, TOTAL_CAP), exact: n <= TOTAL_CAP };
	}
}

function escapeLike(text: string): string {
	return text.replace(/[\\%_]/g, '\\$&');
}

function bindingOf(filter: JobFilter, sort: string): string {
	const canonical = Object.entries(filter).sort(([a], [b]) => a.localeCompare(b));
	return createHash('sha256')
		.update(JSON.stringify([canonical, sort]))
		.digest('base64url')
		.slice(0, 16);
}

function writeCursor(binding: string, position: [number, number]): string {
	return Buffer.from(JSON.stringify([binding, ...position])).toString('base64url');
}

function readCursor(cursor: string, binding: string): [number, number] {
	const refuse = (why: string) =>
		new SemanticaError('VALIDATION', `The cursor ${why}. Start again without a cursor.`, {
			path: 'cursor',
		});
	let parsed: unknown;
	try {
		parsed = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'));
	} catch {
		throw refuse('is not one that this daemon gave out');
	}
	if (!Array.isArray(parsed) || parsed.length !== 3) {
		throw refuse('is not one that this daemon gave out');
	}
	const [bound, value, generation] = parsed as unknown[];
	if (bound !== binding) throw refuse('belongs to another filter or sort');
	if (typeof value !== 'number' || typeof generation !== 'number') {
		throw refuse('is not one that this daemon gave out');
	}
	return [value, generation];
}
