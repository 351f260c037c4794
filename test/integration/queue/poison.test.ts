import { describe, expect, it } from 'vitest';
import { recoverRuns } from '../../../daemon/scheduling/recovery.ts';
import { openQueue, type TestQueue, type TestQueueOptions, task } from '../../support/queue.ts';

const job = (queue: TestQueue, id: string | undefined) => queue.jobs.get(id ?? '').job;

describe('the poison guard', () => {
	const die = async (queue: TestQueue, boot: string) => {
		for (const { id, run } of queue.dispatch.unfinished()) {
			const outcome = { kind: 'interrupted', uncleanBoot: boot } as const;
			await queue.dispatch.finish({ id, run, outcome });
		}
	};

	/** A job in whose runs the daemon died twice. */
	async function openWithSuspect(
		options: TestQueueOptions = {},
	): Promise<{ queue: TestQueue; suspect: string }> {
		const queue = openQueue(options);
		const [answer] = await queue.enqueue(task({ restartable: true }));
		const suspect = answer?.id ?? '';
		for (const boot of ['boot', 'boot']) {
			expect(await queue.claim()).toEqual([suspect]);
			await die(queue, boot);
		}
		return { queue, suspect };
	}

	it('runs a job alone after two deaths in one boot, and gives up after a third', async () => {
		const queue = openQueue();
		const [bad] = await queue.enqueue(task({ restartable: true }));
		await queue.claim();
		await die(queue, 'another boot');
		for (const boot of ['boot', 'boot']) {
			expect(await queue.claim()).toEqual([bad?.id]);
			await die(queue, boot);
		}
		const [busy] = await queue.enqueue(task({ priority: 1 }));
		await queue.enqueue(task({ priority: -1 }));
		expect(await queue.claim()).toEqual([busy?.id]);
		expect(await queue.claim()).toEqual([]);
		await queue.exit(busy?.id ?? '', 0);
		expect(await queue.claim()).toEqual([bad?.id]);
		expect(await queue.claim()).toEqual([]);
		await die(queue, 'boot');
		expect(job(queue, bad?.id)).toMatchObject({ state: 'failed', stopReason: 'poison' });
		expect(await queue.claim()).toHaveLength(1);
	});

	it('says whom it keeps from running, and what for', async () => {
		const { queue, suspect } = await openWithSuspect();
		const why = (id: string | undefined) => queue.jobs.explain(id ?? '');
		const forSuspect = {
			runnable: false,
			reasons: [{ kind: 'alone', message: expect.stringContaining(suspect) }],
		};
		const [first, later] = await queue.enqueue(task({ priority: 1 }), task({ queue: 'other' }));
		expect(why(later?.id)).toMatchObject({ runnable: true });
		expect(await queue.claim()).toEqual([first?.id]);
		expect(why(suspect)).toMatchObject({
			runnable: false,
			reasons: [{ kind: 'alone', message: expect.stringContaining('nothing else runs') }],
		});
		expect(why(later?.id)).toMatchObject(forSuspect);
		await queue.exit(first?.id ?? '', 0);
		expect(why(suspect)).toMatchObject({ runnable: true });
		expect(await queue.claim()).toEqual([suspect]);
		expect(why(later?.id)).toMatchObject(forSuspect);
		await queue.exit(suspect, 0);
		expect(why(later?.id)).toMatchObject({ runnable: true });
	});

	it('counts every run that was claimed, also where the daemon died before there was a process', async () => {
		const queue = openQueue();
		const [bad] = await queue.enqueue(task({ restartable: true }));
		const settler = {
			cleanUp: async () => 0,
			settle: async () => ({
				outcome: { kind: 'interrupted' } as const,
				result: undefined,
				cost: undefined,
				problems: null,
				incomplete: false,
			}),
			forget: async () => {},
		};
		for (let death = 1; death <= 3; death++) {
			expect(await queue.claim()).toEqual([bad?.id]);
			await recoverRuns(
				queue.dispatch,
				settler,
				{ sizeOnDisk: async () => 0, note: async () => {} },
				() => {},
			);
		}
		expect(job(queue, bad?.id)).toMatchObject({ state: 'failed', stopReason: 'poison', run: 3 });
	});

	it('is as patient as the setting says', async () => {
		const queue = openQueue({ aloneAfterDeaths: 1 });
		const [bad] = await queue.enqueue(task({ restartable: true }));
		await queue.claim();
		await die(queue, 'boot');
		await queue.enqueue(task());
		expect(await queue.claim()).toEqual([bad?.id]);
		await die(queue, 'boot');
		expect(job(queue, bad?.id)).toMatchObject({ state: 'failed', stopReason: 'poison' });
	});

	it('lets others run while such a job is paused, and lets it go on only alone', async () => {
		// Found by the model: a paused one kept everything from starting, itself included.
		const { queue, suspect } = await openWithSuspect();
		const [other, third] = await queue.enqueue(task({ priority: -1 }), task({ priority: -1 }));
		expect(await queue.claim()).toEqual([suspect]);
		await queue.jobs.pause({ ids: [suspect] });
		await queue.dispatch.pauseCarriedOut(suspect, 3, true);
		expect(await queue.claim()).toEqual([other?.id, third?.id]);
		await queue.jobs.resume({ ids: [suspect] });
		await queue.exit(other?.id ?? '', 0);
		await queue.claim();
		expect(job(queue, suspect).state).toBe('paused');
		await queue.exit(third?.id ?? '', 0);
		const [last] = await queue.enqueue(task());
		expect(await queue.claim()).toEqual([]);
		expect(job(queue, suspect).state).toBe('running');
		await queue.exit(suspect, 0);
		expect(await queue.claim()).toEqual([last?.id]);
	});

	it('starts nothing beside such a job that was asked to run now', async () => {
		const { queue, suspect } = await openWithSuspect();
		const [other] = await queue.enqueue(task({ priority: 1 }));
		await queue.jobs.runNow({ ids: [suspect] });
		expect(await queue.claim()).toEqual([suspect]);
		await queue.exit(suspect, 0);
		expect(await queue.claim()).toEqual([other?.id]);
	});

	/** Timers fire, and what they asked for is committed. */
	const pass = async (queue: TestQueue, ms: number) => {
		queue.clock.advance(ms);
		await queue.dispatch.advance();
	};

	it('acquits a job after a minute alone: what it may be waiting for starts', async () => {
		const { queue, suspect } = await openWithSuspect();
		const [other] = await queue.enqueue(task());
		expect(await queue.claim()).toEqual([suspect]);
		await pass(queue, 59_999);
		expect(await queue.claim()).toEqual([]);
		await pass(queue, 1);
		expect(queue.jobs.explain(other?.id ?? '')).toMatchObject({ runnable: true });
		expect(await queue.claim()).toEqual([other?.id]);
		// It is a job as any other now: the next death is the first that counts.
		await die(queue, 'boot');
		expect(job(queue, suspect)).toMatchObject({ state: 'queued' });
		expect(await queue.claim()).toEqual([suspect]);
		expect(await queue.enqueue(task())).toHaveLength(1);
		expect(await queue.claim()).toHaveLength(1);
	});

	it('counts only the time in which it runs', async () => {
		const { queue, suspect } = await openWithSuspect();
		await queue.claim();
		await queue.jobs.pause({ ids: [suspect] });
		await queue.dispatch.pauseCarriedOut(suspect, 3, true);
		await pass(queue, 120_000);
		await queue.jobs.resume({ ids: [suspect] });
		await queue.claim();
		const [other] = await queue.enqueue(task());
		await pass(queue, 59_999);
		expect(await queue.claim()).toEqual([]);
		await pass(queue, 1);
		expect(await queue.claim()).toEqual([other?.id]);
	});

	it('lets its children, and theirs, start beside it at once, and nothing else', async () => {
		const { queue, suspect } = await openWithSuspect();
		const [other] = await queue.enqueue(task({ priority: 100 }));
		await queue.jobs.pause({ ids: [other?.id ?? ''] });
		expect(await queue.claim()).toEqual([suspect]);
		await queue.jobs.resume({ ids: [other?.id ?? ''] });
		const [low, high] = await queue.enqueue(
			task({ parentId: suspect }),
			task({ parentId: suspect, priority: 1 }),
		);
		expect(queue.jobs.explain(low?.id ?? '')).toMatchObject({ runnable: true });
		expect(queue.jobs.explain(other?.id ?? '')).toMatchObject({ reasons: [{ kind: 'alone' }] });
		expect(await queue.claim()).toEqual([high?.id, low?.id]);
		const [below] = await queue.enqueue(task({ parentId: low?.id }));
		expect(await queue.claim()).toEqual([below?.id]);
	});

	it('starts it beside what still runs when that did not end within a minute', async () => {
		const { queue, suspect } = await openWithSuspect();
		const [server] = await queue.enqueue(task({ priority: 1 }));
		const [later] = await queue.enqueue(task());
		expect(await queue.claim()).toEqual([server?.id]);
		expect(await queue.claim()).toEqual([]);
		await pass(queue, 60_000);
		expect(queue.jobs.explain(suspect)).toMatchObject({ runnable: true });
		expect(await queue.claim()).toEqual([suspect]);
		expect(await queue.claim()).toEqual([]);
		await pass(queue, 60_000);
		expect(await queue.claim()).toEqual([later?.id]);
	});

	it('acquits it a minute later where the disk was full just then', async () => {
		let full = false;
		const { queue, suspect } = await openWithSuspect({
			committing() {
				if (full) throw new Error('the disk is full');
			},
		});
		const [other] = await queue.enqueue(task());
		expect(await queue.claim()).toEqual([suspect]);
		full = true;
		await expect(pass(queue, 60_000)).rejects.toMatchObject({ kind: 'STORE' });
		full = false;
		await pass(queue, 59_999);
		expect(await queue.claim()).toEqual([]);
		await pass(queue, 1);
		expect(await queue.claim()).toEqual([other?.id]);
	});

	it('fails a job that was acquitted twice when the daemon dies with it twice again', async () => {
		const { queue, suspect } = await openWithSuspect();
		for (let acquittal = 1; acquittal <= 2; acquittal++) {
			expect(await queue.claim()).toEqual([suspect]);
			await pass(queue, 60_000);
			await die(queue, 'boot');
			expect(job(queue, suspect).state).toBe('queued');
			if (acquittal === 2) break;
			await queue.claim();
			await die(queue, 'boot');
		}
		expect(await queue.claim()).toEqual([suspect]);
		await die(queue, 'boot');
		expect(job(queue, suspect)).toMatchObject({
			state: 'failed',
			stopReason: 'poison',
			error: { message: expect.stringContaining('died 6 times') },
		});
	});
});
