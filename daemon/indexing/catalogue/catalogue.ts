/** What the index knows of each file, and the few ways in which that changes. */
import type { FolderRules, IndexStatus } from '../../../shared/protocol/indexing.ts';
import type { Sqlite } from '../../sqlite/open.ts';
import { NO_STAMP, type SkipReason } from '../files/probe.ts';
import { WORDS_VERSION } from '../words/terms.ts';

/** Rows of one transaction: few enough that other indexers and readers never wait long. */
export const ROWS_PER_TRANSACTION = 200;

export interface KnownFile {
	/** As the file was when it was last read; NO_STAMP when it must be read again however it looks. */
	readonly stamp: string;
	readonly skipped: SkipReason | null;
}

export interface FileFacts {
	readonly path: string;
	readonly size: number;
	readonly stamp: string;
}

/** Where the text of a file is to be found. */
export interface Place {
	readonly segment: number;
	readonly doc: number;
}

export interface Walk {
	/** Which folder stood at the path; see `folderIdentity`. */
	readonly folder: string;
}

/** Reads and writes of one connection. Writes belong inside `transaction`. */
export interface Catalogue {
	/** Takes the write lock at once, so that what is read inside stays true until the commit. */
	transaction<T>(work: () => T): T;
	get(path: string): KnownFile | undefined;
	/** The content hash of what is indexed of a file, by the rules of now. */
	hash(path: string): Buffer | undefined;
	/** A file that a shard will read; what is indexed of it stays findable until then. */
	expect(path: string): void;
	index(facts: FileFacts, hash: Buffer, place: Place): void;
	/** The content is what is indexed already. */
	confirm(facts: FileFacts): void;
	skip(facts: FileFacts, reason: SkipReason): void;
	remove(path: string): void;
	finishWalk(walk: Walk, rules: FolderRules, at: number): void;
	/** The last walk that finished. */
	lastWalk(): Walk | undefined;
	/** What was last said of the folder, if anything was. */
	rules(): FolderRules | undefined;
}

interface FileRow {
	readonly id: number;
	readonly hash: Buffer | null;
	readonly version: number;
	readonly skipped: SkipReason | null;
}

interface RulesRow {
	readonly exclude: string;
	readonly default_excludes: number;
	readonly max_file_bytes: number;
}

/** The columns of a KnownFile. */
export const KNOWN = `iif(pending = 0 AND version = ${WORDS_VERSION}, stamp, '${NO_STAMP}') AS stamp, skipped`;

export function createCatalogue(db: Sqlite): Catalogue {
	const select = db.prepare<[string], FileRow>(
		'SELECT id, hash, version, skipped FROM files WHERE path = ?',
	);
	const selectKnown = db.prepare<[string], KnownFile>(`SELECT ${KNOWN} FROM files WHERE path = ?`);
	const insert = db.prepare('INSERT INTO files (path) VALUES (?)');
	const update = db.prepare(
		'UPDATE files SET size = ?, stamp = ?, hash = ?, version = ?, skipped = ?, pending = 0 WHERE id = ?',
	);
	const setPlace = db.prepare('UPDATE files SET segment = ?, doc = ? WHERE id = ?');
	const setPending = db.prepare(
		`INSERT INTO files (path, pending) VALUES (?, 1)
		ON CONFLICT (path) DO UPDATE SET pending = 1, skipped = NULL`,
	);
	const deleteFile = db.prepare('DELETE FROM files WHERE id = ?');

	const rowFor = (path: string): Pick<FileRow, 'id' | 'hash'> =>
		select.get(path) ?? { id: Number(insert.run(path).lastInsertRowid), hash: null };

	return {
		transaction: (work) => db.transaction(work).immediate(),
		get: (path) => selectKnown.get(path),
		hash(path) {
			const row = select.get(path);
			return row?.version === WORDS_VERSION ? (row.hash ?? undefined) : undefined;
		},
		expect(path) {
			setPending.run(path);
		},
		index({ path, size, stamp }, hash, { segment, doc }) {
			const row = rowFor(path);
			update.run(size, stamp, hash, WORDS_VERSION, null, row.id);
			setPlace.run(segment, doc, row.id);
		},
		confirm({ path, size, stamp }) {
			const row = select.get(path);
			if (row !== undefined) update.run(size, stamp, row.hash, row.version, row.skipped, row.id);
		},
		skip({ path, size, stamp }, reason) {
			const row = rowFor(path);
			update.run(size, stamp, null, WORDS_VERSION, reason, row.id);
			setPlace.run(null, null, row.id);
		},
		remove(path) {
			const row = select.get(path);
			if (row === undefined) return;
			deleteFile.run(row.id);
		},
		finishWalk({ folder }, { exclude, defaultExcludes, maxFileBytes }, at) {
			db.exec('DELETE FROM walk; DELETE FROM rules');
			db.prepare('INSERT INTO walk (folder, finished_at) VALUES (?, ?)').run(folder, at);
			db.prepare(
				'INSERT INTO rules (exclude, default_excludes, max_file_bytes) VALUES (?, ?, ?)',
			).run(JSON.stringify(exclude), Number(defaultExcludes), maxFileBytes);
		},
		lastWalk: () => db.prepare<[], Walk>('SELECT folder FROM walk').get(),
		rules: () => readRules(db),
	};
}

export function readRules(db: Sqlite): FolderRules | undefined {
	const row = db
		.prepare<[], RulesRow>('SELECT exclude, default_excludes, max_file_bytes FROM rules')
		.get();
	if (row === undefined) return undefined;
	return {
		exclude: JSON.parse(row.exclude) as string[],
		defaultExcludes: row.default_excludes === 1,
		maxFileBytes: row.max_file_bytes,
	};
}

export type IndexNumbers = Pick<
	IndexStatus,
	'files' | 'bytes' | 'skipped' | 'pending' | 'walkedAt' | 'rules'
>;

export function readNumbers(db: Sqlite): IndexNumbers {
	const totals = db
		.prepare<[], { files: number; bytes: number; pending: number }>(
			`SELECT count(hash) AS files, coalesce(sum(iif(hash IS NULL, 0, size)), 0) AS bytes,
				coalesce(sum(pending), 0) AS pending FROM files`,
		)
		.get() ?? { files: 0, bytes: 0, pending: 0 };
	const walk = db
		.prepare<[], { walkedAt: number }>('SELECT finished_at AS walkedAt FROM walk')
		.get();
	const rules = walk === undefined ? undefined : readRules(db);
	return {
		...totals,
		skipped: countSkipped(db),
		walkedAt: walk?.walkedAt ?? null,
		...(rules === undefined ? {} : { rules }),
	};
}

/** How many files the catalogue knows and did not index, by reason. */
export function countSkipped(db: Sqlite): Record<string, number> {
	const rows = db
		.prepare<[], [reason: string, count: number]>(
			'SELECT skipped, count(*) FROM files WHERE skipped IS NOT NULL GROUP BY skipped',
		)
		.raw()
		.all();
	return Object.fromEntries(rows);
}

/** Paths of files that were not indexed, by reason, so many of each at the most. */
export function listSkipped(db: Sqlite, most: number): Record<string, string[]> {
	const pathsOf = db
		.prepare<[string, number], string>(
			'SELECT path FROM files WHERE skipped = ? ORDER BY path LIMIT +?',
		)
		.pluck();
	return Object.fromEntries(
		Object.keys(countSkipped(db)).map((reason) => [reason, pathsOf.all(reason, most)]),
	);
}
