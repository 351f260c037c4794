/**
 * One daemon per data folder. Node has no flock, but an exclusive transaction held open on a small SQLite
 * file is one: the kernel releases it at the moment the process dies, however it dies.
 */
import { rmSync } from 'node:fs';
import { errorCode } from '../../shared/errors.ts';
import { isDamage } from '../sqlite/damage.ts';
import { openSqlite } from '../sqlite/open.ts';

export interface InstanceLock {
	release(): void;
}

/** The lock, or undefined when another process holds it. */
export function acquireLock(
	file: string,
	nativeFolder: string | undefined,
): InstanceLock | undefined {
	try {
		return lock(file, nativeFolder);
	} catch (error) {
		if (!isDamage(error)) throw error;
		// What is no database cannot be locked, so nobody holds it.
		rmSync(file);
		return lock(file, nativeFolder);
	}
}

function lock(file: string, nativeFolder: string | undefined): InstanceLock | undefined {
	const db = openSqlite(file, { nativeFolder, busyTimeoutMs: 0 });
	try {
		db.pragma('journal_mode = DELETE');
		db.exec('BEGIN EXCLUSIVE');
	} catch (error) {
		db.close();
		if (errorCode(error)?.startsWith('SQLITE_BUSY')) return undefined;
		throw error;
	}
	return { release: () => db.close() };
}
