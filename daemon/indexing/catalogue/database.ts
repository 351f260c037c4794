/** The database of one workspace folder: the catalogue of its files, and which segments hold their text and words. */
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { errorCode, SemanticaError } from '../../../shared/errors.ts';
import type { DataPaths } from '../../../shared/paths.ts';
import { openSqlite, type Sqlite } from '../../sqlite/open.ts';
import { DATABASE_FILE, folderPath, indexFolder, WORKSPACE_FILE, workspaceIn } from './location.ts';

/** Exists beside the database once somebody has met damage in it: the next walk builds it anew. */
const DAMAGE_MARK = 'damaged';
/** Vectors are costly, and known by the texts that they are of: an index that is built anew goes on with them. */
const KEPT = 'meaning';

/**
 * Raised with every change of the tables. Another number is not migrated: an index can be built
 * again.
 */
const SCHEMA_VERSION = 6;

/** Newer than the version: an index that lacks it answers the same, later. */
const SKIPPED_INDEX = `CREATE INDEX IF NOT EXISTS files_skipped ON files (skipped, path)
	WHERE skipped IS NOT NULL`;

const SCHEMA = `
CREATE TABLE rules (
	exclude TEXT NOT NULL,
	default_excludes INTEGER NOT NULL,
	max_file_bytes INTEGER NOT NULL
);
CREATE TABLE walk (
	folder TEXT NOT NULL,
	finished_at INTEGER NOT NULL
);
CREATE TABLE files (
	id INTEGER PRIMARY KEY,
	path TEXT NOT NULL UNIQUE,
	size INTEGER NOT NULL DEFAULT 0,
	stamp TEXT NOT NULL DEFAULT '',
	hash BLOB,
	version INTEGER NOT NULL DEFAULT 0,
	skipped TEXT,
	pending INTEGER NOT NULL DEFAULT 0,
	segment INTEGER,
	doc INTEGER
);
CREATE INDEX files_by_document ON files (segment, doc) WHERE segment IS NOT NULL;
CREATE INDEX files_unsettled ON files (id)
	WHERE pending = 1 OR (hash IS NOT NULL AND segment IS NULL);
${SKIPPED_INDEX};
CREATE TABLE segments (
	id INTEGER PRIMARY KEY AUTOINCREMENT,
	bytes INTEGER NOT NULL,
	text_bytes INTEGER NOT NULL,
	documents INTEGER NOT NULL
);
PRAGMA user_version = ${SCHEMA_VERSION};
`;

/**
 * How long a writer waits for the other indexers of the folder. Their transactions take
 * milliseconds.
 */
const WRITER_WAIT_MS = 60_000;
const READER_WAIT_MS = 5000;

/** What building and reading indexes needs to know of the installation. */
export interface IndexHome {
	readonly paths: DataPaths;
	readonly nativeFolder: string | undefined;
}

/**
 * Opens the index of a canonical folder URI to write to it, and makes it where there is none.
 * @throws SemanticaError STORE with `data.unusable` when it must be built anew.
 */
export function openIndex(home: IndexHome, workspace: string): Sqlite {
	const folder = indexFolder(home.paths, workspace);
	if (existsSync(join(folder, DAMAGE_MARK))) throw unusable(workspace, 'damaged');
	if (workspaceIn(folder) === undefined) {
		mkdirSync(folder, { recursive: true, mode: 0o700 });
		writeFileSync(join(folder, WORKSPACE_FILE), workspace);
	}
	const db = openSqlite(join(folder, DATABASE_FILE), {
		nativeFolder: home.nativeFolder,
		busyTimeoutMs: WRITER_WAIT_MS,
	});
	try {
		return guardDamage(home.paths, workspace, () => {
			db.pragma('journal_mode = WAL');
			db.pragma('synchronous = NORMAL');
			db.transaction(() => createOrCheck(db, workspace)).immediate();
			return db;
		});
	} catch (error) {
		db.close();
		throw error;
	}
}

function createOrCheck(db: Sqlite, workspace: string): void {
	const version = db.pragma('user_version', { simple: true });
	if (version === 0) db.exec(SCHEMA);
	else if (version !== SCHEMA_VERSION) throw unusable(workspace, 'version');
	else db.exec(SKIPPED_INDEX);
}

/**
 * As `openIndex`, but replaces an index that is unusable. Only the walk of a workspace may: no
 * two of one folder run at once, so nobody takes a new index away for the faults of the old one.
 */
export function openOrRebuildIndex(
	home: IndexHome,
	workspace: string,
	log: (line: string) => void,
): Sqlite {
	try {
		return openIndex(home, workspace);
	} catch (error) {
		const cause = unusableCause(error);
		if (cause === undefined) throw error;
		const folder = indexFolder(home.paths, workspace);
		const names = readdirSync(folder).filter((name) => name !== KEPT && name !== DAMAGE_MARK);
		if (cause === 'version') {
			for (const name of names) rmSync(join(folder, name), { recursive: true });
			log('The index was made by another version of Semantica; building it anew.');
		} else {
			const aside = join(home.paths.damaged, `${basename(folder)}-${Date.now()}`);
			mkdirSync(aside, { recursive: true, mode: 0o700 });
			// What is kept stays where it is; the mark goes last, so that where this is killed the next goes on.
			for (const name of [...names, DAMAGE_MARK]) renameSync(join(folder, name), join(aside, name));
			log(`The index was damaged; building it anew. What was left of it is in ${aside}.`);
		}
		return openIndex(home, workspace);
	}
}

/**
 * Opens the index in `folder` to read from it; undefined where its maker has not committed yet.
 * @throws SemanticaError STORE with `data.unusable`.
 */
export function openIndexReadonly(
	home: IndexHome,
	folder: string,
	workspace: string,
): Sqlite | undefined {
	const file = join(folder, DATABASE_FILE);
	if (!existsSync(file)) return undefined;
	const db = openSqlite(file, {
		nativeFolder: home.nativeFolder,
		readonly: true,
		busyTimeoutMs: READER_WAIT_MS,
	});
	try {
		const version = guardDamage(home.paths, workspace, () =>
			db.pragma('user_version', { simple: true }),
		);
		if (version === SCHEMA_VERSION) return db;
		if (version !== 0) throw unusable(workspace, 'version');
		db.close();
		return undefined;
	} catch (error) {
		db.close();
		throw error;
	}
}

/**
 * Does `work` on an index; where it meets damage, leaves a mark for the next walk.
 * @throws SemanticaError STORE with `data.unusable`, or what `work` throws.
 */
export function guardDamage<T>(paths: DataPaths, workspace: string, work: () => T): T {
	try {
		return work();
	} catch (error) {
		const code = errorCode(error) ?? '';
		if (!code.startsWith('SQLITE_CORRUPT') && code !== 'SQLITE_NOTADB') throw error;
		writeFileSync(join(indexFolder(paths, workspace), DAMAGE_MARK), '');
		throw unusable(workspace, 'damaged');
	}
}

/** Why an index must be built anew, if that is what `error` says. */
export function unusableCause(error: unknown): 'damaged' | 'version' | undefined {
	const cause = error instanceof SemanticaError ? error.data['unusable'] : undefined;
	return cause === 'damaged' || cause === 'version' ? cause : undefined;
}

function unusable(workspace: string, cause: 'damaged' | 'version'): SemanticaError {
	const folder = folderPath(workspace);
	const what = cause === 'damaged' ? 'is damaged' : 'was made by another version of Semantica';
	return new SemanticaError(
		'STORE',
		`The index of ${folder} ${what}. Run \`semantica index ${folder}\` to build it anew.`,
		{ unusable: cause },
	);
}
