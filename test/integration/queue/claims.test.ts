import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '../../support/daemon.ts';
import { openQueue, task } from '../../support/queue.ts';

describe('claims', () => {
	it('take the highest priority first, then the oldest', async () => {
		const queue = openQueue({ cores: 1 });
		const specs = [0, 5, -3, 5, 0].map((priority) => task({ priority }));
		const ids = (await queue.enqueue(...specs)).map((job) => job.id);
		expect(await queue.claim()).toEqual([ids[1], ids[3], ids[0], ids[4]]);
	});

	it('respect the limit of a queue, the global limit and pauses', async () => {
		const queue = openQueue({ cores: 2 });
		await queue.jobs.updateQueue({ name: 'slow', concurrency: 1 });
		await queue.jobs.updateQueue({ name: '*', concurrency: 3 });
		await queue.enqueue(...Array.from({ length: 5 }, () => task({ queue: 'slow' })));
		await queue.enqueue(...Array.from({ length: 5 }, () => task()));
		expect(await queue.claim()).toHaveLength(3);
		expect(queue.jobs.queues().queues).toContainEqual(
			expect.objectContaining({ name: 'slow', running: 1, queued: 4, concurrency: 1 }),
		);

		await queue.jobs.updateQueue({ name: '*', concurrency: 100 });
		await queue.jobs.updateQueue({ name: 'slow', concurrency: 100, paused: true });
		const more = await queue.claim();
		expect(more.map((id) => queue.jobs.get(id).job.queue)).toEqual(['default', 'default']);
		await queue.jobs.updateQueue({ name: '*', paused: true });
		await queue.jobs.updateQueue({ name: 'slow', paused: false });
		expect(await queue.claim()).toEqual([]);
		await queue.jobs.updateQueue({ name: '*', paused: false });
		expect(await queue.claim()).toHaveLength(4);
	});

	it('let workspaces take turns within a priority', async () => {
		const queue = openQueue();
		await queue.jobs.updateQueue({ name: 'default', concurrency: 1 });
		const root = temporaryFolder();
		const uri = (name: string) => {
			mkdirSync(join(root, name), { recursive: true });
			return pathToFileURL(join(root, name)).href;
		};
		const a = { workspace: uri('a') };
		const b = { workspace: uri('b') };
		await queue.enqueue(task(a), task(a), task(a), task(b), task(), task({ ...a, priority: 1 }));
		const order: string[] = [];
		for (let i = 0; i < 6; i++) {
			const [id] = await queue.claim();
			const { workspace } = queue.jobs.get(id ?? '').job;
			order.push(workspace === null ? '-' : workspace.slice(-1));
			await queue.exit(id ?? '', 0);
		}
		// The urgent one first; then whoever has waited longest for a turn.
		expect(order).toEqual(['a', 'b', '-', 'a', 'a', 'a']);
	});

	it('find everything again after a restart', async () => {
		const file = join(temporaryFolder(), 'jobs.db');
		const first = openQueue({ file });
		const ids = (await first.enqueue(task(), task({ queue: 'other' }))).map((job) => job.id);
		await first.parts.close();
		const second = openQueue({ file, clock: first.clock });
		expect((await second.claim()).sort()).toEqual([...ids].sort());
	});
});

describe('the place in a queue', () => {
	it('counts who would be claimed before, across classes and workspaces', async () => {
		const queue = openQueue();
		const folder = `file://${temporaryFolder()}`;
		const [first, high, other, last, elsewhere] = await queue.enqueue(
			task(),
			task({ priority: 1 }),
			task({ workspace: folder, constraints: { power: 'ac' } }),
			task(),
			task({ queue: 'other' }),
		);
		const positions = [first, high, other, last, elsewhere].map(
			(job) => queue.jobs.explain(job?.id ?? '').position,
		);
		expect(positions).toEqual([1, 0, 2, 3, 0]);
	});

	it('counts no further than a thousand, and says so', async () => {
		const queue = openQueue();
		await queue.enqueue(...Array.from({ length: 1000 }, () => task()));
		const [before, last] = await queue.enqueue(task(), task());
		expect(queue.jobs.explain(before?.id ?? '')).toMatchObject({
			position: 1000,
			summary: expect.stringContaining('1000 or more jobs ahead in queue default'),
		});
		expect(queue.jobs.explain(last?.id ?? '').position).toBe(1000);
	});
});
