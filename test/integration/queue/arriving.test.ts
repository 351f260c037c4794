/** A claim in the commit that brings the jobs. */
import { expect, test } from 'vitest';
import type { ClaimedRun } from '../../../daemon/queue/dispatch.ts';
import { openQueue, type TestQueue, task } from '../../support/queue.ts';

/** A queue in which each enqueue is followed by a claim, as the scheduling loop does. */
function openEager(running = 0): {
	readonly queue: TestQueue;
	readonly claims: Promise<readonly ClaimedRun[]>[];
	commits(): number;
} {
	const claims: Promise<readonly ClaimedRun[]>[] = [];
	let commits = 0;
	const queue = openQueue({
		cores: 2,
		committing: () => void commits++,
		arriving() {
			const claiming = queue.dispatch.claimArriving((name) => (name === undefined ? running : 0));
			if (claiming !== undefined) claims.push(claiming);
		},
	});
	return { queue, claims, commits: () => commits };
}

const idsOf = async (claims: readonly Promise<readonly ClaimedRun[]>[]) =>
	(await Promise.all(claims)).flat().map(({ row }) => row.id);

test('takes who may start of those that come with it, the best first, in one commit', async () => {
	const { queue, claims, commits } = openEager();
	await queue.jobs.updateQueue({ name: '*', concurrency: 2 });
	const together: boolean[] = [];
	// A group that has had its time leaves the rest to the next one, which a busy machine may bring about.
	for (let attempt = 0; attempt < 50 && !together.includes(true); attempt++) {
		const before = commits();
		const answers = await queue.enqueue(task(), task({ priority: 5 }), task({ priority: 3 }));
		const [low = '', high = '', middle = ''] = answers.map(({ id }) => id);
		expect(await idsOf(claims.splice(0))).toEqual([high, middle]);
		together.push(commits() === before + 1);
		// What was answered is what was true when it was enqueued.
		expect(answers.map(({ state }) => state)).toEqual(['queued', 'queued', 'queued']);
		expect(queue.jobs.get(low).job.state).toBe('queued');
		expect(queue.jobs.get(high).job).toMatchObject({ state: 'running', run: 1, attempt: 1 });
		await queue.jobs.cancel({ all: true });
		for (const id of [high, middle]) await queue.exit(id, 0);
	}
	expect(together).toContain(true);
});

test('takes better ones that stood there before', async () => {
	const { queue, claims } = openEager();
	await queue.jobs.updateQueue({ name: '*', concurrency: 1, paused: true });
	const [first] = await queue.enqueue(task({ priority: 1 }));
	expect(claims).toHaveLength(0);
	await queue.jobs.updateQueue({ name: '*', paused: false });
	await queue.enqueue(task());
	expect(await idsOf(claims)).toEqual([first?.id]);
});

test('is not made where no slot is free', async () => {
	const { queue, claims } = openEager(2);
	await queue.jobs.updateQueue({ name: '*', concurrency: 2 });
	await queue.enqueue(task());
	expect(claims).toHaveLength(0);
});

test('takes nothing of an enqueue that was refused', async () => {
	const { queue, claims } = openEager();
	const [kept] = await queue.enqueue(task({ key: 'once' }));
	await Promise.all(claims.splice(0));
	await expect(
		queue.enqueue(task(), task({ key: 'once', title: 'of other content' })),
	).rejects.toMatchObject({ data: { path: 'jobs[1].key' } });
	expect(await idsOf(claims)).toEqual([]);
	expect(queue.jobs.queues().queues).toContainEqual(
		expect.objectContaining({ name: 'default', queued: 0 }),
	);
	expect(await queue.claim()).toEqual([]);
	expect(queue.jobs.get(kept?.id ?? '').job.state).toBe('running');
});
