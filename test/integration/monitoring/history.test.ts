/** What `stats/history` tells of jobs that ended, from the real queue with time in hand. */
import { expect, it } from 'vitest';
import { historyOf } from '../../../daemon/metrics/history/history.ts';
import { startOf } from '../../../daemon/metrics/history/service.ts';
import { createUpkeep } from '../../../daemon/queue/upkeep.ts';
import type { Params } from '../../../shared/protocol/requests.ts';
import { openQueue, type TestQueue, task } from '../../support/queue.ts';

const MINUTE = 60_000;

function history({ parts, clock }: TestQueue, { bucketMs, from }: Params<'stats/history'>) {
	const to = clock.now();
	return historyOf(parts.ended, { bucketMs, start: startOf(bucketMs, from, to), to });
}

/** Waits a second, then runs so long. */
async function ran(queue: TestQueue, seconds: number, exitCode: number, spec = task()) {
	await queue.enqueue(spec);
	queue.clock.advance(1000);
	const [id = ''] = await queue.claim();
	queue.clock.advance(seconds * 1000);
	await queue.exit(id, exitCode);
	return id;
}

it('tells by bucket and queue what ended, and how long it waited and ran', async () => {
	const queue = openQueue();
	const from = Math.floor(queue.clock.now() / MINUTE) * MINUTE;
	queue.clock.advance(from + MINUTE - queue.clock.now());
	await ran(queue, 2, 0);
	await ran(queue, 4, 1);
	const slow = await ran(queue, 10, 0, task({ queue: 'other', title: 'slow' }));
	queue.clock.advance(2 * MINUTE);
	const [cancelled] = await queue.enqueue(task());
	await queue.jobs.cancel({ ids: [cancelled?.id ?? ''] });
	const told = history(queue, { bucketMs: MINUTE, from });
	expect(told.buckets.map(({ at, ended }) => [(at - from) / MINUTE, ended])).toEqual([
		[0, {}],
		[1, { succeeded: 2, failed: 1 }],
		[2, {}],
		[3, { cancelled: 1 }],
	]);
	expect(told.buckets[1]).toMatchObject({
		waitMs: { p50: 1000, p95: 1000 },
		runMs: { p50: 4000, p95: 10_000 },
		queues: {
			default: { ended: { succeeded: 1, failed: 1 }, runMs: { p50: 2000, p95: 4000 } },
			other: { ended: { succeeded: 1 }, runMs: { p50: 10_000, p95: 10_000 } },
		},
	});
	expect(told.buckets[3]).toMatchObject({ waitMs: null, runMs: null });
	expect(told.queues.map((one) => one.queue)).toEqual(['default', 'other']);
	expect(told.kinds[0]).toEqual({
		type: 'command',
		title: 'slow',
		ended: 1,
		failed: 0,
		runMs: { p50: 10_000, p95: 10_000 },
		longest: { id: slow, runMs: 10_000 },
	});
	expect(told.kinds[1]).toMatchObject({ ended: 2, failed: 1 });
});

it('takes a retried job for its last run, due when its backoff was over', async () => {
	const queue = openQueue();
	const from = queue.clock.now();
	const spec = task({ maxAttempts: 2, backoff: { baseMs: 10_000 } });
	const id = await ran(queue, 60, 1, spec);
	const { runAt } = queue.jobs.get(id).job;
	queue.clock.advance(runAt - queue.clock.now());
	await queue.dispatch.advance();
	queue.clock.advance(500);
	expect(await queue.claim()).toEqual([id]);
	queue.clock.advance(3000);
	await queue.exit(id, 0);
	const { queues } = history(queue, { bucketMs: 3_600_000, from });
	expect(queues).toEqual([
		{
			queue: 'default',
			ended: { succeeded: 1 },
			waitMs: { p50: 500, p95: 500 },
			runMs: { p50: 3000, p95: 3000 },
		},
	]);
});

it('says since when nothing that ended is missing', async () => {
	const queue = openQueue();
	const from = queue.clock.now();
	await ran(queue, 1, 0, task({ key: 'kept' }));
	const ids: string[] = [];
	for (let i = 0; i < 4; i++) ids.push(await ran(queue, 1, 0));
	const ends = ids.map((id) => queue.jobs.get(id).job.finishedAt ?? 0);
	// All that is kept is told, and more from before is kept too.
	expect(history(queue, { bucketMs: MINUTE, from: from + MINUTE }).keptSince).toBe(
		Math.floor((from + MINUTE) / MINUTE) * MINUTE,
	);
	const upkeep = createUpkeep(queue.parts);
	await upkeep.sweep({ maxAgeMs: 86_400_000, maxFinished: 3 });
	const { keptSince, queues } = history(queue, { bucketMs: MINUTE, from });
	// The one with a key is older, and stays longer.
	expect(queues[0]?.ended).toEqual({ succeeded: 3 });
	expect(keptSince).toBe(ends[2]);
});

it('refuses more buckets than it tells, and has none of times to come', async () => {
	const queue = openQueue();
	const now = queue.clock.now();
	const refusal = expect.objectContaining({
		kind: 'VALIDATION',
		data: expect.objectContaining({ path: 'from' }),
	});
	expect(() => history(queue, { bucketMs: MINUTE, from: 0 })).toThrow(refusal);
	const most = history(queue, { bucketMs: MINUTE, from: now - 1499 * MINUTE });
	expect(most.buckets.length).toBeLessThanOrEqual(1500);
	expect(history(queue, { bucketMs: MINUTE, from: now + 3_600_000 }).buckets).toEqual([]);
});

it('leaves out what ended in a future that was undone by a clock set back', async () => {
	const queue = openQueue();
	queue.clock.suspend(86_400_000);
	await ran(queue, 1, 0);
	queue.clock.suspend(-86_400_000);
	await ran(queue, 1, 0);
	const { buckets } = history(queue, {
		bucketMs: MINUTE,
		from: queue.clock.now() - MINUTE,
	});
	expect(buckets.reduce((sum, { ended }) => sum + (ended.succeeded ?? 0), 0)).toBe(1);
});
