/** Jobs that wait for other jobs: what releases them, what ends them, and what a retry by hand makes of them. */
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type JobSpecInput, jobSpecSchema } from '../../../shared/job.ts';
import { temporaryFolder } from '../../support/daemon.ts';
import { FakeClock, openQueue, type TestQueue, task } from '../../support/queue.ts';

const jobOf = (queue: TestQueue, id: string) => queue.jobs.get(id).job;
const stateOf = (queue: TestQueue, id: string) => jobOf(queue, id).state;
const named = (title: string, more: Partial<JobSpecInput> = {}) => task({ title, ...more });
const afterIndex = (...indexes: number[]) => ({ after: indexes.map((index) => ({ index })) });
const afterId = (id: string, on: 'succeeded' | 'ended' = 'succeeded') => ({ after: [{ id, on }] });

async function enqueued(queue: TestQueue, ...specs: JobSpecInput[]): Promise<string[]> {
	return (await queue.enqueue(...specs)).map(({ id }) => id);
}

describe('a job that waits for others', () => {
	it('is started by no claim before all of them have succeeded', async () => {
		const queue = openQueue();
		const [a = '', b = '', last = ''] = await enqueued(
			queue,
			named('a'),
			named('b'),
			named('last', afterIndex(0, 1)),
		);
		expect(await queue.claim()).toEqual([a, b]);
		await queue.exit(a, 0);
		await queue.swept();
		expect(jobOf(queue, last).after.map(({ holds }) => holds)).toEqual([true, null]);
		expect(await queue.claim()).toEqual([]);
		await queue.exit(b, 0);
		await queue.swept();
		expect(await queue.claim()).toEqual([last]);
	});

	it('ends with the name of what failed, and so do those that wait for it', async () => {
		const queue = openQueue();
		const [build = '', test = '', ship = '', clean = ''] = await enqueued(
			queue,
			named('build'),
			named('test', afterIndex(0)),
			named('ship', afterIndex(1)),
			named('clean', { after: [{ index: 1, on: 'ended' }] }),
		);
		await queue.claim();
		await queue.exit(build, 1);
		await queue.swept();
		expect(jobOf(queue, test)).toMatchObject({
			state: 'cancelled',
			stopReason: 'dependency',
			error: {
				code: 'DEPENDENCY',
				message: `«build» (${build}) failed, and this job was to run only after that.`,
			},
		});
		expect(jobOf(queue, ship).error?.message).toBe(
			`«build» (${build}) failed, so «test» (${test}) could not run, and this job was to run only after that.`,
		);
		expect(await queue.claim()).toEqual([clean]);
	});

	it('says what it waits for, and lists find it', async () => {
		const queue = openQueue();
		const [build = '', test = ''] = await enqueued(
			queue,
			named('build'),
			named('test', { after: [{ index: 0 }] }),
		);
		await queue.claim();
		const { reasons, summary } = queue.jobs.explain(test);
		expect(reasons.map(({ kind }) => kind)).toEqual(['dependency']);
		expect(summary).toBe(`waits until «build» (${build}) has succeeded; it is running`);
		const params = { sort: 'createdAt', limit: 10 } as const;
		const { jobs, total } = queue.jobs.list({ ...params, filter: { after: build } });
		expect(jobs.map(({ id }) => id)).toEqual([test]);
		expect(total).toEqual({ value: 1, exact: true });
	});

	it('waits on whatever else is asked of it: a time to live passes, Run Now and a pause waive nothing', async () => {
		const queue = openQueue();
		const [first = '', short = '', now = ''] = await enqueued(
			queue,
			named('first'),
			named('short', { ...afterIndex(0), ttlMs: 100 }),
			named('now', { ...afterIndex(0), runAt: queue.clock.now() + 1000 }),
		);
		await queue.claim();
		await queue.jobs.pause({ ids: [now] });
		await queue.jobs.runNow({ ids: [now] });
		expect(await queue.claim()).toEqual([]);
		queue.clock.advance(100);
		await queue.dispatch.advance();
		expect(stateOf(queue, short)).toBe('expired');
		await queue.exit(first, 0);
		await queue.swept();
		expect(await queue.claim()).toEqual([now]);
	});

	it('has its subject to itself only once it waits for nobody', async () => {
		const queue = openQueue();
		const apart = { subject: 's', supersede: 'none' } as const;
		const [first = '', waiting = '', other = ''] = await enqueued(
			queue,
			named('first'),
			named('waiting', { ...apart, ...afterIndex(0), priority: 10 }),
			named('other', apart),
		);
		expect(await queue.claim()).toEqual([first, other]);
		await queue.exit(first, 0);
		await queue.swept();
		expect(await queue.claim()).toEqual([]);
		await queue.exit(other, 0);
		expect(await queue.claim()).toEqual([waiting]);
	});

	it('is decided at once where what it names has ended; what is known outlives it', async () => {
		const queue = openQueue();
		const [good = '', bad = ''] = await enqueued(queue, named('good'), named('bad'));
		await queue.claim();
		await queue.exit(good, 0);
		await queue.exit(bad, 1);
		const [runs, ends, late] = await queue.enqueue(
			named('runs', { after: [{ id: good }, { id: bad, on: 'ended' }] }),
			named('ends', afterId(bad)),
			named('late', afterIndex(1)),
		);
		expect([runs?.state, ends?.state, late?.state]).toEqual(['queued', 'cancelled', 'cancelled']);
		await queue.jobs.remove({ ids: [good, bad] });
		expect(jobOf(queue, runs?.id ?? '').after).toEqual([
			{ id: good, on: 'succeeded', holds: true },
			{ id: bad, on: 'ended', holds: true },
		]);
		await expect(queue.enqueue(named('none', afterId(good)))).rejects.toMatchObject({
			kind: 'NOT_FOUND',
			data: { path: 'jobs[0].after[0].id' },
		});
	});

	it('takes the place of nobody when it can never run', async () => {
		const queue = openQueue();
		const [bad = '', older = ''] = await enqueued(
			queue,
			named('bad'),
			named('old', { subject: 's' }),
		);
		await queue.jobs.cancel({ ids: [bad] });
		const [newer] = await queue.enqueue(named('new', { subject: 's', ...afterId(bad) }));
		expect(newer).toMatchObject({ state: 'cancelled', superseded: [] });
		expect(stateOf(queue, older)).toBe('queued');
	});

	it('that is a child names children of the same parent only', async () => {
		const queue = openQueue();
		const [parent = '', other = ''] = await enqueued(queue, named('parent'), named('other'));
		await queue.claim();
		const [child = '', sibling = ''] = (
			await queue.enqueueBy(parent, named('child'), named('sibling', afterIndex(0)))
		).map(({ id }) => id);
		await expect(queue.enqueueBy(parent, named('no', afterId(other)))).rejects.toMatchObject({
			kind: 'VALIDATION',
			data: { path: 'jobs[0].after[0]' },
		});
		await queue.exit(parent, 0);
		expect(await queue.claim()).toEqual([child]);
		await queue.exit(child, 1);
		await queue.swept();
		expect(stateOf(queue, sibling)).toBe('cancelled');
		expect(stateOf(queue, parent)).toBe('failed');
	});
});

describe('what cannot be meant', () => {
	it.each([
		['neither an id nor an index', [{}]],
		['both', [{ index: 0, id: '018f4d2e-7c3a-7b1e-9f00-0123456789ab' }]],
		['a negative index', [{ index: -1 }]],
		['an end that is none', [{ index: 0, on: 'failed' }]],
		['101 conditions', Array.from({ length: 101 }, () => ({ index: 0 }))],
	])('is refused by the schema: %s', (_, after) => {
		expect(jobSpecSchema.safeParse({ ...task(), after }).success).toBe(false);
	});

	it.each([0, 1, 7])('is refused as a whole, by path: job 0 of two after job %s', async (index) => {
		const queue = openQueue();
		await expect(
			queue.enqueue(named('first', afterIndex(index)), named('second')),
		).rejects.toMatchObject({ kind: 'VALIDATION', data: { path: 'jobs[0].after[0].index' } });
		expect(queue.jobs.counts().queued).toBe(0);
	});

	it('is to replace what one waits for, directly or not', async () => {
		const queue = openQueue();
		const [old = '', between = ''] = await enqueued(
			queue,
			named('old', { subject: 's' }),
			named('between', afterIndex(0)),
		);
		for (const id of [old, between]) {
			await expect(
				queue.enqueue(named('new', { subject: 's', ...afterId(id) })),
			).rejects.toMatchObject({ kind: 'CONFLICT', message: expect.stringContaining('«old»') });
		}
		expect(stateOf(queue, old)).toBe('queued');
		await queue.enqueue(named('new', { subject: 's', supersede: 'none', ...afterId(between) }));
	});

	it('is found behind those that took the place of others, too', async () => {
		const queue = openQueue({ sweepRows: 1 });
		const [x = '', w = '', a = ''] = await enqueued(
			queue,
			named('x', { subject: 's' }),
			named('w', afterIndex(0)),
			named('a', { subject: 't' }),
		);
		await queue.enqueue(named('y', { subject: 's', ...afterId(a) }));
		expect(stateOf(queue, x)).toBe('superseded');
		// w waits for y by now, though it has not been told, and y for a.
		await expect(queue.enqueue(named('b', { subject: 't', ...afterId(w) }))).rejects.toMatchObject({
			kind: 'CONFLICT',
		});
	});
});

describe('a superseded job', () => {
	it('hands those that wait for it to the one that took its place', async () => {
		const queue = openQueue();
		const [old = '', waiter = ''] = await enqueued(
			queue,
			named('old', { subject: 's' }),
			named('waiter', afterIndex(0)),
		);
		await enqueued(queue, named('new', { subject: 's' }));
		const [newest = ''] = await enqueued(queue, named('newest', { subject: 's' }));
		await queue.swept();
		expect(stateOf(queue, old)).toBe('superseded');
		expect(jobOf(queue, waiter).after).toEqual([{ id: newest, on: 'succeeded', holds: null }]);
		expect(await queue.claim()).toEqual([newest]);
		await queue.exit(newest, 0);
		await queue.swept();
		expect(await queue.claim()).toEqual([waiter]);
	});

	// The parent ends with it, before its successor is there to be told.
	it('that was the last part of a parent ends what its successor waits for', async () => {
		const queue = openQueue();
		const [parent = ''] = await enqueued(queue, named('parent'));
		await queue.claim();
		const [part = ''] = (await queue.enqueueBy(parent, named('part', { subject: 's' }))).map(
			({ id }) => id,
		);
		await queue.exit(parent, 0);
		const [newer, plain] = await queue.enqueue(
			named('newer', { subject: 's', supersede: 'abort', ...afterId(parent, 'ended') }),
			named('plain'),
		);
		expect(newer?.superseded).toEqual([part]);
		expect(stateOf(queue, parent)).toBe('succeeded');
		await queue.swept();
		expect(jobOf(queue, newer?.id ?? '').after[0]?.holds).toBe(true);
		expect(await queue.claim()).toEqual([newer?.id, plain?.id]);
	});

	it('that was the last part of a parent that fails ends its successor with all others that wait for that', async () => {
		const queue = openQueue({ sweepRows: 1 });
		const [parent = '', other = ''] = await enqueued(
			queue,
			named('parent'),
			named('other', afterIndex(0)),
		);
		await queue.claim();
		const [bad = ''] = (
			await queue.enqueueBy(parent, named('bad'), named('part', { subject: 's' }))
		).map(({ id }) => id);
		await queue.jobs.cancel({ ids: [bad] });
		await queue.exit(parent, 0);
		const [newer] = await queue.enqueue(named('newer', { subject: 's', ...afterId(parent) }));
		expect(newer?.state).toBe('queued');
		expect(stateOf(queue, parent)).toBe('failed');
		await queue.swept();
		for (const id of [other, newer?.id ?? ''])
			expect(jobOf(queue, id)).toMatchObject({ state: 'cancelled', stopReason: 'dependency' });
	});

	it('is not one whose retry only somebody who waits for it would replace', async () => {
		const queue = openQueue();
		const [first = ''] = await enqueued(
			queue,
			named('first', { subject: 's', maxAttempts: 2, backoff: { baseMs: 10, jitter: 0 } }),
		);
		await queue.claim();
		const [second = ''] = await enqueued(
			queue,
			named('second', { subject: 's', ...afterId(first) }),
		);
		await queue.exit(first, 1);
		expect(stateOf(queue, first)).toBe('queued');
		queue.clock.advance(10);
		await queue.dispatch.advance();
		expect(await queue.claim()).toEqual([first]);
		await queue.exit(first, 0);
		await queue.swept();
		expect(await queue.claim()).toEqual([second]);
	});
});

describe('a retry by hand', () => {
	async function failed(queue: TestQueue) {
		const [build = '', test = '', ship = ''] = await enqueued(
			queue,
			named('build'),
			named('test', afterIndex(0)),
			named('ship', afterIndex(1)),
		);
		await queue.claim();
		await queue.exit(build, 1);
		return { build, test, ship };
	}

	it('takes along those that ended because of it, also those that did not know yet', async () => {
		const queue = openQueue({ sweepRows: 1 });
		const { build, test, ship } = await failed(queue);
		const { count, jobs } = await queue.jobs.retry({ ids: [build] });
		expect(count).toBe(1);
		expect(jobs.map(({ retryOf }) => retryOf)).toEqual([build, test, ship]);
		const [again = '', tests = '', ships = ''] = jobs.map(({ id }) => id);
		expect(jobOf(queue, tests).after).toEqual([{ id: again, on: 'succeeded', holds: null }]);
		await queue.swept();
		expect(await queue.claim()).toEqual([again]);
		await queue.exit(again, 0);
		await queue.swept();
		expect(await queue.claim()).toEqual([tests]);
		await queue.exit(tests, 0);
		await queue.swept();
		expect(await queue.claim()).toEqual([ships]);
	});

	it('leaves them alone where that is asked, and then they can be retried by themselves', async () => {
		const queue = openQueue();
		const { build, test, ship } = await failed(queue);
		await queue.swept();
		const refused = await queue.jobs.retry({ ids: [test] });
		expect(refused.skipped[0]?.reason).toBe(
			`it was to run only after «build» (${build}), which failed: retry that first`,
		);
		const alone = await queue.jobs.retry({ ids: [build], dependents: false });
		expect(alone.jobs).toHaveLength(1);
		const { jobs } = await queue.jobs.retry({ ids: [test] });
		expect(jobs.map(({ retryOf }) => retryOf)).toEqual([test, ship]);
		expect(jobOf(queue, jobs[0]?.id ?? '').after[0]?.id).toBe(alone.jobs[0]?.id);
	});

	it('of all of them makes each once, in whatever order they are named', async () => {
		const queue = openQueue();
		const { build, test, ship } = await failed(queue);
		await queue.swept();
		const { count, skipped, jobs } = await queue.jobs.retry({ ids: [ship, test, build] });
		expect({ count, skipped }).toEqual({ count: 3, skipped: [] });
		expect(jobs.map(({ retryOf }) => retryOf)).toEqual([build, test, ship]);
	});

	it('keeps what held, also of jobs that are gone', async () => {
		const queue = openQueue();
		const [good = '', bad = '', last = ''] = await enqueued(
			queue,
			named('good'),
			named('bad'),
			named('last', afterIndex(0, 1)),
		);
		await queue.claim();
		await queue.exit(good, 0);
		await queue.swept();
		await queue.jobs.remove({ ids: [good] });
		await queue.exit(bad, 1);
		await queue.swept();
		const { jobs } = await queue.jobs.retry({ ids: [bad] });
		expect(jobs.map(({ retryOf }) => retryOf)).toEqual([bad, last]);
		expect(jobOf(queue, jobs[1]?.id ?? '').after).toEqual([
			{ id: good, on: 'succeeded', holds: true },
			{ id: jobs[0]?.id, on: 'succeeded', holds: null },
		]);
	});
});

describe('the end of a job that many wait for', () => {
	it('is told in groups, goes on after a crash, and keeps the job until all know', async () => {
		const file = join(temporaryFolder(), 'jobs.db');
		const clock = new FakeClock();
		const queue = openQueue({ file, clock, sweepRows: 2 });
		const [first = ''] = await enqueued(queue, named('first'));
		const waiters = await enqueued(
			queue,
			...Array.from({ length: 5 }, () => named('waiter', { queue: 'many', ...afterId(first) })),
		);
		await queue.claim();
		await queue.exit(first, 0);
		expect(waiters.map((id) => jobOf(queue, id).after[0]?.holds)).toEqual(waiters.map(() => null));
		await queue.dispatch.sweep();
		expect(waiters.filter((id) => jobOf(queue, id).after[0]?.holds === true)).toHaveLength(2);
		const { skipped } = await queue.jobs.remove({ ids: [first] });
		expect(skipped[0]?.reason).toContain('not all that wait for it know yet');
		await queue.parts.close();
		queue.db.close();
		const next = openQueue({ file, clock, idsUsed: 6, sweepRows: 2 });
		await next.jobs.updateQueue({ name: 'many', concurrency: 5 });
		await next.swept();
		expect(await next.claim()).toEqual(waiters);
		expect((await next.jobs.remove({ ids: [first] })).count).toBe(1);
	});
});
