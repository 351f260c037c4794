/** Ways through all jobs in steps, for what no index leads to: others are served between two of them. */
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Sqlite } from '../../sqlite/open.ts';
import type { JobRow } from '../store/rows.ts';
import type { StatementCache } from '../store/statementCache.ts';
import type { Page, Position } from './pages.ts';

/** Rows that are looked at before somebody else has a turn. */
const STEP = 2000;

export interface Where {
	readonly sql: string;
	readonly values: (string | number)[];
}

export interface Sorting {
	readonly column: 'generation' | 'finished_at' | 'priority' | 'cpu_ms';
	readonly descending: boolean;
	/** It and what is sorted before it was on earlier pages. */
	readonly after: Position | undefined;
}

export interface Walks {
	/** Adds rows in the order asked for, until the page has enough. */
	fill(page: Page, where: Where, sorting: Sorting): Promise<void>;
	/** Counted no further than so many. */
	count(where: Where, atMost: number): Promise<number>;
}

/** @param settled As the writer's. */
export function createWalks(
	db: Sqlite,
	prepared: StatementCache,
	settled: () => Promise<void> | undefined,
): Walks {
	const othersTurn = async () => {
		await nextTurn();
		await settled();
	};
	const newest = db.prepare<[], { at: number | null }>('SELECT max(generation) AS at FROM jobs');
	const oldest = db.prepare<[], { at: number | null }>('SELECT min(generation) AS at FROM jobs');
	const ended = (compare: '<' | '>', direction: 'ASC' | 'DESC') =>
		db.prepare<[number, number], { finished_at: number; generation: number }>(
			`SELECT finished_at, generation FROM jobs INDEXED BY jobs_finished
			 WHERE finished_at IS NOT NULL AND (finished_at, generation) ${compare} (?, ?)
			 ORDER BY finished_at ${direction}, generation ${direction} LIMIT 1 OFFSET ${STEP - 1}`,
		);
	const endedBefore = ended('<', 'DESC');
	const byGeneration = db.prepare<[number], JobRow>('SELECT * FROM jobs WHERE generation = ?');
	const endedAfter = ended('>', 'ASC');

	/** Generations from and to; those that come meanwhile are not among them. */
	function* generations(descending: boolean, after: number | undefined): Generator<Where> {
		const first = oldest.get()?.at ?? 0;
		const last = newest.get()?.at ?? -1;
		const sql = 'generation BETWEEN ? AND ?';
		if (descending) {
			for (let to = after === undefined ? last : after - 1; to >= first; to -= STEP) {
				yield { sql, values: [Math.max(first, to - STEP + 1), to] };
			}
		} else {
			for (let from = after === undefined ? first : after + 1; from <= last; from += STEP) {
				yield { sql, values: [from, Math.min(last, from + STEP - 1)] };
			}
		}
	}

	function* ends(descending: boolean, after: Position | undefined): Generator<Where> {
		const compare = descending ? '<' : '>';
		const far = descending ? Number.MAX_SAFE_INTEGER : Number.MIN_SAFE_INTEGER;
		const place = `finished_at IS NOT NULL AND (finished_at, generation)`;
		let from: Position = after ?? [far, far];
		for (;;) {
			const border = (descending ? endedBefore : endedAfter).get(...from);
			if (border === undefined) break;
			const to: Position = [border.finished_at, border.generation];
			const sql = `${place} ${compare} (?, ?) AND (finished_at, generation) ${compare}= (?, ?)`;
			yield { sql, values: [...from, ...to] };
			from = to;
		}
		yield { sql: `${place} ${compare} (?, ?)`, values: from };
	}

	/** Nothing has them in order: the best of each step, and of all steps. */
	async function bestOfAll(
		page: Page,
		{ sql, values }: Where,
		column: 'priority' | 'cpu_ms',
		{ descending, after }: Sorting,
	): Promise<void> {
		const direction = descending ? 'DESC' : 'ASC';
		const sign = descending ? -1 : 1;
		const beyond =
			after === undefined ? '' : `AND (${column}, generation) ${descending ? '<' : '>'} (?, ?)`;
		let best: { value: number; generation: number }[] = [];
		for (const step of generations(false, undefined)) {
			const found = prepared<(string | number)[], (typeof best)[number]>(
				`SELECT ${column} AS value, generation FROM jobs
				 WHERE ${sql} AND ${column} IS NOT NULL AND ${step.sql} ${beyond}
				 ORDER BY ${column} ${direction}, generation ${direction} LIMIT +?`,
			).all(...values, ...step.values, ...(after ?? []), page.limit + 1);
			best = [...best, ...found]
				.sort((a, b) => sign * (a.value - b.value || a.generation - b.generation))
				.slice(0, page.limit + 1);
			await othersTurn();
		}
		for (const { generation } of best) {
			const row = byGeneration.get(generation);
			if (row !== undefined) page.add(row);
			if (page.more) return;
		}
	}

	return {
		async fill(page, where, sorting) {
			const { column, descending, after } = sorting;
			if (column === 'priority' || column === 'cpu_ms') {
				await bestOfAll(page, where, column, sorting);
				return;
			}
			const isByEnd = column === 'finished_at';
			const steps = isByEnd ? ends(descending, after) : generations(descending, after?.[1]);
			// Without a word SQLite may go through all jobs of a state for every step.
			const index = isByEnd ? 'INDEXED BY jobs_finished' : '';
			const direction = descending ? 'DESC' : 'ASC';
			for (const step of steps) {
				const found = prepared<(string | number)[], JobRow>(
					`SELECT * FROM jobs ${index} WHERE ${where.sql} AND ${step.sql}
					 ORDER BY ${column} ${direction}, generation ${direction} LIMIT +?`,
				).iterate(...where.values, ...step.values, page.limit + 1);
				for (const row of found) {
					page.add(row);
					if (page.more) return;
				}
				await othersTurn();
			}
		},
		async count({ sql, values }, atMost) {
			let n = 0;
			for (const step of generations(true, undefined)) {
				const found = prepared<(string | number)[], { n: number }>(
					`SELECT count(*) AS n FROM (SELECT 1 FROM jobs WHERE ${sql} AND ${step.sql} LIMIT +?)`,
				).get(...values, ...step.values, atMost - n);
				n += found?.n ?? 0;
				if (n >= atMost) break;
				await othersTurn();
			}
			return n;
		},
	};
}
