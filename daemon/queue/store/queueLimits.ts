/** What the runs of a queue's jobs may take, where the jobs themselves say nothing of it. */
import type { Limits } from '../../../shared/jobFields.ts';
import type { Sqlite } from '../../sqlite/open.ts';

export interface QueueLimits {
	of(queue: string): Limits | null;
	/** Queues that have some. */
	names(): string[];
	/** Of jobs that are enqueued from now on; `null`: none. */
	update(queue: string, limits: Limits | null): void;
}

export function createQueueLimits(db: Sqlite): QueueLimits {
	const get = db.prepare<[string], { limits: string }>(
		'SELECT limits FROM queue_limits WHERE queue = ?',
	);
	// From one to the next, as all statements that go through a table.
	const next = db.prepare<[string], { queue: string }>(
		'SELECT queue FROM queue_limits WHERE queue > ? ORDER BY queue LIMIT 1',
	);
	const upsert = db.prepare<[string, string]>(
		'INSERT INTO queue_limits VALUES (?, ?) ON CONFLICT (queue) DO UPDATE SET limits = excluded.limits',
	);
	const forget = db.prepare<[string]>('DELETE FROM queue_limits WHERE queue = ?');
	// Jobs come by the thousand, and mostly no queue has any.
	let some = next.get('') !== undefined;

	return {
		of(queue) {
			const found = some ? get.get(queue) : undefined;
			return found === undefined ? null : (JSON.parse(found.limits) as Limits);
		},
		names() {
			const found: string[] = [];
			for (let one = next.get(''); one !== undefined; one = next.get(one.queue)) {
				found.push(one.queue);
			}
			return found;
		},
		update(queue, limits) {
			some = true;
			if (limits === null) forget.run(queue);
			else upsert.run(queue, JSON.stringify(limits));
		},
	};
}
