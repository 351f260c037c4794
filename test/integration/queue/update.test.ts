/** `job/update`: what waits is changed, and stands where it now belongs. */
import { describe, expect, it } from 'vitest';
import { openQueue, task } from '../../support/queue.ts';

const id = (jobs: readonly { id: string }[], index = 0) => jobs[index]?.id ?? '';

describe('changing what waits', () => {
	it('another priority is another place, within its queue and its subject', async () => {
		const queue = openQueue();
		await queue.jobs.updateQueue({ name: 'default', concurrency: 1 });
		const of = { subject: 's', supersede: 'none' } as const;
		const jobs = await queue.enqueue(task(), task({ ...of }), task({ ...of }), task());
		await queue.jobs.update({ ids: [id(jobs, 2)], priority: 5 });
		expect(await queue.claim()).toEqual([id(jobs, 2)]);
		await queue.exit(id(jobs, 2), 0);
		await queue.jobs.update({ ids: [id(jobs, 0)], priority: -5 });
		expect(await queue.claim()).toEqual([id(jobs, 1)]);
	});

	it('another queue: its limits hold, and both are counted right, now and by the next daemon', async () => {
		const queue = openQueue();
		await queue.jobs.updateQueue({ name: 'default', concurrency: 1 });
		const jobs = await queue.enqueue(task(), task());
		await queue.claim();
		await queue.jobs.update({ ids: [id(jobs, 1)], queue: 'other' });
		const counts = () =>
			queue.jobs.queues().queues.map(({ name, queued, running }) => `${name} ${queued} ${running}`);
		expect(counts()).toEqual(['default 0 1', 'index 0 0', 'other 1 0']);
		expect(await queue.claim()).toEqual([id(jobs, 1)]);
		expect(counts()).toEqual(['default 0 1', 'index 0 0', 'other 0 1']);
	});

	it('another time: later it waits, earlier it starts, and a retry in backoff is no exception', async () => {
		const queue = openQueue();
		const { clock } = queue;
		const jobs = await queue.enqueue(
			task({ maxAttempts: 2, backoff: { baseMs: 60_000, jitter: 0 } }),
		);
		await queue.jobs.update({ ids: [id(jobs)], runAt: clock.now() + 5000 });
		expect(await queue.claim()).toEqual([]);
		expect(queue.dispatch.nextTime()).toBe(clock.now() + 5000);
		clock.advance(5000);
		await queue.dispatch.advance();
		expect(await queue.claim()).toEqual([id(jobs)]);
		await queue.exit(id(jobs), 1);
		await queue.jobs.update({ ids: [id(jobs)], runAt: 0 });
		expect(await queue.claim()).toEqual([id(jobs)]);
	});

	it('does not begin the longest wait for conditions anew', async () => {
		const queue = openQueue();
		const jobs = await queue.enqueue(task({ constraints: { idle: true, maxWaitMs: 1000 } }));
		queue.clock.advance(600);
		await queue.jobs.update({ ids: [id(jobs)], priority: 3, queue: 'other' });
		expect(queue.dispatch.nextTime()).toBe(queue.clock.now() + 400);
	});

	it('title, tag and time limit, set and taken away', async () => {
		const queue = openQueue();
		const jobs = await queue.enqueue(task({ tag: 'a', timeoutMs: 5 }));
		await queue.jobs.update({ ids: [id(jobs)], title: 'New', tag: 'b', timeoutMs: 7 });
		const seen = () => queue.jobs.get(id(jobs)).job;
		expect(seen()).toMatchObject({ title: 'New', tag: 'b', timeoutMs: 7 });
		await queue.jobs.update({ ids: [id(jobs)], tag: null, timeoutMs: null });
		expect(seen()).toMatchObject({ title: 'New', tag: null, timeoutMs: null });
	});

	it('what has started, ended or is not there is told, each with its kind, and the others are changed', async () => {
		const queue = openQueue();
		const [running, waiting, over] = await queue.enqueue(
			task(),
			task({ runAt: queue.clock.now() + 60_000 }),
			task({ runAt: queue.clock.now() + 60_000, deadlineAt: queue.clock.now() + 90_000 }),
		);
		await queue.claim();
		const nobody = '018f4d2e-7c3a-7b1e-9f00-0123456789ab';
		const ids = [running?.id ?? '', waiting?.id ?? '', nobody];
		const answer = await queue.jobs.update({ ids, priority: 9 });
		expect(answer).toMatchObject({
			count: 1,
			skippedCount: 2,
			skipped: [
				{ id: running?.id, kind: 'CONFLICT', reason: expect.stringContaining('it is running') },
				{ id: nobody, kind: 'NOT_FOUND' },
			],
		});
		const late = { ids: [over?.id ?? ''], runAt: queue.clock.now() + 100_000 };
		expect((await queue.jobs.update(late)).skipped[0]?.reason).toContain('deadline');
	});

	it('by a filter, in groups, those that were there', async () => {
		const queue = openQueue();
		await queue.enqueue(...Array.from({ length: 450 }, () => task({ tag: 'x' })), task());
		const order: string[] = [];
		const updated = queue.jobs
			.update({ filter: { tag: 'x' }, queue: 'other' })
			.then(({ count }) => order.push(`updated ${count}`));
		await Promise.all([updated, queue.enqueue(task({ tag: 'x' })).then(() => order.push('new'))]);
		expect(order).toEqual(['new', 'updated 450']);
		expect(queue.jobs.counts().queued).toBe(452);
	});
});

describe('a ready job that is changed', () => {
	it('starts in the queue it was moved to only when that one has room', async () => {
		const queue = openQueue();
		await queue.jobs.updateQueue({ name: 'other', concurrency: 1 });
		await queue.jobs.updateQueue({ name: 'default', concurrency: 1 });
		const [, , moved] = await queue.enqueue(task({ queue: 'other' }), task(), task());
		expect(await queue.claim()).toHaveLength(2);
		await queue.jobs.update({ ids: [moved?.id ?? ''], queue: 'other' });
		await queue.jobs.updateQueue({ name: 'default', concurrency: 3 });
		expect(await queue.claim()).toEqual([]);
	});

	it('stays ready when the clock was set back since its time had come', async () => {
		const queue = openQueue();
		const [job] = await queue.enqueue(task({ runAt: queue.clock.now() + 80 }));
		queue.clock.advance(90);
		await queue.dispatch.advance();
		queue.clock.suspend(-60);
		await queue.jobs.update({ ids: [job?.id ?? ''], priority: 3 });
		expect(await queue.claim()).toEqual([job?.id]);
	});
});
