/** What runs write down for the next run of their job. */
import { expect, test } from 'vitest';
import type { ClaimedRun } from '../../../daemon/queue/dispatch.ts';
import { openQueue, type TestQueue, task } from '../../support/queue.ts';

async function claimed(queue: TestQueue): Promise<ClaimedRun> {
	const [run] = await queue.dispatch.claim(() => 0);
	if (run === undefined) throw new Error('Nothing was claimed.');
	return run;
}

const kept = (queue: TestQueue): string[] =>
	queue.db.prepare<[], string>('SELECT value FROM checkpoints ORDER BY job').pluck().all();

test('the first is kept at once, what follows within a second is kept once, as the newest', async () => {
	const queue = openQueue();
	await queue.enqueue(task(), task());
	const runs = await queue.dispatch.claim(() => 0);
	const [a, b] = runs.map(({ row }) => row.id);
	if (a === undefined || b === undefined) throw new Error('Not both were claimed.');
	const first = queue.dispatch.reportCheckpoint(a, 1, '1');
	queue.clock.advance(0);
	await first;
	expect(kept(queue)).toEqual(['1']);
	const later = [
		...['2', '3', '4'].map((json) => queue.dispatch.reportCheckpoint(a, 1, json)),
		queue.dispatch.reportCheckpoint(b, 1, '{"b":1}'),
	];
	queue.clock.advance(999);
	expect(queue.clock.pending).toEqual([1]);
	expect(kept(queue)).toEqual(['1']);
	queue.clock.advance(1);
	await Promise.all(later);
	expect(kept(queue)).toEqual(['4', '{"b":1}']);
	expect(queue.clock.pending).toEqual([]);
});

test('the next run has what the last one said in its last moment; another run says nothing any more', async () => {
	const queue = openQueue();
	const backoff = { baseMs: 1, jitter: 0 };
	const [job] = await queue.enqueue(task({ restartable: true, maxAttempts: 2, backoff }));
	const id = job?.id ?? '';
	expect((await claimed(queue)).checkpoint).toBeUndefined();
	void queue.dispatch.reportCheckpoint(id, 1, '{"page":7}');
	await queue.dispatch.finish({ id, run: 1, outcome: { kind: 'interrupted' } });
	expect(await claimed(queue)).toMatchObject({ row: { run: 2 }, checkpoint: '{"page":7}' });
	// A straggler of the first run.
	void queue.dispatch.reportCheckpoint(id, 1, '"late"');
	queue.clock.advance(1000);
	void queue.dispatch.reportCheckpoint(id, 2, '{"page":8}');
	await queue.dispatch.reportCheckpoint(id, 1, '"later"');
	await queue.exit(id, 1);
	queue.clock.advance(1);
	await queue.dispatch.advance();
	expect(await claimed(queue)).toMatchObject({ row: { run: 3 }, checkpoint: '{"page":8}' });
});

test('a retry by hand takes it along, but not from what succeeded, and it goes with its job', async () => {
	const queue = openQueue();
	const [job] = await queue.enqueue(task());
	const id = job?.id ?? '';
	await claimed(queue);
	void queue.dispatch.reportCheckpoint(id, 1, '"half"');
	await queue.exit(id, 1);
	await queue.jobs.retry({ ids: [id] });
	const second = await claimed(queue);
	expect(second).toMatchObject({ row: { retry_of: id }, checkpoint: '"half"' });
	void queue.dispatch.reportCheckpoint(second.row.id, 1, '"all"');
	await queue.exit(second.row.id, 0);
	expect(kept(queue)).toEqual(['"half"']);
	await queue.jobs.retry({ ids: [second.row.id] });
	expect((await claimed(queue)).checkpoint).toBeUndefined();
	await queue.jobs.remove({ ids: [id] });
	expect(kept(queue)).toEqual([]);
});

test('a parent whose children fail has not succeeded, so its retry goes on where it was', async () => {
	const queue = openQueue();
	const [job] = await queue.enqueue(task());
	const id = job?.id ?? '';
	await claimed(queue);
	const [child] = await queue.enqueueBy(id, task());
	await queue.claim();
	void queue.dispatch.reportCheckpoint(id, 1, '"all but the parts"');
	await queue.exit(id, 0);
	await queue.exit(child?.id ?? '', 1);
	expect(queue.jobs.get(id).job.state).toBe('failed');
	await queue.jobs.retry({ ids: [id] });
	expect((await claimed(queue)).checkpoint).toBe('"all but the parts"');
});
