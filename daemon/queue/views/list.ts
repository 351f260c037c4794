/** Lists with filters, a keyset cursor bound to its filter and sort, and capped totals. */
import { isFinished, JOB_STATES, type JobState } from '../../../shared/jobTerms.ts';
import type { JobFilter } from '../../../shared/protocol/jobs.ts';
import type { Params } from '../../../shared/protocol/requests.ts';
import type { Sqlite } from '../../sqlite/open.ts';
import { STATE } from '../store/codes.ts';
import type { Counters } from '../store/counters.ts';
import type { JobRow } from '../store/rows.ts';
import { registerScope, type Scope } from '../store/scope.ts';
import { createStatementCache, padded } from '../store/statementCache.ts';
import { type JobTable, noSuchJob } from '../store/statements.ts';
import { bindingOf, createPage, type Page, readCursor, writeCursor } from './pages.ts';
import { createWalks, type Sorting, type Where } from './walks.ts';

export interface ListedRows {
	readonly rows: JobRow[];
	readonly nextCursor: string | null;
	readonly total: { readonly value: number; readonly exact: boolean };
}

export interface Lists {
	/** Ends early, but not without any, where more would take too many bytes on the wire. */
	list(params: Params<'job/list'>, maxBytes: number, scope?: Scope): ListedRows;
	/** The same in steps, where no index leads to it: others are served meanwhile. */
	listInSteps(params: Params<'job/list'>, maxBytes: number, scope?: Scope): Promise<ListedRows>;
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
	cost: 'cpu_ms',
} as const;
/** Jobs without these would have no place in the order. */
const MAY_BE_ABSENT: readonly Sorting['column'][] = ['finished_at', 'cpu_ms'];

/** @param settled As the writer's: between steps nothing is read that is not committed. */
export function createLists(
	db: Sqlite,
	table: JobTable,
	counters: Counters,
	settled: () => Promise<void> | undefined,
): Lists {
	const prepared = createStatementCache(db);
	const walks = createWalks(db, prepared, settled);
	const newest = db.prepare<[], { at: number | null }>('SELECT max(generation) AS at FROM jobs');

	registerScope(db);

	function where(filter: JobFilter, scope?: Scope): Where {
		const terms: string[] = [];
		const values: (string | number)[] = [];
		const add = (sql: string, ...more: (string | number)[]) => {
			terms.push(sql);
			values.push(...more);
		};
		const anyOf = (column: string, items: readonly (string | number)[]) => {
			const some = padded(items);
			add(`${column} IN (${some.map(() => '?').join(', ')})`, ...some);
		};
		// With a workspace it leads to the part of the index that is meant.
		const states = filter.state ?? (filter.workspace === undefined ? undefined : JOB_STATES);
		if (states)
			anyOf(
				'state',
				states.map((state) => STATE[state]),
			);
		if (filter.queue) anyOf('queue', filter.queue);
		if (filter.type) anyOf('type', filter.type);
		if (filter.tag !== undefined) add('tag = ?', filter.tag);
		if (filter.group !== undefined) add("group_name = ? AND group_name <> ''", filter.group);
		if (filter.origin) {
			// Exactly, as subjects below. What ends with a slash is the beginning of many.
			const begins = filter.origin.filter((origin) => origin.endsWith('/'));
			const either = begins.map(() => 'substr(origin, 1, length(?)) = ?').join(' OR ');
			const names = padded(filter.origin);
			const named = `origin IN (${names.map(() => '?').join(', ')})`;
			const values = [...names, ...begins.flatMap((origin) => [origin, origin])];
			add(`(${either === '' ? named : `${named} OR ${either}`})`, ...values);
		}
		if (filter.workspace !== undefined) add("workspace = ? AND workspace <> ''", filter.workspace);
		if (filter.createdAfter !== undefined) add('created_at > ?', filter.createdAfter);
		if (filter.parentId === null) add('parent IS NULL');
		else if (filter.parentId !== undefined) {
			const parent = table.byId(filter.parentId);
			if (parent === undefined) throw noSuchJob(filter.parentId, 'filter.parentId');
			add('parent = ?', parent.generation);
		}
		if (filter.after !== undefined) {
			const target = table.byId(filter.after);
			if (target === undefined) throw noSuchJob(filter.after, 'filter.after');
			add('generation IN (SELECT waiter FROM dependencies WHERE target = ?)', target.generation);
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
		if (scope !== undefined) add('in_scope(workspace, spec, ?)', JSON.stringify(scope));
		return { sql: terms.length === 0 ? '1' : terms.join(' AND '), values };
	}

	const lists: Lists = {
		listInSteps,
		list({ filter, sort, limit, cursor }, maxBytes, scope) {
			const { sql, values } = where(filter, scope);
			const { column, descending } = sortingOf(sort);
			const present = MAY_BE_ABSENT.includes(column) ? ` AND ${column} IS NOT NULL` : '';
			const binding = bindingOf(filter, sort);
			const position = cursor === undefined ? undefined : readCursor(cursor, binding);
			const compare = descending ? '<' : '>';
			const after = position === undefined ? '' : ` AND (${column}, generation) ${compare} (?, ?)`;
			const direction = descending ? 'DESC' : 'ASC';
			const found = prepared<(string | number)[], JobRow>(
				`SELECT * FROM jobs WHERE ${sql}${present}${after}
					 ORDER BY ${column} ${direction}, generation ${direction} LIMIT +?`,
			).iterate(...values, ...(position ?? []), limit + 1);
			const page = createPage(limit, maxBytes);
			for (const row of found) {
				page.add(row);
				if (page.more) break;
			}
			return {
				rows: page.rows,
				nextCursor: cursorAfter(page, binding, column),
				total:
					(scope === undefined ? known(filter, column) : undefined) ??
					counted(`${sql}${present}`, values),
			};
		},
		matching(filter, limit, { after, upTo, held } = EVERY_ONE) {
			const { sql, values } = where(filter);
			const paused = held === undefined ? '' : `AND held = ${Number(held)}`;
			return prepared<(string | number)[], Matching>(
				`SELECT id, generation, state, held FROM jobs
					 WHERE ${sql} ${paused} AND generation > ? AND generation <= ?
					 ORDER BY generation LIMIT +?`,
			).all(...values, after, upTo, limit);
		},
		newest: () => newest.get()?.at ?? 0,
	};

	return lists;

	async function listInSteps(
		params: Params<'job/list'>,
		maxBytes: number,
		scope?: Scope,
	): Promise<ListedRows> {
		const { filter, sort, limit, cursor } = params;
		const { column, descending } = sortingOf(sort);
		const isScan = scope !== undefined || needsSteps(filter);
		if (!isScan && column === 'generation') return lists.list(params, maxBytes);
		const binding = bindingOf(filter, sort);
		const after = cursor === undefined ? undefined : readCursor(cursor, binding);
		const page = createPage(limit, maxBytes);
		const chosen = where(filter, scope);
		await walks.fill(page, chosen, { column, descending, after });
		const present = MAY_BE_ABSENT.includes(column) ? ` AND ${column} IS NOT NULL` : '';
		const { sql, values } = { ...chosen, sql: `${chosen.sql}${present}` };
		const total =
			(scope === undefined ? known(filter, column) : undefined) ??
			(isScan ? capped(await walks.count({ sql, values }, TOTAL_CAP + 1)) : counted(sql, values));
		return { rows: page.rows, nextCursor: cursorAfter(page, binding, column), total };
	}

	// Jobs that only states and queues choose are counted already.
	function known({ state, queue, ...others }: JobFilter, column: Sorting['column']) {
		if (column === 'cpu_ms') return undefined;
		const onlyFinished = column === 'finished_at';
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
		const found = prepared<(string | number)[], { n: number }>(
			`SELECT count(*) AS n FROM (SELECT 1 FROM jobs WHERE ${sql} LIMIT ${TOTAL_CAP + 1})`,
		).get(...values);
		return capped(found?.n ?? 0);
	}
}

function capped(n: number): ListedRows['total'] {
	return { value: Math.min(n, TOTAL_CAP), exact: n <= TOTAL_CAP };
}

function sortingOf(sort: Params<'job/list'>['sort']) {
	const key = sort.replace(/^-/, '') as keyof typeof SORT_COLUMNS;
	return { column: SORT_COLUMNS[key], descending: sort.startsWith('-') };
}

function cursorAfter({ rows, more }: Page, binding: string, column: Sorting['column']) {
	const last = rows.at(-1);
	return more && last !== undefined
		? writeCursor(binding, [Number(last[column]), last.generation])
		: null;
}

/** What no index leads to in the order of creation. */
function needsSteps(filter: JobFilter): boolean {
	const { state, tag, group, parentId, after, workspace, ...others } = filter;
	return workspace !== undefined || Object.values(others).some((value) => value !== undefined);
}

function escapeLike(text: string): string {
	return text.replace(/[\\%_]/g, '\\$&');
}
