import { expect, it } from 'vitest';
import { createStatementCache, padded } from '../../../daemon/queue/store/statementCache.ts';
import { openSqlite } from '../../../daemon/sqlite/open.ts';

it('keeps the statements that were used last', () => {
	const db = openSqlite(':memory:', { nativeFolder: undefined, busyTimeoutMs: 0 });
	const prepared = createStatementCache(db);
	const first = prepared('SELECT 0');
	for (let n = 1; n < 100; n++) prepared(`SELECT ${n}`);
	expect(prepared('SELECT 0')).toBe(first);
	prepared('SELECT 100');
	expect(prepared('SELECT 0')).toBe(first);
	for (let n = 101; n < 201; n++) prepared(`SELECT ${n}`);
	expect(prepared('SELECT 0')).not.toBe(first);
	db.close();
});

it('has one length for many', () => {
	expect([[], [1], [1, 2], [1, 2, 3], [1, 2, 3, 4, 5]].map(padded)).toEqual([
		[],
		[1],
		[1, 2],
		[1, 2, 3, 3],
		[1, 2, 3, 4, 5, 5, 5, 5],
	]);
});
