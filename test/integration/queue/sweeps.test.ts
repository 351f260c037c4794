/** What is done to all children of a job: decided at once, carried out in groups. */
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { JobSpecInput } from '../../../shared/job.ts';
import { temporaryFolder } from '../../support/daemon.ts';
import { FakeClock, openQueue, type TestQueue, task } from '../../support/queue.ts';

const ROWS = 2;
const wait = { runAt: 1_800_000_000_000 };

interface Family extends Partial<JobSpecInput> {
	readonly count: number;
	/** What each of them is. */
	readonly child?: Partial<JobSpecInput>;
}

/** A running parent with so many children, in a queue of their own that runs them all. */
async function family(
	{ count, child = {}, ...top }: Family,
	file?: string,
	clock = new FakeClock(),
) {
	const queue = openQueue({ sweepRows: ROWS, clock, ...(file === undefined ? {} : { file }) });
	const [parent] = await queue.enqueue(task(top));
	const parentId = parent?.id ?? '';
	await queue.claim();
	const children = await queue.enqueue(
		...Array.from({ length: count }, () => task({ parentId, queue: 'parts', ...child })),
	);
	return { queue, parentId, ids: children.map(({ id }) => id) };
}
const jobOf = (queue: TestQueue, id: string | undefined) => queue.jobs.get(id ?? '').job;
const statesOf = (queue: TestQueue, ids: readonly string[]) =>
	ids.map((id) => jobOf(queue, id).state);

describe('a stop of a parent', () => {
	it('is committed on it alone; its children follow in groups, and it ends last', async () => {
		const { queue, parentId, ids } = await family({ count: 5, child: wait });
		const groups: number[] = [];
		const last: string[] = [];
		queue.parts.feed.onEffects(({ ended }) => {
			groups.push(ended.length);
			last.push(...ended);
		});
		await queue.exit(parentId, 0);
		await queue.jobs.cancel({ ids: [parentId] });
		expect(statesOf(queue, ids)).toEqual(ids.map(() => 'queued'));
		expect(jobOf(queue, parentId)).toMatchObject({ state: 'running', stopping: 'cancel' });
		await queue.swept();
		expect(statesOf(queue, ids)).toEqual(ids.map(() => 'cancelled'));
		expect(Math.max(...groups)).toBe(ROWS);
		expect(last).toEqual([...ids, parentId]);
	});

	it('of many takes a group of children from several of them', async () => {
		const queue = openQueue({ sweepRows: 40 });
		const parents = await queue.enqueue(...Array.from({ length: 30 }, () => task(wait)));
		const parts = parents.flatMap(({ id }) => [1, 2].map(() => task({ ...wait, parentId: id })));
		await queue.enqueue(...parts);
		await queue.jobs.cancel({ ids: parents.map(({ id }) => id) });
		expect(await queue.dispatch.sweep()).toBe(true);
		expect(await queue.dispatch.sweep()).toBe(false);
		expect(queue.jobs.counts()).toMatchObject({ cancelled: 90, queued: 0 });
	});

	it('goes on after the death of the daemon from where it had come to', async () => {
		const file = join(temporaryFolder(), 'jobs.db');
		const clock = new FakeClock();
		const { queue, parentId, ids } = await family({ count: 5, child: wait }, file, clock);
		await queue.exit(parentId, 0);
		await queue.jobs.cancel({ ids: [parentId] });
		expect(await queue.dispatch.sweep()).toBe(true);
		const next = openQueue({ file, clock, idsUsed: 6, sweepRows: ROWS });
		expect(next.jobs.counts()).toMatchObject({ cancelled: 2, queued: 3 });
		expect(next.parts.sweeps.pending()).toBe(true);
		await next.swept();
		expect(statesOf(next, ids)).toEqual(ids.map(() => 'cancelled'));
		expect(jobOf(next, parentId).state).toBe('cancelled');
	});

	it('lets none of them start, go on, be run again or be added to, whether its turn has come or not', async () => {
		const again = { maxAttempts: 3, backoff: { baseMs: 0 } };
		const { queue, parentId, ids } = await family({ count: 4, child: again });
		const [failing = '', paused = '', well = '', waiting = ''] = ids;
		await queue.jobs.updateQueue({ name: 'parts', concurrency: 3 });
		await queue.claim();
		await queue.jobs.pause({ ids: [paused] });
		await queue.dispatch.pauseCarriedOut(paused, 1, true);
		await queue.jobs.cancel({ ids: [parentId] });
		await queue.exit(failing, 1);
		expect(jobOf(queue, failing)).toMatchObject({ state: 'cancelled', attempt: 1 });
		const refused = { count: 0, skipped: [{ reason: 'it is being stopped' }] };
		expect(await queue.jobs.resume({ ids: [paused] })).toMatchObject(refused);
		await expect(queue.enqueue(task({ parentId: waiting }))).rejects.toMatchObject({
			kind: 'VALIDATION',
		});
		expect(queue.jobs.explain(waiting).summary).toMatch(/being stopped/);
		expect(await queue.claim()).toEqual([]);
		// What came too late to be stopped has ended as it was to end.
		await queue.exit(well, 0);
		expect(jobOf(queue, well)).toMatchObject({ state: 'cancelled', exitCode: 0 });
	});

	it('does not keep others from starting behind its children', async () => {
		const { queue, parentId, ids } = await family({ count: 150, child: { priority: 9 } });
		const [other] = await queue.enqueue(task({ queue: 'parts' }));
		await queue.jobs.cancel({ ids: [parentId] });
		expect(await queue.claim()).toEqual([]);
		expect(await queue.claim()).toEqual([other?.id]);
		await queue.swept();
		expect(new Set(statesOf(queue, ids))).toEqual(new Set(['cancelled']));
	});

	it('is told of it alone by whoever superseded it', async () => {
		const { queue, parentId, ids } = await family({ count: 3, subject: 's' });
		const [newer] = await queue.enqueue(task({ subject: 's', supersede: 'abort' }));
		expect(newer?.superseded).toEqual([parentId]);
		await queue.swept();
		expect(statesOf(queue, ids)).toEqual(ids.map(() => 'superseded'));
	});

	it('that waits in the queue itself waits for children that run', async () => {
		const queue = openQueue({ sweepRows: ROWS });
		const [parent] = await queue.enqueue(task({ ...wait, subject: 's', ttlMs: 1000 }));
		const parentId = parent?.id ?? '';
		const [child] = await queue.enqueue(task({ parentId, priority: 1 }));
		expect(await queue.claim()).toEqual([child?.id]);
		await queue.jobs.cancel({ ids: [parentId] });
		await queue.swept();
		expect(jobOf(queue, parentId)).toMatchObject({ state: 'queued', stopping: 'cancel' });
		expect(queue.jobs.explain(parentId).summary).toMatch(/being stopped.*children/);
		for (const verb of ['resume', 'runNow', 'pause', 'retry'] as const) {
			expect(await queue.jobs[verb]({ ids: [parentId] }), verb).toMatchObject({ count: 0 });
		}
		queue.clock.advance(2000);
		await queue.dispatch.advance();
		const [newer] = await queue.enqueue(task({ subject: 's' }));
		expect(newer?.superseded).toEqual([]);
		await queue.exit(child?.id ?? '', 0);
		expect(jobOf(queue, parentId)).toMatchObject({ state: 'cancelled', stopReason: 'cancel' });
	});
});

describe('a parent that is run again', () => {
	const again = { maxAttempts: 2, backoff: { baseMs: 0 } };

	it('begins when the children of its last run are gone, and keeps its subject until then', async () => {
		const { queue, parentId, ids } = await family({ count: 1, subject: 's', ...again });
		await queue.claim();
		await queue.exit(parentId, 1);
		await queue.swept();
		expect(jobOf(queue, parentId)).toMatchObject({ phase: 'children', stopping: 'exit' });
		expect(queue.jobs.explain(parentId).summary).toMatch(/to run again/);
		const [rival] = await queue.enqueue(task({ subject: 's', supersede: 'none' }));
		expect(await queue.claim()).toEqual([]);
		await queue.exit(ids[0] ?? '', 0);
		expect(jobOf(queue, ids[0])).toMatchObject({ state: 'superseded' });
		expect(jobOf(queue, parentId)).toMatchObject({ state: 'queued', attempt: 1, stopping: null });
		expect(await queue.claim()).toEqual([parentId]);
		expect(jobOf(queue, rival?.id).state).toBe('queued');
	});

	it('is not run again once it is cancelled meanwhile', async () => {
		const { queue, parentId, ids } = await family({ count: 1, ...again });
		await queue.claim();
		await queue.exit(parentId, 1);
		await queue.jobs.cancel({ ids: [parentId] });
		await queue.swept();
		await queue.exit(ids[0] ?? '', 0);
		expect(jobOf(queue, parentId)).toMatchObject({ state: 'cancelled', run: 1 });
	});

	it('is not failed by a child of an earlier run', async () => {
		const { queue, parentId, ids } = await family({ count: 1, ...again });
		await queue.claim();
		await queue.exit(ids[0] ?? '', 3);
		await queue.exit(parentId, 1);
		expect(await queue.claim()).toEqual([parentId]);
		const [child] = await queue.enqueue(task({ parentId }));
		await queue.claim();
		await queue.exit(parentId, 0);
		await queue.exit(child?.id ?? '', 0);
		expect(jobOf(queue, parentId)).toMatchObject({
			state: 'succeeded',
			children: { failed: 1, succeeded: 1 },
		});
	});
});

describe('a pause of a parent', () => {
	it('reaches its children in groups, and none of them starts meanwhile', async () => {
		const { queue, parentId, ids } = await family({ count: 5 });
		await queue.jobs.pause({ ids: [parentId] });
		expect(await queue.claim()).toEqual([]);
		await queue.swept();
		expect(ids.map((id) => jobOf(queue, id).held)).toEqual(ids.map(() => true));
		await queue.jobs.resume({ ids: [parentId] });
		await queue.swept();
		expect(ids.map((id) => jobOf(queue, id).held)).toEqual(ids.map(() => false));
	});

	it('leaves alone what a person resumed before its turn came', async () => {
		const { queue, parentId, ids } = await family({ count: 5 });
		const last = ids.at(-1) ?? '';
		await queue.jobs.pause({ ids: [parentId] });
		expect(await queue.jobs.resume({ ids: [last] })).toMatchObject({ count: 1 });
		await queue.swept();
		expect(ids.map((id) => jobOf(queue, id).held)).toEqual([true, true, true, true, false]);
		expect(await queue.claim()).toEqual([last]);
	});

	it('holds what is added to it, until it is resumed', async () => {
		const { queue, parentId } = await family({ count: 0 });
		await queue.jobs.pause({ ids: [parentId] });
		const [child] = await queue.enqueue(task({ parentId }));
		expect(jobOf(queue, child?.id)).toMatchObject({ state: 'queued', held: true });
		expect(await queue.claim()).toEqual([]);
		await queue.jobs.resume({ ids: [parentId] });
		await queue.swept();
		expect(await queue.claim()).toEqual([child?.id]);
	});
});

it('counts of children go with their parent, whichever is removed first', async () => {
	const { queue, parentId, ids } = await family({ count: 3 });
	await queue.jobs.cancel({ ids: [parentId] });
	await queue.swept();
	await queue.exit(parentId, 0);
	await queue.jobs.remove({ ids: [parentId] });
	await queue.jobs.remove({ ids });
	expect(queue.db.prepare('SELECT * FROM child_counts').all()).toEqual([]);
});
