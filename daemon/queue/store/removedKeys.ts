/** Keys of jobs that were removed before their keys were free: they stand for those jobs until then. */
import type { Sqlite } from '../../sqlite/open.ts';
import type { JobRow } from './rows.ts';
import type { Tx } from './tx.ts';

/** A key stays taken this long after its job's end at least (docs/design.md section 3). */
export const KEY_KEPT_MS = 24 * 3_600_000;
const BATCH = 500;

export type KeyOwner = Pick<JobRow, 'id' | 'generation' | 'state' | 'spec_hash'>;

export interface RemovedKeys {
	/** This job's row is about to go. */
	keep(tx: Tx, row: JobRow): void;
	ownerOf(tx: Tx, key: string): KeyOwner | undefined;
	/** Forgets some of those that are free. */
	sweep(tx: Tx): void;
}

export function createRemovedKeys(db: Sqlite): RemovedKeys {
	const add = db.prepare(
		`INSERT OR REPLACE INTO removed_keys (key, spec_hash, id, generation, state, free_at)
		 VALUES (?, ?, ?, ?, ?, ?)`,
	);
	const find = db.prepare<[string, number], KeyOwner>(
		'SELECT id, generation, state, spec_hash FROM removed_keys WHERE key = ? AND free_at > ?',
	);
	const forget = db.prepare<[number]>(
		`DELETE FROM removed_keys WHERE key IN
		 (SELECT key FROM removed_keys WHERE free_at <= ? LIMIT ${BATCH})`,
	);
	return {
		keep(tx, { key, spec_hash, id, generation, state, finished_at }) {
			const freeAt = (finished_at ?? tx.now) + KEY_KEPT_MS;
			if (key !== null && freeAt > tx.now) add.run(key, spec_hash, id, generation, state, freeAt);
		},
		ownerOf: (tx, key) => find.get(key, tx.now),
		sweep: (tx) => forget.run(tx.now),
	};
}
