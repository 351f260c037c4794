/**
 * What is known of a folder's vectors: which chunks its files have, and where the vector of each stands. A database of
 * its own beside the vectors, so that an index without them has nothing of it, and one that is built anew keeps them.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { openSqlite, type Sqlite } from '../../sqlite/open.ts';
import type { IndexHome } from '../catalogue/database.ts';
import type { PlacedSymbol } from '../segments/symbols.ts';
import type { KeyedChunk } from './pending.ts';
import { readVectors, removeStrayVectors, removeVectors, writeVectors } from './segmentFiles.ts';
import type { SmallVector } from './vectors.ts';

const FILE = 'meaning.db';
/** Raised with every change of the tables, of the chunks or of the vectors: another number is begun anew. */
const VERSION = 1;

const SCHEMA = `
CREATE TABLE space (model TEXT NOT NULL, dimension INTEGER, finished_at INTEGER);
CREATE TABLE segments (id INTEGER PRIMARY KEY AUTOINCREMENT, vectors INTEGER NOT NULL, bytes INTEGER NOT NULL);
CREATE TABLE vectors (key BLOB PRIMARY KEY, segment INTEGER NOT NULL, slot INTEGER NOT NULL) WITHOUT ROWID;
CREATE UNIQUE INDEX vectors_by_place ON vectors (segment, slot);
CREATE TABLE files (id INTEGER PRIMARY KEY, path TEXT NOT NULL UNIQUE, hash BLOB NOT NULL);
CREATE TABLE chunks (
	file INTEGER NOT NULL, key BLOB NOT NULL, first INTEGER NOT NULL, last INTEGER NOT NULL, symbol TEXT
);
CREATE INDEX chunks_by_file ON chunks (file);
CREATE INDEX chunks_by_key ON chunks (key);
PRAGMA user_version = ${VERSION};
`;

const WAIT_MS = 10_000;
/** A segment with fewer is written together with others. */
const SMALL = 4096;
const LARGEST = 16_384;
/** So many small ones are there before they are. */
const CROWD = 16;

export interface EmbeddedFile {
	readonly path: string;
	readonly hash: Buffer;
	readonly chunks: readonly Omit<KeyedChunk, 'text'>[];
}

export interface NewVector {
	readonly key: Buffer;
	readonly vector: SmallVector;
}

export interface Numbers {
	readonly model: string;
	readonly dimension: number | null;
	readonly files: number;
	readonly chunks: number;
	/** Of the last job that got to its end, epoch ms. */
	readonly finishedAt: number | null;
}

/** Where it stood when it was embedded. */
export interface PlacedChunk extends Omit<KeyedChunk, 'text'> {
	readonly path: string;
}

/** To be opened by one job at a time; readers come and go. */
export interface MeaningStore {
	/** Removes what a killed job left, and what is damaged: that is asked for again. */
	sweep(): void;
	/** Where another model is meant than before, all vectors go. @returns Whether any did. */
	beModel(model: string): boolean;
	dimension(): number | null;
	/** By path, the hash of what is embedded. */
	files(): Map<string, Buffer>;
	chunkCount(): number;
	has(key: Buffer): boolean;
	/** Vectors and the files that have all of theirs with them, at once. */
	add(vectors: readonly NewVector[], files: readonly EmbeddedFile[]): void;
	forget(paths: readonly string[]): void;
	/** Rewrites what is small or for the most part of no file any more. */
	tidy(): void;
	finish(at: number): void;
	close(): void;
}

function open(home: IndexHome, folder: string, readonly: boolean): Sqlite {
	const { nativeFolder } = home;
	return openSqlite(join(folder, FILE), { nativeFolder, readonly, busyTimeoutMs: WAIT_MS });
}

/** @param folder See `meaningFolder`; it is there. */
export function openMeaningStore(home: IndexHome, folder: string): MeaningStore {
	const db = open(home, folder, false);
	db.pragma('journal_mode = WAL');
	db.pragma('synchronous = NORMAL');
	prepareTables(db);
	const has = db.prepare<[Buffer], number>('SELECT 1 FROM vectors WHERE key = ?').pluck();
	const insertVector = db.prepare('INSERT OR IGNORE INTO vectors VALUES (?, ?, ?)');
	const addSegment = db.prepare('INSERT INTO segments (vectors, bytes) VALUES (?, 0)');
	const sized = db.prepare('UPDATE segments SET bytes = ? WHERE id = ?');
	const selectFile = db.prepare<[string], number>('SELECT id FROM files WHERE path = ?').pluck();
	const putFile = db
		.prepare<[string, Buffer], number>(
			`INSERT INTO files (path, hash) VALUES (?, ?)
			ON CONFLICT (path) DO UPDATE SET hash = excluded.hash RETURNING id`,
		)
		.pluck();
	const dropChunks = db.prepare('DELETE FROM chunks WHERE file = ?');
	const addChunk = db.prepare('INSERT INTO chunks VALUES (?, ?, ?, ?, ?)');
	const dropFile = db.prepare('DELETE FROM files WHERE id = ?');
	const change = <T>(work: () => T): T => db.transaction(work).immediate();

	/** Inside a transaction: a file without a row is nobody's for whoever holds the lock. */
	function write(vectors: readonly NewVector[]): void {
		const id = Number(addSegment.run(vectors.length).lastInsertRowid);
		sized.run(
			writeVectors(
				folder,
				id,
				vectors.map(({ vector }) => vector),
			),
			id,
		);
		for (const [slot, { key }] of vectors.entries()) insertVector.run(key, id, slot);
	}
	function drop(ids: readonly number[]): void {
		for (const id of ids) {
			db.prepare('DELETE FROM vectors WHERE segment = ?').run(id);
			db.prepare('DELETE FROM segments WHERE id = ?').run(id);
		}
	}
	/** What is small, or of which less than half is some file's. */
	function untidy(): number[] {
		const count = (table: string): number =>
			db.prepare<[], number>(`SELECT count(*) FROM ${table}`).pluck().get() ?? 0;
		if (count('segments') < CROWD && count('vectors') <= 2 * count('chunks')) return [];
		const rows = db
			.prepare<[], { id: number; vectors: number; live: number }>(
				`SELECT id, vectors, (SELECT count(*) FROM vectors v WHERE v.segment = s.id
					AND EXISTS (SELECT 1 FROM chunks c WHERE c.key = v.key)) AS live FROM segments s`,
			)
			.all();
		const wasted = rows.filter(({ vectors, live }) => live < vectors / 2);
		const small = rows.filter((row) => row.vectors < SMALL && !wasted.includes(row));
		return [...wasted, ...(small.length >= CROWD ? small : [])].map(({ id }) => id);
	}

	return {
		sweep() {
			change(() => {
				const rows = db.prepare<[], number>('SELECT id FROM segments').pluck().all();
				const known = new Set<number>();
				for (const id of rows) {
					if (readVectors(folder, id) === undefined) {
						// Files are complete only with all of their vectors.
						db.prepare(
							`DELETE FROM files WHERE id IN (SELECT c.file FROM chunks c JOIN vectors v ON v.key = c.key
								WHERE v.segment = ?)`,
						).run(id);
						db.exec('DELETE FROM chunks WHERE file NOT IN (SELECT id FROM files)');
						drop([id]);
					} else known.add(id);
				}
				removeStrayVectors(folder, known);
			});
		},
		beModel(model) {
			return change(() => {
				const known = db.prepare<[], string>('SELECT model FROM space').pluck().get();
				if (known === model) return false;
				const ids = db.prepare<[], number>('SELECT id FROM segments').pluck().all();
				db.exec(
					'DELETE FROM space; DELETE FROM chunks; DELETE FROM files; DELETE FROM vectors; DELETE FROM segments',
				);
				db.prepare('INSERT INTO space (model) VALUES (?)').run(model);
				for (const id of ids) removeVectors(folder, id);
				return ids.length > 0;
			});
		},
		dimension: () => db.prepare<[], number>('SELECT dimension FROM space').pluck().get() ?? null,
		files() {
			const rows = db
				.prepare<[], [path: string, hash: Buffer]>('SELECT path, hash FROM files')
				.raw()
				.all();
			return new Map(rows);
		},
		chunkCount: () => db.prepare<[], number>('SELECT count(*) FROM chunks').pluck().get() ?? 0,
		has: (key) => has.get(key) !== undefined,
		add(vectors, files) {
			change(() => {
				const [first] = vectors;
				if (first !== undefined) {
					db.prepare('UPDATE space SET dimension = ? WHERE dimension IS NULL').run(
						first.vector.bytes.length,
					);
					write(vectors);
				}
				for (const { path, hash, chunks } of files) {
					const id = putFile.get(path, hash);
					dropChunks.run(id);
					for (const { key, first, last, symbol } of chunks) {
						addChunk.run(
							id,
							key,
							first,
							last,
							symbol === undefined ? null : JSON.stringify(symbol),
						);
					}
				}
			});
		},
		forget(paths) {
			change(() => {
				for (const path of paths) {
					const id = selectFile.get(path);
					dropChunks.run(id);
					dropFile.run(id);
				}
			});
		},
		tidy() {
			const ids = untidy();
			if (ids.length === 0) return;
			change(() => {
				let together: NewVector[] = [];
				const kept = db.prepare<[number], { key: Buffer; slot: number }>(
					`SELECT key, slot FROM vectors v WHERE segment = ?
						AND EXISTS (SELECT 1 FROM chunks c WHERE c.key = v.key) ORDER BY slot`,
				);
				for (const id of ids) {
					const vectors = readVectors(folder, id) ?? [];
					const rows = kept.all(id);
					drop([id]);
					for (const { key, slot } of rows) {
						const vector = vectors[slot];
						if (vector !== undefined) together.push({ key, vector });
						if (together.length < LARGEST) continue;
						write(together);
						together = [];
					}
				}
				if (together.length > 0) write(together);
			});
			for (const id of ids) removeVectors(folder, id);
		},
		finish(at) {
			db.prepare('UPDATE space SET finished_at = ?').run(at);
		},
		close: () => void db.close(),
	};
}

function prepareTables(db: Sqlite): void {
	const version = (): unknown => db.pragma('user_version', { simple: true });
	if (version() === VERSION) return;
	db.transaction(() => {
		if (version() === VERSION) return;
		const tables = db
			.prepare<[], string>(
				`SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'`,
			)
			.pluck()
			.all();
		for (const table of tables) db.exec(`DROP TABLE ${table}`);
		db.exec(SCHEMA);
	}).immediate();
}

/** As it is while `work` reads; undefined where nothing was ever embedded. */
export function readMeaningStore<T>(
	home: IndexHome,
	folder: string,
	work: (db: Sqlite) => T,
): T | undefined {
	if (!existsSync(join(folder, FILE))) return undefined;
	const db = open(home, folder, true);
	try {
		if (db.pragma('user_version', { simple: true }) !== VERSION) return undefined;
		return db.transaction(() => work(db))();
	} finally {
		db.close();
	}
}

export function readMeaningNumbers(db: Sqlite): Numbers | undefined {
	return db
		.prepare<[], Numbers>(
			`SELECT model, dimension, finished_at AS finishedAt, (SELECT count(*) FROM files) AS files,
				(SELECT count(*) FROM chunks) AS chunks FROM space`,
		)
		.get();
}

export const segmentIds = (db: Sqlite): number[] =>
	db.prepare<[], number>('SELECT id FROM segments ORDER BY id').pluck().all();

/** Which files have the chunk whose vector stands there: none where it is nobody's any more. */
export function chunkReader(db: Sqlite): (segment: number, slot: number) => PlacedChunk[] {
	type Row = Omit<PlacedChunk, 'symbol'> & { readonly symbol: string | null };
	const at = db.prepare<[number, number], Row>(
		`SELECT f.path, v.key, c.first, c.last, c.symbol
			FROM vectors v JOIN chunks c ON c.key = v.key JOIN files f ON f.id = c.file
			WHERE v.segment = ? AND v.slot = ? ORDER BY f.path LIMIT 20`,
	);
	return (segment, slot) =>
		at.all(segment, slot).map(({ symbol, ...chunk }) => ({
			...chunk,
			symbol: symbol === null ? undefined : (JSON.parse(symbol) as PlacedSymbol),
		}));
}
