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
	const upsert = db.prepare(
		`INSERT INTO queues (name, concurrency, paused) VALUES (?, ?, ?)
		 ON CONFLICT (name) DO UPDATE SET concurrency = excluded.concurrency, paused = excluded.paused`,
	);
	let rows = new Map<string, Row>();

	function defaultFor(queue: string): number {
		if (queue === EVERYTHING) return Math.max(8, 2 * cores);
		return queue === 'index' ? Math.max(1, Math.floor(cores / 2)) : 4;
	}

	function of(queue: string): QueueLimit {
		const row = rows.get(queue);
		return { concurrency: row?.concurrency ?? defaultFor(queue), paused: row?.paused === 1 };
	}

	function reload(): void {
		rows = new Map(all.all().map((row) => [row.name, row]));
	}

	reload();
	return {
		of,
		reload,
		names: () => [...rows.keys()].filter((name) => name !== EVERYTHING),
		update(tx, queue, change) {
			const concurrency = change.concurrency ?? rows.get(queue)?.concurrency ?? null;
			const paused = change.paused ?? of(queue).paused;
			upsert.run(queue, concurrency, paused ? 1 : 0);
			tx.wake();
			return { concurrency: concurrency ?? defaultFor(queue), paused };
		},
	};
}
