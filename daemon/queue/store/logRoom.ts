/**
 * Room for the write-ahead log, laid out ahead of what is written to it. A commit that makes the file longer waits for
 * the file system's own journal as well: twice as long as one that writes over what is there.
 */
import { closeSync, fstatSync, ftruncateSync, openSync, statSync, writeSync } from 'node:fs';
import type { Sqlite } from '../../sqlite/open.ts';

const ZEROS_BYTES = 1024 * 1024;

/** How long the log of this database is now. */
export const logBytes = (db: Sqlite): number =>
	statSync(logOf(db), { throwIfNoEntry: false })?.size ?? 0;

const logOf = (db: Sqlite): string => `${db.name}-wal`;

/** Makes the log of this database `bytes` long where it is shorter. Zeros behind the last frame are no frame to SQLite. */
export function layOutLog(db: Sqlite, bytes: number): void {
	if (db.inTransaction) {
		lengthen(logOf(db), bytes);
		return;
	}
	try {
		// Whoever else writes to this database (a person's sqlite3) must not be adding a frame in the same place.
		db.exec('BEGIN IMMEDIATE');
	} catch {
		return;
	}
	try {
		lengthen(logOf(db), bytes);
	} finally {
		db.exec('ROLLBACK');
	}
}

function lengthen(file: string, bytes: number): void {
	let fd: number;
	try {
		fd = openSync(file, 'r+');
	} catch {
		// Not the journal that is in use.
		return;
	}
	const length = fstatSync(fd).size;
	try {
		// Zeros and not a hole: the blocks have to be there.
		const zeros = Buffer.alloc(Math.min(ZEROS_BYTES, Math.max(0, bytes - length)));
		for (let at = length; at < bytes; ) {
			at += writeSync(fd, zeros, 0, Math.min(zeros.length, bytes - at), at);
		}
	} catch {
		// A full disk: what is left of it is for what people do.
		ftruncateSync(fd, length);
	} finally {
		closeSync(fd);
	}
}
