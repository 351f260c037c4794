/** Concurrency limits and pauses of queues, as a person set them; defaults come from the machine. */
import type { Sqlite } from '../sqlite/open.ts';
import type { Tx } from './tx.ts';

export interface QueueLimit {
	readonly concurrency: number;
	readonly paused: boolean;
}

/** The name under which the global limit and pause are kept. */
export const EVERYTHING = '*';

export interface Limits {
	of(queue: string): QueueLimit;
	/** Queues that differ from the default. */
	names(): string[];
	update(tx: Tx, queue: string, change: Partial<QueueLimit>): QueueLimit;
	/** Takes over what an update has committed. */
	reload(): void;
}

interface Row {
	name: string;
	concurrency: number | null;
	paused: number;
}

export function createLimits(db: Sqlite, cores: number): Limits {
	const all = db.prepare<[], Row>('SELECT name, concurrency, paused FROM queues');
	// What is not said stays as it is stored: memory does not know yet what others of the group have changed.
	const upsert = db.prepare<[string, number | null, number | null, number | null], Row>(
		`INSERT INTO queues (name, concurrency, paused) VALUES (?, ?, coalesce(?, 0))
		 ON CONFLICT (name) DO UPDATE SET concurrency = coalesce(excluded.concurrency, concurrency),
		 paused = coalesce(?, paused) RETURNING name, concurrency, paused`,
	);
	let rows = new Map<string, Row>();

	function defaultFor(queue: string): number {
		if (queue === EVERYTHING) return Math.max(8, 2 * cores);
		return queue === 'index' ? Math.max(1, Math.floor(cores / 2)) : 4;
	}

	function limitIn(row: Row | undefined, queue: string): QueueLimit {
		return { concurrency: row?.concurrency ?? defaultFor(queue), paused: row?.paused === 1 };
	}

	function reload(): void {
		rows = new Map(all.all().map((row) => [row.name, row]));
	}

	reload();
	return {
		of: (queue) => limitIn(rows.get(queue), queue),
		reload,
		names: () => [...rows.keys()].filter((name) => name !== EVERYTHING),
		update(tx, queue, change) {
			const paused = change.paused === undefined ? null : Number(change.paused);
			const row = upsert.get(queue, change.concurrency ?? null, paused, paused);
			tx.wake();
			return limitIn(row, queue);
		},
	};
}
