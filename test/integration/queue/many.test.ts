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

it('many jobs by their ids let others come in between', async () => {
	const queue = openQueue();
	const ids = await failed(queue, 900);
	const order: string[] = [];
	const removed = queue.jobs.remove({ ids }).then(() => order.push('removed'));
	const enqueued = queue.enqueue(task()).then(() => order.push('enqueued'));
	await Promise.all([removed, enqueued]);
	expect(order).toEqual(['enqueued', 'removed']);
});

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

	it('that are as asked already are neither counted nor skipped', async () => {
		const queue = openQueue();
		const [held] = await queue.enqueue(task(), task(), task());
		const nothing = { count: 0, skipped: [], skippedCount: 0 };
		expect(await queue.jobs.resume({ all: true })).toEqual(nothing);
		await queue.jobs.pause({ ids: [held?.id ?? ''] });
		expect(await queue.jobs.pause({ all: true })).toMatchObject({ count: 2, skippedCount: 0 });
		expect(await queue.jobs.pause({ filter: { queue: ['default'] } })).toEqual(nothing);
		expect(await queue.jobs.resume({ all: true })).toMatchObject({ count: 3, skippedCount: 0 });
	});

	it('that were named by a state that refuses are skipped, each with its reason up to a hundred', async () => {
		const queue = openQueue();
		const ids = await failed(queue, 150);
		const answer = await queue.jobs.cancel({ filter: { state: ['failed'] } });
		expect(answer).toMatchObject({ count: 0, skippedCount: 150 });
		expect(answer.skipped).toEqual(
			ids.slice(0, 100).map((id) => ({ id, reason: 'it is already failed' })),
		);
	});

	it('that belong to an open parent stay, and the answer says so', async () => {
		const queue = openQueue();
		const [parent] = await queue.enqueue(task());
		await queue.claim();
		const [child] = await queue.enqueue(task({ parentId: parent?.id ?? '' }));
		await queue.claim();
		await queue.exit(child?.id ?? '', 1);
		const skipped = [
			{ id: child?.id, reason: expect.stringMatching(/^its parent .* is still open/) },
		];
		const refused = { count: 0, skippedCount: 1, skipped };
		expect(await queue.jobs.remove({ all: true })).toEqual(refused);
		expect(await queue.jobs.retry({ all: true })).toEqual({ ...refused, jobs: [] });
	});

	it('that went along with their parents are counted', async () => {
		const queue = openQueue();
		const [parent] = await queue.enqueue(task());
		await queue.claim();
		await queue.enqueue(...[1, 2].map(() => task({ parentId: parent?.id ?? '' })));
		const all = { count: 3, skippedCount: 0 };
		expect(await queue.jobs.pause({ all: true })).toMatchObject(all);
		expect(await queue.jobs.resume({ all: true })).toMatchObject(all);
		expect(await queue.jobs.cancel({ all: true })).toMatchObject(all);
	});
});
