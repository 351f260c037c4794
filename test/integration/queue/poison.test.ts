import { describe, expect, it } from 'vitest';
import { recoverRuns } from '../../../daemon/scheduling/recovery.ts';
import { openQueue, type TestQueue, task } from '../../support/queue.ts';

const job = (queue: TestQueue, id: string | undefined) => queue.jobs.get(id ?? '').job;

describe('the poison guard', () => {
	const die = async (queue: TestQueue, boot: string) => {
		for (const { id, run } of queue.dispatch.unfinished()) {
			const outcome = { kind: 'interrupted', uncleanBoot: boot } as const;
			await queue.dispatch.finish({ id, run, outcome });
		}
	};

	/** A job in whose runs the daemon died twice. */
	async function openWithSuspect(): Promise<{ queue: TestQueue; suspect: string }> {
		const queue = openQueue();
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
			settle: async () => ({ kind: 'interrupted' }) as const,
			forget: async () => {},
		};
		for (let death = 1; death <= 3; death++) {
			expect(await queue.claim()).toEqual([bad?.id]);
			await recoverRuns(
				queue.dispatch,
				settler,
				async () => 0,
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
});
