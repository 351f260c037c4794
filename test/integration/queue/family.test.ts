/** What a run may replace and learn of when it enqueues: work of its own family. */
import { expect, it } from 'vitest';
import { openQueue, type TestQueue, task } from '../../support/queue.ts';

const job = (queue: TestQueue, id: string | undefined) => queue.jobs.get(id ?? '').job;

async function openWithParent() {
	const queue = openQueue();
	const [parent] = await queue.enqueue(task());
	await queue.claim();
	return { queue, parent: parent?.id ?? '' };
}

it('leaves the queued and the running work of others alone', async () => {
	const { queue, parent } = await openWithParent();
	const [running] = await queue.enqueue(task({ subject: 's' }));
	expect(await queue.claim()).toEqual([running?.id]);
	const [waiting] = await queue.enqueue(task({ subject: 's' }));
	const [child] = await queue.enqueueBy(parent, task({ subject: 's', supersede: 'abort' }));
	expect(child).toMatchObject({ state: 'queued', superseded: [] });
	expect(job(queue, running?.id)).toMatchObject({ state: 'running', stopping: null });
	expect(job(queue, waiting?.id).state).toBe('queued');
	await queue.exit(running?.id ?? '', 0);
	expect(await queue.claim()).toEqual([waiting?.id]);
	await queue.exit(waiting?.id ?? '', 0);
	expect(await queue.claim()).toEqual([child?.id]);
});

it('supersedes nobody later either, by being newer when they would run again', async () => {
	const { queue, parent } = await openWithParent();
	const [other] = await queue.enqueue(task({ subject: 's', maxAttempts: 2 }));
	await queue.claim();
	await queue.enqueueBy(parent, task({ subject: 's' }));
	await queue.exit(other?.id ?? '', 1);
	expect(job(queue, other?.id).state).toBe('queued');
});

it('replaces its own, and what their children had', async () => {
	const { queue, parent } = await openWithParent();
	const [child] = await queue.enqueueBy(parent, task());
	await queue.claim();
	const [below] = await queue.enqueueBy(child?.id ?? '', task({ subject: 's' }));
	const [own] = await queue.enqueueBy(parent, task({ subject: 's' }));
	expect(own?.superseded).toEqual([below?.id]);
});

it('hears of a key only within the family, that of the job it is a retry of included', async () => {
	const { queue, parent } = await openWithParent();
	const [theirs] = await queue.enqueue(task({ key: 'k' }));
	const refused = await queue.enqueueBy(parent, task({ key: 'k' })).catch((error) => error);
	expect(refused).toMatchObject({ kind: 'CONFLICT', data: { path: 'jobs[0].key' } });
	expect(JSON.stringify(refused) + refused.message).not.toContain(theirs?.id);
	const [child] = await queue.enqueueBy(parent, task({ key: 'own' }));
	await queue.claim();
	await queue.exit(child?.id ?? '', 0);
	await queue.exit(parent, 1);
	const { jobs } = await queue.jobs.retry({ ids: [parent] });
	await queue.claim();
	const other = (await queue
		.enqueueBy(jobs[0]?.id ?? '', task({ key: 'own' }))
		.catch(String)) as unknown;
	// The parent stands in the specification, so it is not the same one: but of its own it may know.
	expect(String(other)).toContain(child?.id);
});
