/** Counts that outlive the daemon: changed with the transaction that is open, read when somebody asks. */
import type { Sqlite } from '../../sqlite/open.ts';

export type LastingName =
	| 'poison'
	/** Epoch ms, not a count. */
	| 'poison_last'
	| 'orphans_found'
	| 'orphans_killed'
	/** Epoch ms, not a count. */
	| 'orphans_last_found'
	/** How often the daemon was started, and when the last few times, epoch ms. */
	| 'starts'
	| `started_${number}`
	| 'recovered_interrupted'
	| 'recovered_requeued'
	| 'recovered_resolved';

export interface Lasting {
	add(name: LastingName, n: number): void;
	set(name: LastingName, value: number): void;
	/** Names that were never counted are absent. */
	all(): ReadonlyMap<string, number>;
}

export function createLasting(db: Sqlite): Lasting {
	const add = db.prepare<[string, number]>(
		`INSERT INTO lasting_counts (name, value) VALUES (?, ?)
		 ON CONFLICT (name) DO UPDATE SET value = value + excluded.value`,
	);
	const set = db.prepare<[string, number]>(
		`INSERT INTO lasting_counts (name, value) VALUES (?, ?)
		 ON CONFLICT (name) DO UPDATE SET value = excluded.value`,
	);
	const all = db.prepare<[], { name: string; value: number }>(
		'SELECT name, value FROM lasting_counts',
	);
	return {
		add: (name, n) => void add.run(name, n),
		set: (name, value) => void set.run(name, value),
		all: () => new Map(all.all().map(({ name, value }) => [name, value])),
	};
}
