/** Caps of runs within the memory of the machine: who waits for room, and who comes first. */
import { describe, expect, it } from 'vitest';
import type { JobSpecInput } from '../../../shared/job.ts';
import { openQueue, type TestQueue, task } from '../../support/queue.ts';

const capped = (memoryMB: number, more: Partial<JobSpecInput> = {}) =>
	task({ limits: { memoryMB }, ...more });

async function openWith(roomMB: () => number | undefined): Promise<TestQueue> {
	const queue = openQueue({ roomMB });
	await queue.jobs.updateQueue({ name: 'default', concurrency: 9 });
	return queue;
}

const reasonsOf = (queue: TestQueue, id: string | undefined) =>
	queue.jobs.explain(id ?? '').reasons.map(({ kind, message }) => `${kind}: ${message}`);

describe('room', () => {
	it('is waited for by class, while smaller caps and none pass by', async () => {
		const queue = await openWith(() => 4096);
		const [big, large, other, small, free] = await queue.enqueue(
			capped(3200),
			capped(1500, { title: 'large' }),
			capped(1100),
			capped(500),
			task(),
		);
		expect(await queue.claim()).toEqual([big?.id, small?.id, free?.id]);
		expect(reasonsOf(queue, large?.id)).toEqual([
			`room: waits for room: 3.6 of 4.0 GB taken by ${big?.id}, ${small?.id}`,
		]);
		const waiting: string[] = [];
		queue.parts.figures.waiting((_, reason, count) => waiting.push(`${reason} ${count}`));
		expect(waiting).toEqual(['room 2']);
		expect(queue.jobs.room()).toEqual({
			allowedMB: 4096,
			takenMB: 3700,
			holders: [big?.id, small?.id],
			uncapped: 1,
		});

		// A paused run keeps what it has.
		await queue.jobs.pause({ ids: [big?.id ?? ''] });
		await queue.dispatch.pauseCarriedOut(big?.id ?? '', 1, true);
		expect(await queue.claim()).toEqual([]);
		await queue.jobs.cancel({ ids: [big?.id ?? ''] });
		await queue.exit(big?.id ?? '', 1);
		expect(await queue.claim()).toEqual([large?.id, other?.id]);
	});

	it('is there for a cap above all of it once nobody else has one, and for Run Now', async () => {
		const queue = await openWith(() => 1000);
		const [first, huge, now] = await queue.enqueue(capped(100), capped(9000), capped(800));
		expect(await queue.claim()).toEqual([first?.id]);
		await queue.jobs.runNow({ ids: [now?.id ?? ''] });
		expect(await queue.claim()).toEqual([now?.id]);
		await queue.exit(first?.id ?? '', 0);
		expect(await queue.claim()).toEqual([]);
		await queue.exit(now?.id ?? '', 0);
		expect(await queue.claim()).toEqual([huge?.id]);
	});

	it('is kept for who has waited a minute, whatever its maxWaitMs', async () => {
		const queue = await openWith(() => 1024);
		const constraints = { idle: true, maxWaitMs: 1000 };
		const [first, large] = await queue.enqueue(capped(600), capped(500, { constraints }));
		expect(await queue.claim()).toEqual([first?.id]);
		queue.clock.advance(30_000);
		await queue.dispatch.advance();
		const [early] = await queue.enqueue(capped(200));
		expect(await queue.claim()).toEqual([early?.id]);
		await queue.exit(early?.id ?? '', 0);
		queue.clock.advance(60_000);
		const [late, better, free] = await queue.enqueue(
			capped(100),
			capped(100, { priority: 5 }),
			task(),
		);
		expect(await queue.claim()).toEqual([better?.id, free?.id]);
		expect(reasonsOf(queue, late?.id)).toEqual([
			`room: waits for room: job ${large?.id} has waited for it for more than a minute, and comes first`,
		]);
		await queue.exit(first?.id ?? '', 0);
		expect(await queue.claim()).toEqual([large?.id, late?.id]);
	});

	it('is of no account where it is not bounded, and a later bound counts at once', async () => {
		let roomMB: number | undefined;
		const queue = await openWith(() => roomMB);
		const [a, b, c] = await queue.enqueue(capped(5000), capped(5000), capped(16));
		expect(await queue.claim()).toEqual([a?.id, b?.id, c?.id]);
		expect(queue.jobs.room()).toBeUndefined();
		roomMB = 4096;
		const [d] = await queue.enqueue(capped(16));
		expect(await queue.claim()).toEqual([]);
		expect(reasonsOf(queue, d?.id)[0]).toContain('9.8 of 4.0 GB taken');
	});

	it('is what the cap of a queue needs, too', async () => {
		const queue = await openWith(() => 1024);
		await queue.jobs.updateQueue({
			name: 'default',
			limits: { memoryMB: 600, onUnenforceable: 'ignore' },
		});
		const [first, second] = await queue.enqueue(task(), task());
		expect(await queue.claim()).toEqual([first?.id]);
		expect(reasonsOf(queue, second?.id)[0]).toContain('room: ');
		const again = await queue.jobs.retry({ ids: [first?.id ?? ''] }).catch(() => undefined);
		expect(again).toBeDefined();
	});
});
