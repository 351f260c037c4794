/** Groups of jobs: so many of one group at once, across queues (docs/design.md section 3). */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '../../support/daemon.ts';
import { TestMachine } from '../../support/model/machine.ts';
import { openQueue, type TestQueue, task } from '../../support/queue.ts';

async function ids(queue: TestQueue, ...specs: Parameters<typeof task>[0][]): Promise<string[]> {
	return (await queue.enqueue(...specs.map((spec) => task(spec)))).map(({ id }) => id);
}

const messages = (queue: TestQueue, id: string) =>
	queue.jobs.explain(id).reasons.map(({ kind, message }) => [kind, message]);

describe('a group', () => {
	it('runs one at a time, across queues and workspaces, best first; others pass it by', async () => {
		const queue = openQueue();
		const folder = join(temporaryFolder(), 'a');
		mkdirSync(folder);
		const [first, second, high, free] = await ids(
			queue,
			{ group: 'g' },
			{ group: 'g', queue: 'other' },
			{ group: 'g', queue: 'third', priority: 1, workspace: pathToFileURL(folder).href },
			{ priority: -1 },
		);
		expect(await queue.claim()).toEqual([high, free]);
		expect(messages(queue, first ?? '')).toEqual([
			['group', `waiting for a place in group g (1 of 1 taken by ${high})`],
		]);
		await queue.exit(high ?? '', 0);
		expect(await queue.claim()).toEqual([first]);
		await queue.exit(first ?? '', 1);
		expect(await queue.claim()).toEqual([second]);
		expect(queue.jobs.get(second ?? '').job).toMatchObject({ group: 'g', groupLimit: null });
	});

	it('has as many places as a person says, else as its most modest unfinished job, else one', async () => {
		const queue = openQueue();
		await queue.jobs.updateQueue({ name: 'default', concurrency: 100 });
		await queue.jobs.updateQueue({ name: '*', concurrency: 100 });
		const [modest] = await ids(queue, { group: 'g', groupLimit: 2, priority: 9 });
		const many = await ids(queue, ...Array(6).fill({ group: 'g', groupLimit: 3 }));
		expect(await queue.claim()).toEqual([modest, many[0]]);
		expect(await queue.jobs.groups({ after: '', limit: 10 })).toEqual({
			groups: [{ name: 'g', limit: 2, set: false, running: 2, queued: 5 }],
			more: false,
		});
		await queue.exit(modest ?? '', 0);
		expect(await queue.claim()).toEqual([many[1], many[2]]);
		expect(await queue.jobs.updateGroup({ name: 'g', limit: 4 })).toEqual({
			...{ name: 'g', limit: 4, set: true, running: 3, queued: 3 },
		});
		expect(await queue.claim()).toEqual([many[3]]);
		await queue.jobs.updateGroup({ name: 'g', limit: 1 });
		await queue.exit(many[0] ?? '', 0);
		expect(await queue.claim()).toEqual([]);
		expect(await queue.jobs.updateGroup({ name: 'g', limit: null })).toMatchObject({ limit: 3 });
		expect(await queue.claim()).toEqual([]);
		await queue.exit(many[1] ?? '', 0);
		expect(await queue.claim()).toEqual([many[4]]);
	});

	it('has more places once a job comes that asks for more than the one of those that ask for none', async () => {
		const queue = openQueue();
		const [, waiting] = await ids(queue, { group: 'g' }, { group: 'g' });
		expect(await queue.claim()).toHaveLength(1);
		expect(await queue.claim()).toEqual([]);
		await ids(queue, { group: 'g', groupLimit: 2, runAt: queue.clock.now() + 1000 });
		expect(await queue.claim()).toEqual([waiting]);
	});

	it('gives a place free in pause and while only children are left, and takes it again to go on', async () => {
		const queue = openQueue();
		const [first, second, third] = await ids(queue, { group: 'g' }, { group: 'g' }, { group: 'g' });
		await queue.claim();
		await queue.jobs.pause({ ids: [first ?? ''] });
		expect(await queue.claim()).toEqual([]);
		await queue.dispatch.pauseCarriedOut(first ?? '', 1, true);
		expect(await queue.claim()).toEqual([second]);
		await queue.jobs.resume({ ids: [first ?? ''] });
		await queue.claim();
		expect(queue.jobs.get(first ?? '').job.state).toBe('paused');
		expect(messages(queue, first ?? '')).toEqual([
			['group', `waiting for a place in group g (1 of 1 taken by ${second})`],
		]);
		// Its part has no group of its own.
		const [part] = await ids(queue, { parentId: second ?? '', tag: 'part' });
		await queue.exit(second ?? '', 0);
		expect(await queue.claim()).toEqual([part]);
		expect(queue.jobs.get(first ?? '').job.state).toBe('running');
		expect(queue.jobs.get(second ?? '').job.phase).toBe('children');
		await queue.exit(first ?? '', 0);
		expect(await queue.claim()).toEqual([third]);
	});

	it('is waited for also by what was asked to run now, which waits for nothing else', async () => {
		const queue = openQueue();
		const [holder] = await ids(queue, { group: 'g' });
		await queue.claim();
		await queue.jobs.updateQueue({ name: 'default', paused: true });
		const [urgent, next] = await ids(queue, { group: 'g' }, { group: 'g', priority: 5 });
		await queue.jobs.runNow({ ids: [urgent ?? ''] });
		expect(await queue.claim()).toEqual([]);
		expect(messages(queue, urgent ?? '').map(([kind]) => kind)).toEqual(['group']);
		expect(queue.jobs.explain(urgent ?? '').summary).not.toContain('Run Now');
		await queue.exit(holder ?? '', 0);
		expect(await queue.claim()).toEqual([urgent]);
		expect(messages(queue, next ?? '').map(([kind]) => kind)).toEqual(['paused', 'group']);
	});

	it('is looked at again when the one that the place was for is blocked', async () => {
		const machine = new TestMachine();
		machine.ac = false;
		const queue = openQueue({ conditions: machine });
		await queue.jobs.updateQueue({ name: 'full', concurrency: 1 });
		const [busy, holder] = await ids(queue, { queue: 'full' }, { group: 'g' });
		await queue.claim();
		const [, , free] = await ids(
			queue,
			{ group: 'g', priority: 2, constraints: { power: 'ac' } },
			{ group: 'g', priority: 1, queue: 'full' },
			{ group: 'g' },
		);
		await queue.exit(holder ?? '', 0);
		expect(await queue.claim()).toEqual([free]);
		expect(queue.jobs.get(busy ?? '').job.state).toBe('running');
	});

	it('is full after a restart too, until it is known what became of its run', async () => {
		const file = join(temporaryFolder(), 'jobs.db');
		const before = openQueue({ file });
		const [first, second] = await ids(before, { group: 'g' }, { group: 'g' });
		await before.claim();
		await before.parts.close();
		before.db.close();
		const queue = openQueue({ file, clock: before.clock, idsUsed: 2 });
		expect(await queue.claim()).toEqual([]);
		await queue.dispatch.finish({ id: first ?? '', run: 1, outcome: { kind: 'interrupted' } });
		expect(await queue.claim()).toEqual([second]);
	});

	it('lets its waiting jobs expire, be retried and be superseded', async () => {
		const queue = openQueue();
		const [holder, late] = await ids(queue, { group: 'g' }, { group: 'g', ttlMs: 10 });
		const [old] = await ids(queue, { group: 'g', subject: 's' });
		await queue.claim();
		queue.clock.advance(20);
		await queue.dispatch.advance();
		expect(queue.jobs.get(late ?? '').job.state).toBe('expired');
		const [newer] = await ids(queue, { group: 'g', subject: 's' });
		expect(queue.jobs.get(old ?? '').job.state).toBe('superseded');
		const { jobs } = await queue.jobs.retry({ ids: [late ?? ''] });
		expect(queue.jobs.get(jobs[0]?.id ?? '').job.group).toBe('g');
		expect(await queue.claim()).toEqual([]);
		await queue.exit(holder ?? '', 0);
		expect(await queue.claim()).toEqual([newer]);
	});

	it('is a filter of lists', async () => {
		const queue = openQueue();
		const [mine] = await ids(queue, { group: 'g' }, { group: 'h' }, {});
		const params = { sort: '-createdAt', limit: 10 } as const;
		const page = await queue.jobs.page({ ...params, filter: { group: 'g' } });
		expect(page.jobs.map(({ id }) => id)).toEqual([mine]);
		await queue.jobs.cancel({ filter: { group: 'g' } });
		expect(queue.jobs.get(mine ?? '').job.state).toBe('cancelled');
	});

	it('that is full costs a claim no look at its jobs, however many there are and in how many queues', async () => {
		const queue = openQueue();
		await queue.jobs.updateQueue({ name: '*', concurrency: 1000 });
		const crowd = Array.from({ length: 1000 }, (_, i) => task({ group: 'g', queue: `q${i % 50}` }));
		await queue.enqueue(...crowd);
		expect(await queue.claim()).toHaveLength(1);
		const changes = queue.db.prepare<[], { n: number }>('SELECT total_changes() AS n');
		await queue.enqueue(...crowd);
		const before = changes.get()?.n ?? 0;
		expect(await queue.claim()).toHaveLength(0);
		expect(changes.get()?.n).toBe(before);
	});
});

it('groups are listed page by page, with those of which only the limit stands', async () => {
	const queue = openQueue();
	await ids(queue, { group: 'b' }, { group: 'é' }, { group: 'a' }, { group: 'b' });
	await queue.jobs.updateGroup({ name: 'c', limit: 7 });
	await queue.jobs.cancel({ filter: { group: 'a' } });
	const first = await queue.jobs.groups({ after: '', limit: 2 });
	expect(first.groups.map(({ name }) => name)).toEqual(['b', 'c']);
	expect(first.more).toBe(true);
	const second = await queue.jobs.groups({ after: 'c', limit: 2 });
	expect(second).toEqual({
		groups: [{ name: 'é', limit: 1, set: false, running: 0, queued: 1 }],
		more: false,
	});
});
