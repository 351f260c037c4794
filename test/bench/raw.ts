/** better-sqlite3 alone: the same rows into the same table with the same indexes, and nothing else. */
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { v7 as uuidv7 } from 'uuid';
import { migrate } from '../../daemon/sqlite/migrate.ts';
import type { Sqlite } from '../../daemon/sqlite/open.ts';
import { MIGRATIONS } from './daemon.ts';

export interface RawInserter {
	/** One transaction, fsynced. */
	insert(count: number): void;
	close(): void;
}

type Row = Record<string, string | number | null>;

/** Inserts copies of `template`, a row that the daemon wrote, with ids and titles of their own. */
export function openRaw(folder: string, template: Row): RawInserter {
	const db: Sqlite = new Database(join(folder, 'raw.db'));
	db.pragma('auto_vacuum = INCREMENTAL');
	db.pragma('journal_mode = WAL');
	db.pragma('synchronous = FULL');
	db.pragma('cache_size = -16384');
	migrate(db, MIGRATIONS);
	const columns = Object.keys(template).filter((name) => name !== 'generation');
	const insert = db.prepare(
		`INSERT INTO jobs (${columns.join(', ')}) VALUES (${columns.map(() => '?').join(', ')})`,
	);
	const values = columns.map((name) => template[name] ?? null);
	const id = columns.indexOf('id');
	const title = columns.indexOf('title');
	let n = 0;
	const batch = db.transaction((count: number) => {
		for (let i = 0; i < count; i++) {
			values[id] = uuidv7();
			values[title] = `bench ${n++}`;
			insert.run(...values);
		}
	});
	return { insert: (count) => batch.immediate(count), close: () => db.close() };
}

/** The newest row of a daemon's database. */
export function readTemplate(database: string): Row {
	const db = new Database(database, { readonly: true });
	try {
		const row = db.prepare<[], Row>('SELECT * FROM jobs ORDER BY generation DESC LIMIT 1').get();
		if (row === undefined) throw new Error('There is no row to take as a template.');
		return row;
	} finally {
		db.close();
	}
}
