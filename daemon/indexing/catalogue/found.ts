/**
 * What a walk finds that the catalogue does not say, in a table that only this connection sees and SQLite keeps on disk
 * where it grows: a folder may have any number of files, and at the first walk all are such.
 */

import type { Sqlite } from '../../sqlite/open.ts';
import type { SkipReason } from '../files/probe.ts';

export interface ChangedFile {
	readonly path: string;
	readonly size: number;
	/** Epoch ms. */
	readonly modifiedMs: number;
}

export interface SkippedFile {
	readonly path: string;
	readonly size: number;
	readonly reason: SkipReason;
}

export interface FoundFiles {
	/** A file counts once, however often it is found. @returns Whether it is new. */
	changed(file: ChangedFile): boolean;
	skipped(file: SkippedFile): boolean;
	/** Of the changed ones. */
	totals(): { readonly files: number; readonly bytes: number };
	/** Those changed last first, by the hour: a checkout writes everything within minutes, and files of one folder each read better together. Nothing may be written meanwhile. */
	byRecency(): Iterable<ChangedFile>;
	/** So many at once, by path; others may be written in between. */
	changedPages(most: number): Iterable<readonly string[]>;
	skippedPages(most: number): Iterable<readonly SkippedFile[]>;
}

const HOUR_MS = 3_600_000;

export function createFoundFiles(db: Sqlite): FoundFiles {
	db.exec(`
		DROP TABLE IF EXISTS temp.found;
		CREATE TEMP TABLE found (
			path TEXT PRIMARY KEY, size INTEGER NOT NULL, modified REAL NOT NULL, reason TEXT
		) WITHOUT ROWID
	`);
	const insert = db.prepare(
		'INSERT OR IGNORE INTO temp.found (path, size, modified, reason) VALUES (?, ?, ?, ?)',
	);
	const page = (isSkipped: boolean) =>
		db.prepare<[string, number], SkippedFile>(
			`SELECT path, size, reason FROM temp.found
			WHERE reason IS ${isSkipped ? 'NOT NULL' : 'NULL'} AND path > ? ORDER BY path LIMIT ?`,
		);
	function* pages(isSkipped: boolean, most: number): Iterable<readonly SkippedFile[]> {
		const read = page(isSkipped);
		for (let rows = read.all('', most); rows.length > 0; ) {
			yield rows;
			rows = read.all(rows.at(-1)?.path ?? '', most);
		}
	}
	return {
		changed: ({ path, size, modifiedMs }) => insert.run(path, size, modifiedMs, null).changes === 1,
		skipped: ({ path, size, reason }) => insert.run(path, size, 0, reason).changes === 1,
		totals: () =>
			db
				.prepare<[], { files: number; bytes: number }>(
					'SELECT count(*) AS files, coalesce(sum(size), 0) AS bytes FROM temp.found WHERE reason IS NULL',
				)
				.get() ?? { files: 0, bytes: 0 },
		byRecency: () =>
			db
				.prepare<[number], ChangedFile>(
					`SELECT path, size, modified AS modifiedMs FROM temp.found WHERE reason IS NULL
					ORDER BY CAST(modified / ? AS INTEGER) DESC, path`,
				)
				.iterate(HOUR_MS),
		*changedPages(most) {
			for (const rows of pages(false, most)) yield rows.map(({ path }) => path);
		},
		skippedPages: (most) => pages(true, most),
	};
}
