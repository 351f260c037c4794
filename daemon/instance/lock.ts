/**
 * One daemon per data folder. Node has no flock, but an exclusive transaction held open on a small SQLite
 * file is one: the kernel releases it at the moment the process dies, however it dies.
 */
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { errorCode } from '../../shared/errors.ts';
import { isDamage } from '../sqlite/damage.ts';
import { openSqlite } from '../sqlite/open.ts';
import { type HeldFile, holdFile } from './heldFile.ts';

export interface InstanceLock {
	/** What is locked is the file, not its name: once that is gone, the next who comes locks another one. */
	readonly look: HeldFile['look'];
	release(): void;
	/** Lets go of a file that has no name any more. */
	drop(): void;
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
	let held: HeldFile;
	try {
		db.pragma('journal_mode = DELETE');
		db.exec('BEGIN EXCLUSIVE');
		held = holdFile(file);
	} catch (error) {
		db.close();
		if (errorCode(error)?.startsWith('SQLITE_BUSY')) return undefined;
		throw error;
	}
	tellHolder(file);
	const drop = () => {
		db.close();
		held.close();
	};
	return {
		look: held.look,
		release() {
			rmSync(holderFile(file), { force: true });
			drop();
		},
		drop,
	};
}

/** Pid of who holds the lock, for a person to act on; null where it could not be written. */
export function lockHolder(file: string): number | null {
	try {
		return Number.parseInt(readFileSync(holderFile(file), 'utf8'), 10) || null;
	} catch {
		return null;
	}
}

// Beside the lock, whose content is the database's. A full disk must not keep the lock from being held.
function tellHolder(file: string): void {
	try {
		writeFileSync(holderFile(file), `${process.pid}\n`, { mode: 0o600 });
	} catch {
		rmSync(holderFile(file), { force: true });
	}
}

const holderFile = (file: string): string => `${file}.pid`;
