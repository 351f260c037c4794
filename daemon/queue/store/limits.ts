/** Concurrency limits and pauses of queues, as a person set them; defaults come from the machine. */
import type { Sqlite } from '../../sqlite/open.ts';
import type { Tx } from './tx.ts';

export interface QueueLimit {
	readonly concurrency: number;
	readonly paused: boolean;
}

export interface LimitChange {
	/** `null`: the default again. */
	readonly concurrency?: number | null;
	readonly paused?: boolean;
}

/** The name under which the global limit and pause are kept. */
export const EVERYTHING = '*';

export interface Limits {
	of(queue: string): QueueLimit;
	/** Somebody set how many run at once: then functions count, too. */
	isSet(queue: string): boolean;
	/** Queues that differ from the default. */
	names(): string[];
	update(tx: Tx, queue: string, change: LimitChange): QueueLimit;
	/** After each commit: takes over what updates in it have changed. */
	committed(): void;
}

interface Row {
	name: string;
	concurrency: number | null;
	paused: number;
}

export function createLimits(db: Sqlite, cores: number): Limits {
	const all = db.prepare<[], Row>('SELECT name, concurrency, paused FROM queues');
	const one = db.prepare<[string], Row>(
		'SELECT name, concurrency, paused FROM queues WHERE name = ?',
	);
	const forget = db.prepare<[string]>(
		'DELETE FROM queues WHERE name = ? AND concurrency IS NULL AND paused = 0',
	);
	// What is not said stays as it is stored: memory does not know yet what others of the group have changed.
	const upsert = db.prepare<[string, number | null, number | null, number, number | null], Row>(
		`INSERT INTO queues (name, concurrency, paused) VALUES (?, ?, coalesce(?, 0))
		 ON CONFLICT (name) DO UPDATE SET concurrency = iif(?, excluded.concurrency, concurrency),
		 paused = coalesce(?, paused) RETURNING name, concurrency, paused`,
	);
	const rows = new Map(all.all().map((row) => [row.name, row]));
	/** It may be of a commit that failed: then reading it anew changes nothing. */
	const changed = new Set<string>();

	function defaultFor(queue: string): number {
		if (queue === EVERYTHING) return Math.max(8, 2 * cores);
		return queue === 'index' ? Math.max(1, Math.floor(cores / 2)) : 4;
	}

	function limitIn(row: Row | undefined, queue: string): QueueLimit {
		return { concurrency: row?.concurrency ?? defaultFor(queue), paused: row?.paused === 1 };
	}

	return {
		of: (queue) => limitIn(rows.get(queue), queue),
		isSet: (queue) => (rows.get(queue)?.concurrency ?? null) !== null,
		committed() {
			for (const name of changed) {
				const row = one.get(name);
				if (row === undefined) rows.delete(name);
				else rows.set(name, row);
			}
			changed.clear();
		},
		names: () => [...rows.keys()].filter((name) => name !== EVERYTHING),
		update(tx, queue, change) {
			const paused = change.paused === undefined ? null : Number(change.paused);
			const named = Number(change.concurrency !== undefined);
			const row = upsert.get(queue, change.concurrency ?? null, paused, named, paused);
			// A row that says nothing is as none.
			forget.run(queue);
			changed.add(queue);
			tx.wake();
			return limitIn(row, queue);
		},
	};
}
