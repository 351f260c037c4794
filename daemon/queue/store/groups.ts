/** Groups of jobs (docs/design.md section 3): how many places each has, and who has them. */
import type { Sqlite } from '../../sqlite/open.ts';
import type { Tx } from './tx.ts';

export interface GroupLimit {
	readonly limit: number;
	/** A person set it; else the jobs say it. */
	readonly set: boolean;
}

export interface Groups {
	/** What a person set, else the smallest that an unfinished job of it asks for, else 1. */
	limitOf(group: string): GroupLimit;
	/** Jobs of it that run now. */
	taken(group: string): number;
	/** The first of those that have a place: their ids. */
	holders(group: string, atMost: number): string[];
	/** Names after one: of groups that have an unfinished job, or a limit that was set. */
	names(after: string, atMost: number): string[];
	/** Jobs of it that wait in the queue, counted no further than so many. */
	queued(group: string, atMost: number): number;
	/** `null`: what its jobs say again. */
	update(tx: Tx, group: string, limit: number | null): GroupLimit;
}

export function createGroups(db: Sqlite): Groups {
	const set = db.prepare<[string], { places: number }>(
		'SELECT places FROM job_groups WHERE name = ?',
	);
	const asked = db.prepare<[string], { least: number | null }>(
		`SELECT min(group_limit) AS least FROM jobs WHERE group_name = ? AND group_limit IS NOT NULL AND stage <> 6`,
	);
	const count = db.prepare<[string], { n: number }>(
		`SELECT count(*) AS n FROM jobs INDEXED BY jobs_group_open
		 WHERE group_name = ? AND group_name <> '' AND stage <> 6 AND state = 1 AND phase = 0`,
	);
	const first = db.prepare<[string, number], { id: string }>(
		`SELECT id FROM jobs INDEXED BY jobs_group_open
		 WHERE group_name = +? AND group_name <> '' AND stage <> 6 AND state = 1 AND phase = 0 ORDER BY generation LIMIT +?`,
	);
	const upsert = db.prepare<[string, number]>(
		`INSERT INTO job_groups (name, places) VALUES (?, ?)
		 ON CONFLICT (name) DO UPDATE SET places = excluded.places`,
	);
	const nextOpen = db.prepare<[string], { name: string }>(
		`SELECT group_name AS name FROM jobs INDEXED BY jobs_group_open
		 WHERE group_name <> '' AND stage <> 6 AND group_name > ? ORDER BY group_name LIMIT 1`,
	);
	const nextSet = db.prepare<[string], { name: string }>(
		'SELECT name FROM job_groups WHERE name > ? ORDER BY name LIMIT 1',
	);
	const queued = db.prepare<[string, number], { n: number }>(
		`SELECT count(*) AS n FROM (SELECT 1 FROM jobs INDEXED BY jobs_group_open
		 WHERE group_name = ? AND group_name <> '' AND stage <> 6 AND state = 0 LIMIT +?)`,
	);
	const forget = db.prepare<[string]>('DELETE FROM job_groups WHERE name = ?');

	function limitOf(group: string): GroupLimit {
		const places = set.get(group)?.places;
		if (places !== undefined) return { limit: places, set: true };
		return { limit: asked.get(group)?.least ?? 1, set: false };
	}

	return {
		limitOf,
		taken: (group) => count.get(group)?.n ?? 0,
		holders: (group, atMost) => first.all(group, atMost).map(({ id }) => id),
		names(after, atMost) {
			const names: string[] = [];
			let last = after;
			while (names.length < atMost) {
				const found = [nextOpen.get(last)?.name, nextSet.get(last)?.name];
				const [next] = found.filter((name) => name !== undefined).sort(byBytes);
				if (next === undefined) break;
				names.push(next);
				last = next;
			}
			return names;
		},
		queued: (group, atMost) => queued.get(group, atMost)?.n ?? 0,
		update(tx, group, limit) {
			if (limit === null) forget.run(group);
			else upsert.run(group, limit);
			tx.placeFreed(group);
			return limitOf(group);
		},
	};
}

/** As SQLite has them in order. */
function byBytes(a: string, b: string): number {
	return Buffer.compare(Buffer.from(a), Buffer.from(b));
}
