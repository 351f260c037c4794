/** Jobs that wait for an event: released once, durably, whatever else they wait for. */
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { JobSpecInput } from '../../../shared/job.ts';
import { temporaryFolder } from '../../support/daemon.ts';
import { enqueueOne, job, open } from '../../support/machine.ts';
import { FakeClock, openQueue, task } from '../../support/queue.ts';

describe('events', () => {
	const waitsFor = (event: string, more: Partial<JobSpecInput> = {}) => ({
		constraints: { event },
		...more,
	});

	it('release what was enqueued before they fired, once', async () => {
		const { queue } = open();
		const before = await enqueueOne(queue, waitsFor('a'));
		const other = await enqueueOne(queue, waitsFor('b'));
		expect(await queue.jobs.emit('a', '')).toBe(1);
		expect(await queue.jobs.emit('a', '')).toBe(1);
		const after = await enqueueOne(queue, waitsFor('a'));
		await queue.dispatch.advance();
		expect(await queue.claim()).toEqual([before]);
		expect(await queue.jobs.emit('nobody waits', '')).toBe(0);
		expect(job(queue, other).state).toBe('queued');
		expect(await queue.jobs.emit('a', '')).toBe(1);
		await queue.dispatch.advance();
		expect(await queue.claim()).toEqual([after]);
	});

	it('are kept for a job that is not ready yet, also over a retry by hand', async () => {
		const { queue } = open();
		const runAt = queue.clock.now() + 1000;
		const delayed = await enqueueOne(queue, waitsFor('a', { runAt }));
		const held = await enqueueOne(queue, waitsFor('a'));
		await queue.jobs.pause({ ids: [held] });
		await queue.jobs.emit('a', '');
		await queue.dispatch.advance();
		expect(await queue.claim()).toEqual([]);
		queue.clock.advance(1000);
		await queue.dispatch.advance();
		await queue.jobs.resume({ ids: [held] });
		expect(await queue.claim()).toEqual([delayed, held]);
		await queue.exit(held, 1);
		const { jobs } = await queue.jobs.retry({ ids: [held] });
		expect(await queue.claim()).toEqual([jobs[0]?.id]);
	});

	it('are durable: what fired before a crash is released after it', async () => {
		const file = join(temporaryFolder(), 'jobs.db');
		const clock = new FakeClock();
		const first = openQueue({ file, clock });
		const ids = (await first.enqueue(...Array(1200).fill(task(waitsFor('a'))))).map((j) => j.id);
		expect(await first.jobs.emit('a', '')).toBe(1200);
		await first.parts.close();
		first.db.close();
		const second = openQueue({ file, clock, idsUsed: 1200 });
		expect(second.dispatch.nextTime()).toBe(0);
		await second.dispatch.advance();
		expect(second.dispatch.nextTime()).toBeUndefined();
		const ready = second.db.prepare('SELECT count(*) AS n FROM jobs WHERE stage = 1').get();
		expect(ready).toEqual({ n: ids.length });
	});

	it('of a workspace reach its jobs and those of none', async () => {
		const { queue } = open();
		const [a, b] = [temporaryFolder(), temporaryFolder()].map((path) => `file://${path}`);
		const inA = await enqueueOne(queue, waitsFor('e', { workspace: a ?? '' }));
		const inB = await enqueueOne(queue, waitsFor('e', { workspace: b ?? '' }));
		const nowhere = await enqueueOne(queue, waitsFor('e'));
		expect(await queue.jobs.emit('e', job(queue, inA).workspace ?? '')).toBe(2);
		await queue.dispatch.advance();
		expect(new Set(await queue.claim())).toEqual(new Set([inA, nowhere]));
		expect(job(queue, inB).state).toBe('queued');
	});

	it('do not stand in the way of their subject', async () => {
		const { queue } = open();
		const first = await enqueueOne(queue, waitsFor('e', { subject: 's', supersede: 'none' }));
		const second = await enqueueOne(queue, { subject: 's', supersede: 'none' });
		expect(await queue.claim()).toEqual([second]);
		await queue.jobs.emit('e', '');
		await queue.dispatch.advance();
		expect(await queue.claim()).toEqual([]);
		await queue.exit(second, 0);
		expect(await queue.claim()).toEqual([first]);
	});
});
