import { describe, expect, it } from 'vitest';
import { openQueue, task } from '../../support/queue.ts';

describe('limits and pauses', () => {
	it('that are set at once are all kept, and each answer says what holds', async () => {
		const queue = openQueue();
		const answers = await Promise.all([
			queue.jobs.updateQueue({ name: '*', paused: true }),
			queue.jobs.updateQueue({ name: '*', concurrency: 12 }),
			queue.jobs.updateQueue({ name: 'slow', concurrency: 1 }),
			queue.jobs.updateQueue({ name: 'slow', paused: true }),
			queue.jobs.updateQueue({ name: 'slow', paused: false, concurrency: 2 }),
		]);
		expect(answers.slice(1)).toEqual([
			{ name: '*', concurrency: 12, paused: true, rate: null, limits: null },
			{ name: 'slow', concurrency: 1, paused: false, rate: null, limits: null },
			{ name: 'slow', concurrency: 1, paused: true, rate: null, limits: null },
			{ name: 'slow', concurrency: 2, paused: false, rate: null, limits: null },
		]);
		const { global, queues } = queue.jobs.queues();
		expect(global).toMatchObject({ concurrency: 12, paused: true });
		expect(queues).toContainEqual(
			expect.objectContaining({ name: 'slow', concurrency: 2, paused: false }),
		);
	});

	it('go back to the default where they are taken back, and a pause stays', async () => {
		const queue = openQueue({ cores: 6 });
		await queue.jobs.updateQueue({ name: 'index', concurrency: 12, paused: true });
		expect(await queue.jobs.updateQueue({ name: 'index', concurrency: null })).toEqual({
			name: 'index',
			concurrency: 3,
			paused: true,
			rate: null,
			limits: null,
		});
		expect(await queue.jobs.updateQueue({ name: 'index', paused: false })).toMatchObject({
			concurrency: 3,
		});
	});

	it('leave the default where nobody named another', async () => {
		const queue = openQueue({ cores: 6 });
		expect(await queue.jobs.updateQueue({ name: 'index', paused: true })).toEqual({
			name: 'index',
			concurrency: 3,
			paused: true,
			rate: null,
			limits: null,
		});
	});
});

describe('the names of queues', () => {
	it('are kept as long as a job or a setting has them', async () => {
		const queue = openQueue();
		const names = () => queue.jobs.queues().queues.map(({ name }) => name);
		const [one] = await queue.enqueue(task({ queue: 'mine' }));
		await queue.jobs.updateQueue({ name: 'set', paused: true });
		expect(names()).toEqual(['default', 'index', 'mine', 'set']);
		await queue.jobs.updateQueue({ name: 'set', paused: false });
		await queue.jobs.cancel({ ids: [one?.id ?? ''] });
		expect(names()).toContain('mine');
		await queue.jobs.remove({ ids: [one?.id ?? ''] });
		expect(names()).toEqual(['default', 'index']);
		expect(queue.db.prepare('SELECT count(*) AS n FROM queues').get()).toEqual({ n: 0 });
	});

	it('keep their settings when another change of the same queue fails', async () => {
		const queue = openQueue();
		await queue.jobs.updateQueue({ name: 'set', concurrency: 2 });
		const failed = queue.parts.writer.submit((tx) => {
			queue.parts.limits.update(tx, 'set', { concurrency: 9 });
			throw new Error('undone');
		});
		await expect(failed).rejects.toThrow('undone');
		expect(queue.parts.limits.of('set').concurrency).toBe(2);
	});
});
