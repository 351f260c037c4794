/** Conditions of jobs on other jobs: a row for each, found by who waits and by what is waited for. */
import type { Sqlite } from '../../sqlite/open.ts';

/** The numbers behind `needs` in jobs.db. They are on disk: append, never renumber. */
export const NEEDS = { succeeded: 1, ended: 2, ready: 3 } as const;
export type Need = keyof typeof NEEDS;

export function needOf(code: number): Need {
	return code === NEEDS.ready ? 'ready' : code === NEEDS.ended ? 'ended' : 'succeeded';
}

export interface NewDependency {
	/** Generation of the job that is waited for. */
	readonly target: number;
	readonly target_id: string;
	readonly needs: number;
	/** 1 it holds, 0 it cannot hold any more, null is not known yet. */
	readonly holds: number | null;
	readonly cause: string | null;
}

export interface Dependency extends NewDependency {
	readonly waiter: number;
	readonly n: number;
}

export interface DependencyTable {
	add(waiter: number, conditions: readonly NewDependency[]): void;
	/** In the order in which they were written. */
	of(waiter: number): Dependency[];
	/** Somebody waits for it, or did: for its end, or only for it to be ready. */
	isAwaited(target: number): boolean;
	isAwaitedReady(target: number): boolean;
	/** Who waits for it, or did, by generation: after one, up to another. */
	waiters(target: number, after: number, upTo: number, limit: number): number[];
	/** The same of those who wait for it to be ready. */
	readyWaiters(target: number, after: number, upTo: number, limit: number): number[];
	/** Whose condition on it cannot hold any more. */
	broken(target: number, after: number, limit: number): number[];
	/** Jobs that it still waits for. */
	openTargets(waiter: number): number[];
	set(condition: Dependency, now: NewDependency): void;
	/** The waiter's row is gone. */
	removed(waiter: number): void;
}

/** Rows to a statement, where a job has many conditions. */
const AT_ONCE = 10;

export function createDependencyTable(db: Sqlite): DependencyTable {
	const insert = (rows: number) =>
		db.prepare<(number | string | null)[]>(
			`INSERT INTO dependencies (waiter, n, target, target_id, needs, holds, cause)
			 VALUES ${Array.from({ length: rows }, () => '(?, ?, ?, ?, ?, ?, ?)').join(', ')}`,
		);
	const add = insert(1);
	const addMany = insert(AT_ONCE);
	const of = db.prepare<[number], Dependency>(
		'SELECT * FROM dependencies WHERE waiter = +? ORDER BY n',
	);
	const awaited = db.prepare<[number], { found: 1 }>(
		'SELECT 1 AS found FROM dependencies WHERE target = ? LIMIT 1',
	);
	const awaitedReady = db.prepare<[number], { found: 1 }>(
		'SELECT 1 AS found FROM dependencies WHERE target = ? AND needs = 3 LIMIT 1',
	);
	const waiters = db
		.prepare<[number, number, number, number], number>(
			`SELECT DISTINCT waiter FROM dependencies
			 WHERE target = +? AND waiter > ? AND waiter <= ? ORDER BY waiter LIMIT +?`,
		)
		.pluck();
	const readyWaiters = db
		.prepare<[number, number, number, number], number>(
			`SELECT DISTINCT waiter FROM dependencies INDEXED BY dependencies_ready
			 WHERE target = +? AND needs = 3 AND waiter > ? AND waiter <= ? ORDER BY waiter LIMIT +?`,
		)
		.pluck();
	const broken = db
		.prepare<[number, number, number], number>(
			`SELECT DISTINCT waiter FROM dependencies
			 WHERE target = +? AND waiter > ? AND holds = 0 ORDER BY waiter LIMIT +?`,
		)
		.pluck();
	const openTargets = db
		.prepare<[number], number>('SELECT target FROM dependencies WHERE waiter = ? AND holds IS NULL')
		.pluck();
	const set = db.prepare(
		`UPDATE dependencies SET target = ?, target_id = ?, holds = ?, cause = ?
		 WHERE waiter = ? AND n = ?`,
	);
	const remove = db.prepare<[number]>('DELETE FROM dependencies WHERE waiter = ?');

	return {
		add(waiter, conditions) {
			const rows = conditions.map(({ target, target_id, needs, holds, cause }, n) => {
				return [waiter, n, target, target_id, needs, holds, cause];
			});
			const whole = rows.length - (rows.length % AT_ONCE);
			for (let n = 0; n < whole; n += AT_ONCE) addMany.run(...rows.slice(n, n + AT_ONCE).flat());
			for (const row of rows.slice(whole)) add.run(...row);
		},
		of: (waiter) => of.all(waiter),
		isAwaited: (target) => awaited.get(target) !== undefined,
		isAwaitedReady: (target) => awaitedReady.get(target) !== undefined,
		waiters: (target, after, upTo, limit) => waiters.all(target, after, upTo, limit),
		readyWaiters: (target, after, upTo, limit) => readyWaiters.all(target, after, upTo, limit),
		broken: (target, after, limit) => broken.all(target, after, limit),
		openTargets: (waiter) => openTargets.all(waiter),
		set({ waiter, n }, { target, target_id, holds, cause }) {
			set.run(target, target_id, holds, cause, waiter, n);
		},
		removed: (waiter) => remove.run(waiter),
	};
}
