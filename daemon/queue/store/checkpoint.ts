/**
 * Carrying the write-ahead log over into the database between groups rather than within their commits, where SQLite
 * would do it by itself: an answer then waits for its own fsync only.
 */
import type { Sqlite } from '../../sqlite/open.ts';
import { layOutLog, logBytes } from './logRoom.ts';

/** About 4 MiB, SQLite's own measure. */
const FRAMES = 1000;
const FRAME_BYTES = 4096 + 24;
/** So long it is from the beginning: as far as it is written as a rule. */
export const LAID_OUT_BYTES = FRAMES * FRAME_BYTES;
/** SQLite does it after all when we do not come to it. */
export const LAST_RESORT_FRAMES = 4 * FRAMES;
/** A log that a reader held up grows; it keeps no more than this once it begins anew. */
export const LOG_BYTES = LAST_RESORT_FRAMES * 4096;

/** The log is looked at when so many rows may be new: they are some hundred frames, and a look takes 10 µs. */
export const ROWS_BETWEEN_LOOKS = 16;

/** @returns what is to be called after each commit, with how many rows it changed, about */
export function createCheckpointer(
	db: Sqlite,
	later: (work: () => void) => void = setImmediate,
): (rows: number) => void {
	const look = db.prepare<[], { log: number; checkpointed: number }>('PRAGMA wal_checkpoint(NOOP)');
	const carry = db.prepare('PRAGMA wal_checkpoint(PASSIVE)');
	let pending = false;
	let length = 0;
	let unseen = 0;
	const layOut = () => {
		if (db.open) layOutLog(db, LAID_OUT_BYTES);
	};
	layOut();
	return (rows) => {
		unseen += Math.max(1, rows);
		if (pending || unseen < ROWS_BETWEEN_LOOKS) return;
		unseen = 0;
		const { log, checkpointed } = look.get() ?? { log: 0, checkpointed: 0 };
		// It began anew, and who made the database smaller may have cut it off.
		if (log < length && logBytes(db) < LAID_OUT_BYTES) later(layOut);
		length = log;
		if (log - checkpointed < FRAMES) return;
		pending = true;
		later(() => {
			pending = false;
			if (!db.open) return;
			try {
				carry.get();
			} catch {
				// A full disk, mostly: the next write says so to whom it concerns.
			}
		});
	};
}
