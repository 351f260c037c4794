/** Opening jobs.db: pragmas, migrations, and setting a damaged file aside rather than refusing to start. */
import {
	closeSync,
	existsSync,
	mkdirSync,
	openSync,
	readFileSync,
	renameSync,
	rmSync,
	writeFileSync,
} from 'node:fs';
import { basename, join } from 'node:path';
import { errorCode, SemanticaError } from '../../../shared/errors.ts';
import { isDamage } from '../../sqlite/damage.ts';
import { migrate } from '../../sqlite/migrate.ts';
import { openSqlite, type Sqlite } from '../../sqlite/open.ts';
import { LAST_RESORT_FRAMES, LOG_BYTES } from './checkpoint.ts';
import { refuseForeignDatabase } from './foreign.ts';

export interface DatabaseOptions {
	readonly file: string;
	readonly migrations: string;
	readonly nativeFolder: string | undefined;
	/** A file whose presence says that a running daemon found the database damaged. */
	readonly damageMark: string;
	/** Where a file that is not a usable database is moved. */
	readonly damagedFolder: string;
	/** Moved along: without its rows it would be swept clean, and whoever mends the database needs it. */
	readonly payloadFolder: string;
	/** `full`: a commit is on disk before it is acknowledged (docs/design.md section 4). */
	readonly durability: 'full' | 'normal';
	readonly now: () => number;
	readonly warn: (sentence: string) => void;
}

/** While opening nobody is served yet, and what a killed daemon left may still be reading. */
const OPENING_TIMEOUT_MS = 10_000;

/**
 * @throws SemanticaError STORE for a newer schema or the database of another program, SYSTEM where the folder cannot be written.
 */
export function openDatabase(options: DatabaseOptions): Sqlite {
	try {
		if (existsSync(options.damageMark))
			beginAnew(options, readFileSync(options.damageMark, 'utf8'));
		return openAndMigrate(options);
	} catch (error) {
		if (!isDamage(error)) throw asSentence(error, options.file);
		beginAnew(options, (error as Error).message);
		return openAndMigrate(options);
	}
}

function beginAnew(options: DatabaseOptions, why: string): void {
	// Until all is moved: with the rows gone and no mark the next start would sweep the payloads away.
	writeFileSync(options.damageMark, why, { mode: 0o600 });
	const kept = setAside(options);
	rmSync(options.damageMark, { force: true });
	options.warn(
		`${options.file} could not be read as a database (${why}). ` +
			`It was moved to ${kept} and a new, empty queue was begun.`,
	);
}

function openAndMigrate(options: DatabaseOptions): Sqlite {
	// SQLite would leave it to the umask, and gives its logs the mode that this one has.
	closeSync(openSync(options.file, 'a', 0o600));
	const db = openSqlite(options.file, {
		nativeFolder: options.nativeFolder,
		busyTimeoutMs: OPENING_TIMEOUT_MS,
	});
	try {
		refuseForeignDatabase(db);
		// Takes effect only before the first table exists; harmless afterwards.
		db.pragma('auto_vacuum = INCREMENTAL');
		db.pragma('journal_mode = WAL');
		db.pragma(`synchronous = ${options.durability.toUpperCase()}`);
		// macOS: an ordinary fsync does not reach the platter there.
		db.pragma('fullfsync = ON');
		db.pragma('temp_store = MEMORY');
		db.pragma('cache_size = -8192');
		db.pragma(`wal_autocheckpoint = ${LAST_RESORT_FRAMES}`);
		db.pragma(`journal_size_limit = ${LOG_BYTES}`);
		migrate(db, options.migrations);
		// SQLite would wait for a foreign writer on the only thread we have; the writer tries again by a timer.
		db.pragma('busy_timeout = 0');
		return db;
	} catch (error) {
		db.close();
		throw error;
	}
}

function setAside(options: DatabaseOptions): string {
	const folder = join(
		options.damagedFolder,
		new Date(options.now()).toISOString().replaceAll(':', '-'),
	);
	mkdirSync(folder, { recursive: true, mode: 0o700 });
	// The database last: where one of them cannot be moved, it is still there.
	const files = ['-wal', '-shm', ''].map((suffix) => options.file + suffix);
	for (const path of [options.payloadFolder, ...files]) {
		if (existsSync(path)) renameSync(path, join(folder, basename(path)));
	}
	return folder;
}

function asSentence(error: unknown, file: string): unknown {
	if (error instanceof SemanticaError) return error;
	const code = errorCode(error) ?? '';
	if (/^SQLITE_(FULL|IOERR|CANTOPEN|READONLY)/.test(code) || /^E[A-Z]+$/.test(code)) {
		return new SemanticaError(
			'SYSTEM',
			`Semantica cannot write ${file} (${(error as Error).message}). ` +
				'Free space or change its permissions, or name another data folder with SEMANTICA_HOME.',
		);
	}
	return error;
}
