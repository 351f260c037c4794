import { describe, expect, it } from 'vitest';
import { openQueue, type TestQueue, task } from '../../support/queue.ts';

/** So many jobs that have failed, oldest first. */
async function failed(queue: TestQueue, count: number): Promise<string[]> {
	const jobs = await queue.enqueue(...Array.from({ length: count }, () => task()));
	await queue.jobs.updateQueue({ name: 'default', concurrency: count });
	await queue.jobs.updateQueue({ name: '*', concurrency: count });
	await queue.claim();
	await Promise.all(jobs.map(({ id }) => queue.exit(id, 1)));
	return jobs.map(({ id }) => id);
}

describe('many jobs by a filter', () => {
	it('that are retried are those that were there, not their successors that fail meanwhile', async () => {
		const queue = openQueue();
		const ids = await failed(queue, 450);
		const stop = queue.parts.feed.onEffects(({ changed }) => {
			if (changed.length === 0) return;
			stop();
			void queue.claim().then((claimed) => claimed.map((id) => queue.exit(id, 1)));
		});
		const { count, jobs } = await queue.jobs.retry({ all: true });
		expect(count).toBe(450);
		expect(jobs.map((job) => job.retryOf)).toEqual(ids);
	});

	it('that are cancelled are those that were there, not those that arrive meanwhile', async () => {
		const queue = openQueue();
		await queue.enqueue(...Array.from({ length: 450 }, () => task()));
		let arriving: Promise<unknown> = Promise.resolve();
		const stop = queue.parts.feed.onEffects(() => {
			stop();
			arriving = queue.enqueue(task());
		});
		expect(await queue.jobs.cancel({ all: true })).toMatchObject({ count: 450 });
		await arriving;
		expect(queue.jobs.counts()).toMatchObject({ cancelled: 450, queued: 1 });
	});
});
