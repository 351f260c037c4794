/** Statements that are put together from a request: kept, since each has memory of its own that is given back late. */
import type { Sqlite } from '../../sqlite/open.ts';
import type { Statement } from '../../sqlite/statements.ts';

/** More than all that our own clients ask for. */
const KEPT = 100;

export type StatementCache = ReturnType<typeof createStatementCache>;

/** @returns the statement of this text, the one prepared before where it is still kept */
export function createStatementCache(db: Sqlite) {
	const kept = new Map<string, Statement>();
	return <P extends unknown[], R>(sql: string): Statement<P, R> => {
		const statement = kept.get(sql) ?? db.prepare(sql);
		// The one that was used last is the last.
		kept.delete(sql);
		kept.set(sql, statement);
		const [oldest] = kept.keys();
		if (kept.size > KEPT && oldest !== undefined) kept.delete(oldest);
		return statement as Statement<P, R>;
	};
}

/** Repeats the last one until there are 1, 2, 4, 8 …: as many texts rather than one for every number of values. */
export function padded<T>(values: readonly T[]): T[] {
	const last = values.at(-1);
	if (last === undefined) return [];
	const size = 2 ** Math.ceil(Math.log2(values.length));
	return [...values, ...Array<T>(size - values.length).fill(last)];
}
