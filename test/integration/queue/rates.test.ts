/** Rates of queues: so many runs may begin in so long (docs/design.md section 3). */
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '../../support/daemon.ts';
import { openQueue, type TestQueue, task } from '../../support/queue.ts';
import { openScheduler } from '../../support/scheduler.ts';

const MINUTE = 60_000;

async function filled(queue: TestQueue, count: number): Promise<string[]> {
	await queue.jobs.updateQueue({ name: 'default', concurrency: 100 });
	await queue.jobs.updateQueue({ name: '*', concurrency: 100 });
	return (await queue.enqueue(...Array(count).fill(task()))).map(({ id }) => id);
}

async function nextLook(queue: TestQueue): Promise<string[]> {
	const at = queue.dispatch.nextTime() ?? Number.NaN;
	queue.clock.advance(at - queue.clock.now());
	await queue.dispatch.advance();
	return queue.claim();
}

describe('the rate of a queue', () => {
	it('lets a burst begin, then one after the other as tokens come, by one timer', async () => {
		const queue = openQueue();
		const jobs = await filled(queue, 6);
		expect(
			await queue.jobs.updateQueue({ name: 'default', rate: { count: 3, perMs: MINUTE } }),
		).toMatchObject({ name: 'default', concurrency: 100, rate: { count: 3, perMs: MINUTE } });
		expect(await queue.claim()).toEqual(jobs.slice(0, 3));
		for (const id of jobs.slice(0, 3)) await queue.exit(id, 0);
		expect(await queue.claim()).toEqual([]);
		expect(queue.dispatch.nextTime()).toBe(queue.clock.now() + 20_000);
		expect(queue.jobs.explain(jobs[3] ?? '').reasons).toMatchObject([
			{
				kind: 'rate',
				message: 'the rate of queue default, 3 per minute, is used up; the next may start in 20 s',
				until: queue.clock.now() + 20_000,
			},
		]);
		expect(await nextLook(queue)).toEqual([jobs[3]]);
		expect(await nextLook(queue)).toEqual([jobs[4]]);
		queue.clock.advance(5 * MINUTE);
		// Nobody waits for a token that is there.
		expect(queue.dispatch.nextTime()).toBeUndefined();
		expect(queue.jobs.queues().queues[0]?.rate).toEqual({ count: 3, perMs: MINUTE });
		await queue.jobs.updateQueue({ name: 'default', rate: null });
		expect(await queue.claim()).toEqual([jobs[5]]);
	});

	it('counts retries, not what goes on after a pause, and keeps no other queue', async () => {
		const queue = openQueue();
		await queue.jobs.updateQueue({ name: 'default', rate: { count: 2, perMs: MINUTE } });
		const [retried] = await queue.enqueue(
			task({ maxAttempts: 3, backoff: { baseMs: 0, jitter: 0 } }),
			task({ queue: 'other' }),
		);
		const id = retried?.id ?? '';
		expect(await queue.claim()).toHaveLength(2);
		await queue.jobs.pause({ ids: [id] });
		await queue.dispatch.pauseCarriedOut(id, 1, true);
		await queue.jobs.resume({ ids: [id] });
		await queue.claim();
		await queue.exit(id, 1);
		expect(await queue.claim()).toEqual([id]);
		await queue.exit(id, 1);
		expect(await queue.claim()).toEqual([]);
	});

	it('is written with the claim: a restart brings no burst, and takes no token away', async () => {
		const file = join(temporaryFolder(), 'jobs.db');
		const first = openQueue({ file });
		const jobs = await filled(first, 5);
		await first.jobs.updateQueue({ name: 'default', rate: { count: 2, perMs: MINUTE } });
		expect(await first.claim()).toHaveLength(2);
		await first.parts.close();
		first.db.close();
		first.clock.advance(30_000);
		const second = openQueue({ file, clock: first.clock, idsUsed: 5 });
		expect(await second.claim()).toEqual([jobs[2]]);
		// The same rate again is no new bucket, and another one has no more than the old.
		await second.jobs.updateQueue({ name: 'default', rate: { count: 2, perMs: MINUTE } });
		await second.jobs.updateQueue({ name: 'default', rate: { count: 50, perMs: 50 * MINUTE } });
		expect(await second.claim()).toEqual([]);
	});

	it('gains nothing from a clock that is set back, and goes on from there', async () => {
		const queue = openQueue();
		await filled(queue, 5);
		await queue.jobs.updateQueue({ name: 'default', rate: { count: 1, perMs: MINUTE } });
		expect(await queue.claim()).toHaveLength(1);
		queue.clock.advance(30_000);
		queue.clock.suspend(-3 * 3_600_000);
		expect(queue.dispatch.nextTime()).toBe(0);
		await queue.dispatch.advance();
		expect(await queue.claim()).toEqual([]);
		expect(queue.dispatch.nextTime()).toBe(queue.clock.now() + MINUTE);
		expect(await nextLook(queue)).toHaveLength(1);
	});

	it('is waived by run now, which takes a token where there is one', async () => {
		const queue = openQueue();
		const [first, second, third] = await filled(queue, 3);
		await queue.jobs.updateQueue({ name: 'default', rate: { count: 1, perMs: MINUTE } });
		expect(await queue.claim()).toEqual([first]);
		expect(queue.jobs.explain(second ?? '').summary).toContain('Run Now');
		await queue.jobs.runNow({ ids: [second ?? ''] });
		expect(await queue.claim()).toEqual([second]);
		// It had none to take.
		queue.clock.advance(MINUTE);
		await queue.jobs.runNow({ ids: [third ?? ''] });
		expect(await queue.claim()).toEqual([third]);
		await queue.enqueue(task());
		expect(await queue.claim()).toEqual([]);
	});

	it('that a commit took back is as it was', async () => {
		const queue = openQueue();
		const [first] = await filled(queue, 2);
		await queue.jobs.updateQueue({ name: 'default', rate: { count: 1, perMs: MINUTE } });
		const failing = queue.parts.writer.submit((tx) => {
			queue.parts.rates.take('default');
			queue.parts.rates.update(tx, 'other', { count: 1, perMs: 1 });
			throw new Error('undone');
		});
		await expect(failing).rejects.toThrow('undone');
		expect(await queue.claim()).toEqual([first]);
		expect(queue.jobs.queues().queues.map(({ name }) => name)).not.toContain('other');
	});
});

it('the loop looks again when a token comes, and not before', async () => {
	const { queue, clock, running, advance, settle } = openScheduler();
	await queue.jobs.updateQueue({ name: 'default', rate: { count: 1, perMs: 5000 } });
	const [first, second] = await queue.enqueue(task(), task());
	await settle();
	expect([...running.keys()]).toEqual([first?.id]);
	expect(clock.pending).toEqual([5000]);
	await advance(4999, 4999);
	expect([...running.keys()]).toEqual([first?.id]);
	await advance(1, 1);
	expect([...running.keys()]).toEqual([first?.id, second?.id]);
	expect(clock.pending).toEqual([]);
});
