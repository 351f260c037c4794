/** Hooks: what a job's end begins, in the transaction of that end (docs/design.md section 3). */
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { storedSpec } from '../../../daemon/queue/store/storedSpec.ts';
import type { Hook } from '../../../shared/protocol/hooks.ts';
import { temporaryFolder } from '../../support/daemon.ts';
import { openQueue, type TestQueue, task } from '../../support/queue.ts';

const hook = (n: number, more: Partial<Hook> = {}): Hook => ({
	n,
	on: 'ended',
	filter: {},
	command: { command: 'tell', args: ['a b'], env: { OWN: 'one' }, shell: false },
	...more,
});

interface Begun {
	readonly id: string;
	readonly origin: string;
	readonly env: Readonly<Record<string, string>>;
	readonly runAt: number;
}

/** What hooks began, in order. */
function begun({ db, parts }: TestQueue): Begun[] {
	return db
		.prepare<[], { id: string }>("SELECT id FROM jobs WHERE queue = 'hooks' ORDER BY generation")
		.all()
		.map(({ id }) => {
			const row = parts.table.need(id);
			const env = storedSpec(row).command?.env ?? {};
			return { id, origin: row.origin, env, runAt: row.run_at };
		});
}

const named = (queue: TestQueue) =>
	begun(queue).map(({ origin, env }) => `${origin} ${env['SEMANTICA_HOOK_TEXT']}`);

async function one(queue: TestQueue, more: Parameters<typeof task>[0] = {}): Promise<string> {
	const [job] = await queue.enqueue(task({ title: 'work', ...more }));
	return job?.id ?? '';
}

async function ran(queue: TestQueue, exitCode: number, more: Parameters<typeof task>[0] = {}) {
	const id = await one(queue, more);
	while (!(await queue.claim()).includes(id));
	await queue.exit(id, exitCode);
	return id;
}

describe('the end of a job', () => {
	it('begins each hook that asks for it, with its command and what there is to say', async () => {
		const queue = openQueue({ hooks: [hook(1, { on: 'failed' }), hook(7)] });
		const good = await ran(queue, 0);
		const bad = await ran(queue, 3, { tag: 'night\nly', title: 'two\nlines\0' });
		expect(named(queue)).toEqual([
			'hook/7 work succeeded',
			'hook/1 two lines failed, exit code 3',
			'hook/7 two lines failed, exit code 3',
		]);
		const [first, , third] = begun(queue);
		expect(first?.env).toMatchObject({ SEMANTICA_HOOK_JOB_ID: good });
		expect(third?.env).toEqual({
			OWN: 'one',
			SEMANTICA_HOOK: '7',
			SEMANTICA_HOOK_COUNT: '1',
			SEMANTICA_HOOK_JOB_ID: bad,
			SEMANTICA_HOOK_STATE: 'failed',
			SEMANTICA_HOOK_STOP_REASON: 'exit',
			SEMANTICA_HOOK_EXIT_CODE: '3',
			SEMANTICA_HOOK_SIGNAL: '',
			SEMANTICA_HOOK_ERROR: 'The process ended with exit code 3. Its log says why.',
			SEMANTICA_HOOK_TITLE: 'two lines',
			SEMANTICA_HOOK_TYPE: 'command',
			SEMANTICA_HOOK_QUEUE: 'default',
			SEMANTICA_HOOK_TAG: 'night ly',
			SEMANTICA_HOOK_WORKSPACE: '',
			SEMANTICA_HOOK_ORIGIN: 'test',
			SEMANTICA_HOOK_TEXT: 'two lines failed, exit code 3',
		});
		const { job } = queue.jobs.get(third?.id ?? '');
		expect(job).toMatchObject({
			type: 'command',
			queue: 'hooks',
			title: 'Hook 7: two lines failed, exit code 3',
			parentId: null,
			command: { command: 'tell', args: ['a b'] },
		});
	});

	it('counts when it is for good, not with an attempt', async () => {
		const queue = openQueue({ hooks: [hook(1)] });
		const id = await one(queue, { maxAttempts: 2, backoff: { baseMs: 0, jitter: 0 } });
		for (const expected of [[], ['hook/1 work failed, exit code 1']]) {
			expect(await queue.claim()).toEqual([id]);
			await queue.exit(id, 1);
			expect(named(queue)).toEqual(expected);
		}
	});

	it('is any end there is, of what never ran too', async () => {
		const queue = openQueue({ hooks: [hook(1), hook(2, { on: 'failed' })] });
		const cancelled = await one(queue, { title: 'cancelled' });
		await queue.enqueue(task({ title: 'waits', after: [{ id: cancelled, on: 'succeeded' }] }));
		await queue.jobs.cancel({ ids: [cancelled] });
		await queue.swept();
		await one(queue, { title: 'late', ttlMs: 10 });
		queue.clock.advance(20);
		await queue.dispatch.advance();
		await one(queue, { title: 'older', subject: 's' });
		await one(queue, { title: 'newer', subject: 's' });
		expect(named(queue)).toEqual([
			'hook/1 cancelled cancelled, cancel',
			'hook/1 waits cancelled, dependency',
			'hook/1 late expired, ttl',
			'hook/2 late expired, ttl',
			'hook/1 older superseded, supersede',
		]);
	});

	it('of a part is the business of the whole', async () => {
		const queue = openQueue({ hooks: [hook(1)] });
		const parent = await one(queue, { title: 'whole' });
		await queue.claim();
		const [child] = await queue.enqueueBy(parent, task({ title: 'part' }));
		await queue.exit(parent, 0);
		await queue.claim();
		await queue.exit(child?.id ?? '', 1);
		expect(named(queue)).toEqual(['hook/1 whole failed, children']);
	});

	it('is chosen by queue, type, tag, group, origin and folder', async () => {
		const filters: Hook['filter'][] = [
			{ queue: ['a', 'default'] },
			{ queue: ['a'] },
			{ type: ['command'] },
			{ type: ['index.files'] },
			{ tag: 't' },
			{ tag: 'u' },
			{ group: 'g' },
			{ group: 'h' },
			{ origin: ['te'] },
			{ origin: ['cli', 'test'] },
			{ origin: ['test/'] },
			{ workspace: 'file:///elsewhere' },
			{ queue: ['default'], tag: 'u' },
			{ queue: ['default'], tag: 't' },
		];
		const queue = openQueue({ hooks: filters.map((filter, i) => hook(i + 1, { filter })) });
		await ran(queue, 0, { tag: 't', group: 'g' });
		expect(begun(queue).map(({ env }) => Number(env['SEMANTICA_HOOK']))).toEqual([
			1, 3, 5, 7, 10, 14,
		]);
	});
});

describe('nothing of a hook', () => {
	it('sets off hooks: not its own job, nor a retry, nor what its run began', async () => {
		const queue = openQueue({ hooks: [hook(1), hook(2)] });
		await ran(queue, 0);
		const [first = '', second = ''] = begun(queue).map(({ id }) => id);
		expect(await queue.claim()).toEqual([first, second]);
		const [child] = await queue.enqueueBy(first, task({ title: 'child' }));
		const [grandchild] = await queue.enqueueBy(child?.id ?? '', task({ title: 'grandchild' }));
		await queue.jobs.cancel({ ids: [grandchild?.id ?? '', child?.id ?? ''] });
		await queue.exit(first, 1);
		await queue.exit(second, 0);
		await queue.swept();
		// A person tries them again: children stand alone then, and say only who asked.
		const ids = [first, child?.id ?? '', grandchild?.id ?? ''];
		const { jobs } = await queue.jobs.retry({ ids });
		expect(jobs).toHaveLength(3);
		expect(await queue.claim()).toHaveLength(3);
		for (const { id } of jobs) await queue.exit(id, 1);
		expect(begun(queue).map(({ id }) => id)).toEqual([first, second, jobs[0]?.id]);
	});
});

describe('more ends than a hook may start', () => {
	it('are one run, when the minute is over, which says how many', async () => {
		const queue = openQueue({ hooks: [hook(1)], hookStarts: 3 });
		for (const name of ['hooks', '*']) await queue.jobs.updateQueue({ name, concurrency: 100 });
		const { clock } = queue;
		const start = clock.now();
		for (let i = 0; i < 6; i++) {
			await ran(queue, 0, { title: `work ${i}` });
			clock.advance(1000);
		}
		expect(named(queue)).toEqual([
			'hook/1 work 0 succeeded',
			'hook/1 work 1 succeeded',
			'hook/1 work 2 succeeded',
			'hook/1 work 3 succeeded (and 2 more)',
		]);
		const gathered = begun(queue)[3];
		expect(gathered).toMatchObject({
			runAt: start + 60_000,
			env: { OWN: 'one', SEMANTICA_HOOK_COUNT: '3' },
		});
		expect(queue.jobs.get(gathered?.id ?? '').job.title).toBe(
			'Hook 1: work 3 succeeded (and 2 more)',
		);
		// It gathers until it starts, also when its time has come.
		clock.advance(gathered === undefined ? 0 : gathered.runAt - clock.now());
		await queue.dispatch.advance();
		const waiting = await one(queue);
		await queue.jobs.cancel({ ids: [waiting] });
		expect(begun(queue).at(-1)?.env).toMatchObject({ SEMANTICA_HOOK_COUNT: '4' });
		while (!(await queue.claim()).includes(gathered?.id ?? ''));
		// From there on it is one of the minute: in none there are more.
		for (let i = 0; i < 3; i++) {
			clock.advance(600);
			await queue.dispatch.advance();
			await queue.claim();
			await queue.jobs.cancel({ ids: [await one(queue)] });
		}
		const times = begun(queue).map(({ runAt }) => runAt - start);
		expect(times).toEqual([0, 1000, 2000, 60_000, 61_000, 62_000]);
	});

	it('are gathered by no job of another command', async () => {
		const file = join(temporaryFolder(), 'jobs.db');
		const open = (command: string) =>
			openQueue({
				file,
				hookStarts: 1,
				idsUsed: command === 'one' ? 0 : 10,
				hooks: [hook(1, { command: { command, args: [], env: {}, shell: false } })],
			});
		const before = open('one');
		for (let i = 0; i < 3; i++) await before.jobs.cancel({ ids: [await one(before)] });
		await before.parts.close();
		before.db.close();
		const after = open('other');
		await after.jobs.cancel({ ids: [await one(after)] });
		const counts = begun(after).map(({ env }) => env['SEMANTICA_HOOK_COUNT']);
		expect(counts).toEqual(['1', '2', '1']);
	});

	it('of another hook have a minute of their own', async () => {
		const queue = openQueue({ hooks: [hook(1), hook(2, { on: 'failed' })], hookStarts: 2 });
		for (const exitCode of [0, 0, 0, 1]) await ran(queue, exitCode);
		expect(begun(queue).map(({ origin, env }) => [origin, env['SEMANTICA_HOOK_COUNT']])).toEqual([
			['hook/1', '1'],
			['hook/1', '1'],
			['hook/1', '2'],
			['hook/2', '1'],
		]);
	});

	it('wait no longer for a clock that was set back', async () => {
		const queue = openQueue({ hooks: [hook(1)], hookStarts: 1 });
		const end = async () => queue.jobs.cancel({ ids: [await one(queue)] });
		await end();
		queue.clock.suspend(-3_600_000);
		await end();
		expect(begun(queue)[1]?.runAt).toBe(queue.clock.now() + 60_000);
	});
});
