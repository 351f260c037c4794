import { describe, expect, it } from 'vitest';
import type { Order } from '../../../daemon/queue/store/tx.ts';
import { openQueue, type TestQueue, task } from '../../support/queue.ts';

const job = (queue: TestQueue, id: string | undefined) => queue.jobs.get(id ?? '').job;

function recordOrders(queue: TestQueue): string[] {
	const orders: string[] = [];
	const note = (order: Order) => orders.push(`${order.kind} ${order.id.slice(-1)}.${order.run}`);
	queue.parts.feed.onEffects((effects) => effects.orders.forEach(note));
	return orders;
}

describe('pause and resume', () => {
	it('hold a waiting job, also behind its subject, until it is resumed', async () => {
		const queue = openQueue();
		const [held, other] = await queue.enqueue(
			task({ subject: 's', supersede: 'none' }),
			task({ subject: 's', supersede: 'none' }),
		);
		await queue.jobs.pause({ ids: [held?.id ?? ''] });
		expect(job(queue, held?.id)).toMatchObject({ state: 'queued', held: true });
		expect(queue.jobs.explain(held?.id ?? '').reasons[0]).toMatchObject({ kind: 'held' });
		expect(await queue.claim()).toEqual([other?.id]);
		await queue.jobs.resume({ ids: [held?.id ?? ''] });
		expect(await queue.claim()).toEqual([]);
		await queue.exit(other?.id ?? '', 0);
		expect(await queue.claim()).toEqual([held?.id]);
	});

	it('give the slot of a running job back, and wait for one to go on', async () => {
		const queue = openQueue();
		await queue.jobs.updateQueue({ name: 'default', concurrency: 1 });
		const orders = recordOrders(queue);
		const [a, b] = await queue.enqueue(task(), task());
		await queue.claim();
		await queue.jobs.pause({ ids: [a?.id ?? ''] });
		expect(orders).toEqual(['pause 1.1']);
		await queue.dispatch.pauseCarriedOut(a?.id ?? '', 1, true);
		expect(job(queue, a?.id).state).toBe('paused');
		expect(await queue.claim()).toEqual([b?.id]);

		await queue.jobs.resume({ ids: [a?.id ?? ''] });
		await queue.claim();
		expect(job(queue, a?.id)).toMatchObject({ state: 'paused', held: false });
		await queue.exit(b?.id ?? '', 0);
		await queue.claim();
		expect(job(queue, a?.id).state).toBe('running');
		expect(orders).toEqual(['pause 1.1', 'resume 1.1']);
		await queue.exit(a?.id ?? '', 0);
		expect(job(queue, a?.id)).toMatchObject({ state: 'succeeded', run: 1 });
	});

	it('settle a resume that overtakes the pause', async () => {
		const queue = openQueue();
		const orders = recordOrders(queue);
		const [a] = await queue.enqueue(task());
		await queue.claim();
		await queue.jobs.pause({ ids: [a?.id ?? ''] });
		await queue.jobs.resume({ ids: [a?.id ?? ''] });
		await queue.dispatch.pauseCarriedOut(a?.id ?? '', 1, true);
		expect(job(queue, a?.id)).toMatchObject({ state: 'running', held: false });
		expect(orders).toEqual(['pause 1.1', 'resume 1.1', 'resume 1.1']);
	});

	it('requeue, still held, what cannot be paused but restarted; let the rest go on', async () => {
		const queue = openQueue();
		const [kept, other] = await queue.enqueue(task({ restartable: true }), task());
		await queue.claim();
		await queue.jobs.pause({ all: true });
		await queue.dispatch.pauseCarriedOut(kept?.id ?? '', 1, false);
		await queue.dispatch.pauseCarriedOut(other?.id ?? '', 1, false);
		expect(job(queue, other?.id)).toMatchObject({ state: 'running', held: false });
		const outcome = { kind: 'signal', signal: 'SIGTERM' } as const;
		await queue.dispatch.finish({ id: kept?.id ?? '', run: 1, outcome });
		expect(job(queue, kept?.id)).toMatchObject({ state: 'queued', held: true, attempt: 0 });
		expect(await queue.claim()).toEqual([]);
		await queue.jobs.resume({ all: true });
		expect(await queue.claim()).toEqual([kept?.id]);
	});

	it('say so where what runs cannot be paused, and hold what waits all the same', async () => {
		const queue = openQueue({ canPauseRuns: false });
		const orders = recordOrders(queue);
		const [once, restartable] = await queue.enqueue(task(), task({ restartable: true }));
		await queue.claim();
		const [waiting] = await queue.enqueue(task());
		const ids = [once, restartable, waiting].map((made) => made?.id ?? '');
		expect(await queue.jobs.pause({ ids })).toMatchObject({
			count: 2,
			skipped: [{ id: once?.id, reason: expect.stringMatching(/cannot be paused here/) }],
		});
		expect(job(queue, once?.id)).toMatchObject({ state: 'running', held: false });
		expect(job(queue, restartable?.id).held).toBe(true);
		expect(job(queue, waiting?.id)).toMatchObject({ state: 'queued', held: true });
		expect(orders).toEqual(['pause 2.1']);
	});

	it('let the log of a job tell that it could not be paused', async () => {
		const queue = openQueue();
		const orders: Order[] = [];
		queue.parts.feed.onEffects((effects) => orders.push(...effects.orders));
		const [a] = await queue.enqueue(task());
		await queue.claim();
		await queue.jobs.pause({ ids: [a?.id ?? ''] });
		await queue.dispatch.pauseCarriedOut(a?.id ?? '', 1, false);
		expect(orders.at(-1)).toMatchObject({
			kind: 'resume',
			reason: 'its processes could not be made to stand still',
		});
	});

	it('let a run that ended well in the moment it was paused wait for its children', async () => {
		// Found by the model: it stayed paused, gave its slot to nobody and never ended.
		const queue = openQueue();
		const [parent] = await queue.enqueue(task());
		await queue.claim();
		const parentId = parent?.id ?? '';
		const [child] = await queue.enqueue(task({ parentId }));
		await queue.claim();
		await queue.jobs.pause({ ids: [parentId] });
		await queue.dispatch.pauseCarriedOut(parentId, 1, true);
		await queue.exit(parentId, 0);
		expect(job(queue, parentId)).toMatchObject({ state: 'running', phase: 'children', held: true });
		expect(queue.jobs.counts()).toMatchObject({ running: 2, paused: 0 });
		await queue.jobs.resume({ ids: [parentId] });
		await queue.exit(child?.id ?? '', 0);
		expect(job(queue, parentId).state).toBe('succeeded');
	});

	it('take children along and cancel a paused job for good', async () => {
		const queue = openQueue();
		const [parent] = await queue.enqueue(task());
		await queue.claim();
		const parentId = parent?.id ?? '';
		const [running] = await queue.enqueue(task({ parentId }));
		await queue.claim();
		const [waiting] = await queue.enqueue(task({ parentId }));
		await queue.exit(parentId, 0);
		await queue.jobs.pause({ ids: [parentId] });
		await queue.swept();
		await queue.dispatch.pauseCarriedOut(running?.id ?? '', 1, true);
		expect(job(queue, parentId)).toMatchObject({ children: { paused: 1, queued: 1 }, held: true });
		await queue.jobs.cancel({ ids: [parentId] });
		await queue.swept();
		expect(job(queue, waiting?.id).state).toBe('cancelled');
		expect(job(queue, running?.id)).toMatchObject({ state: 'paused', stopping: 'cancel' });
		const outcome = { kind: 'signal', signal: 'SIGKILL' } as const;
		await queue.dispatch.finish({ id: running?.id ?? '', run: 1, outcome });
		expect(job(queue, running?.id).state).toBe('cancelled');
	});
});

describe('run now', () => {
	it('waives limits, pauses and start times, once', async () => {
		const queue = openQueue();
		await queue.jobs.updateQueue({ name: 'default', concurrency: 1 });
		await queue.jobs.updateQueue({ name: '*', paused: true });
		const runAt = queue.clock.now() + 1e6;
		const [a, b, c] = await queue.enqueue(
			task({ subject: 's', maxAttempts: 2, backoff: { baseMs: 0 } }),
			task({ runAt }),
			task(),
		);
		await queue.jobs.pause({ ids: [c?.id ?? ''] });
		const ids = [a?.id ?? '', b?.id ?? '', c?.id ?? ''];
		expect(await queue.jobs.runNow({ ids })).toMatchObject({ count: 3 });
		expect(await queue.claim()).toEqual(ids);
		expect(job(queue, c?.id).held).toBe(false);
		expect(await queue.jobs.runNow({ ids: [a?.id ?? ''] })).toMatchObject({
			count: 0,
			skippedCount: 1,
		});
		await queue.exit(a?.id ?? '', 1);
		expect(await queue.claim()).toEqual([]);
	});

	it('still waits for its subject', async () => {
		const queue = openQueue();
		const [a] = await queue.enqueue(task({ subject: 's' }));
		await queue.claim();
		const [b] = await queue.enqueue(task({ subject: 's' }));
		await queue.jobs.runNow({ ids: [b?.id ?? ''] });
		expect(await queue.claim()).toEqual([]);
		await queue.exit(a?.id ?? '', 0);
		expect(await queue.claim()).toEqual([b?.id]);
	});
});

describe('removal', () => {
	it('takes finished jobs only, and frees their keys when a day has passed since their end', async () => {
		const queue = openQueue();
		const [done, open] = await queue.enqueue(task({ key: 'k' }), task());
		await queue.claim();
		await queue.exit(done?.id ?? '', 0);
		const removed: string[] = [];
		queue.parts.feed.onEffects((effects) => removed.push(...effects.removed));
		const result = await queue.jobs.remove({ ids: [done?.id ?? '', open?.id ?? ''] });
		expect(result).toMatchObject({ count: 1, skippedCount: 1 });
		expect(removed).toEqual([done?.id]);
		expect(() => queue.jobs.get(done?.id ?? '')).toThrow(
			expect.objectContaining({ kind: 'NOT_FOUND' }),
		);
		const [same] = await queue.enqueue(task({ key: 'k' }));
		expect(same).toMatchObject({ id: done?.id, state: 'succeeded', existing: true });
		const other = task({ key: 'k', title: 'other' });
		await expect(queue.enqueue(other)).rejects.toMatchObject({ kind: 'CONFLICT' });
		queue.clock.advance(24 * 3_600_000);
		expect(await queue.enqueue(other)).toMatchObject([{ existing: false }]);
		expect(queue.jobs.counts().succeeded).toBe(0);
	});

	it('follows age and number, and keeps keys for a day', async () => {
		const queue = openQueue();
		const day = 24 * 3_600_000;
		const ids = (await queue.enqueue(task({ key: 'k' }), task(), task(), task())).map((j) => j.id);
		await queue.claim();
		for (const id of ids) await queue.exit(id, 0);
		const sweep = (maxAgeMs: number, maxFinished: number) =>
			queue.parts.writer.submit((tx) =>
				queue.parts.removal.sweep(tx, { maxAgeMs, maxFinished }, queue.jobs.counts().succeeded),
			);
		await sweep(day, 3);
		expect(
			queue.jobs.list({ filter: {}, sort: 'createdAt', limit: 9 }).jobs.map((j) => j.id),
		).toEqual([ids[0], ids[2], ids[3]]);
		queue.clock.advance(day + 1);
		await sweep(day, 100);
		expect(queue.jobs.counts().succeeded).toBe(0);
	});
});
