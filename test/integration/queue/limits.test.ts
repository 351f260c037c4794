import { describe, expect, it } from 'vitest';
import { openQueue } from '../../support/queue.ts';

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
			{ name: '*', concurrency: 12, paused: true },
			{ name: 'slow', concurrency: 1, paused: false },
			{ name: 'slow', concurrency: 1, paused: true },
			{ name: 'slow', concurrency: 2, paused: false },
		]);
		const { global, queues } = queue.jobs.queues();
		expect(global).toMatchObject({ concurrency: 12, paused: true });
		expect(queues).toContainEqual(
			expect.objectContaining({ name: 'slow', concurrency: 2, paused: false }),
		);
	});

	it('leave the default where nobody named another', async () => {
		const queue = openQueue({ cores: 6 });
		expect(await queue.jobs.updateQueue({ name: 'index', paused: true })).toEqual({
			name: 'index',
			concurrency: 3,
			paused: true,
		});
	});
});
