/** Lists over the wire: every job once, by every filter, in every order. */
import { describe, expect, test } from 'vitest';
import type { DaemonConnection } from '../../../shared/client/connection.ts';
import { jobSchema } from '../../../shared/job.ts';
import { enqueue, runToEnd, shell, startDaemon } from '../../support/daemon.ts';
import { paused } from './pausedDaemon.ts';

async function allPages(connection: DaemonConnection, params: object, limit: number) {
	const jobs = [];
	for (let cursor: string | null | undefined; cursor !== null; ) {
		const page = await connection.request('job/list', {
			...params,
			limit,
			...(cursor === undefined ? {} : { cursor }),
		});
		expect(page.jobs.length).toBeLessThanOrEqual(limit);
		jobs.push(...page.jobs);
		cursor = page.nextCursor;
	}
	return jobs;
}

describe('list', () => {
	test('pages through everything once, in every order, while more arrives', async () => {
		const { connection } = await paused();
		const jobs = Array.from({ length: 57 }, (_, i) => shell('true', { priority: (i * 7) % 5 }));
		const ids = await enqueue(connection, ...jobs);
		const listed = async (sort: string) =>
			(await allPages(connection, { sort }, 10)).map((job) => job.id);
		expect(await listed('createdAt')).toEqual(ids);
		expect(await listed('-createdAt')).toEqual(ids.toReversed());
		const byPriority = await allPages(connection, { sort: '-priority' }, 9);
		expect(byPriority.map((job) => job.priority)).toEqual(
			jobs.map((job) => job.priority ?? 0).toSorted((a, b) => b - a),
		);
		expect(new Set(byPriority.map((job) => job.id)).size).toBe(57);
		expect(await listed('finishedAt')).toEqual([]);

		const first = await connection.request('job/list', { sort: '-createdAt', limit: 10 });
		await enqueue(connection, ...jobs.slice(0, 20));
		const second = await connection.request('job/list', {
			sort: '-createdAt',
			limit: 10,
			cursor: first.nextCursor ?? '',
		});
		expect(second.jobs.map((job) => job.id)).toEqual(ids.toReversed().slice(10, 20));
	});

	test('finds by every filter, and by all of them together', async () => {
		const { daemon, connection } = await paused();
		const workspace = `file://${daemon.home}`;
		const [plain = '', tagged = '', subject = '', homely = '', parent = ''] = await enqueue(
			connection,
			shell('true', { title: 'Plain 100% sure' }),
			shell('true', { tag: 'nightly', queue: 'slow' }),
			shell('true', { subject: 'file:///a_b/c', priority: 5 }),
			shell('true', { workspace }),
			shell('true', { title: 'Parent' }),
		);
		const [child = ''] = await enqueue(connection, shell('true', { parentId: parent }));
		await connection.request('job/cancel', { ids: [plain] });
		const found = async (filter: object) => {
			const page = await connection.request('job/list', { filter, sort: 'createdAt' });
			expect(page.total).toEqual({ value: page.jobs.length, exact: true });
			return page.jobs.map((job) => job.id);
		};
		expect(await found({ state: ['cancelled'] })).toEqual([plain]);
		expect(await found({ state: ['cancelled', 'queued'] })).toHaveLength(6);
		expect(await found({ queue: ['slow'] })).toEqual([tagged]);
		expect(await found({ tag: 'nightly' })).toEqual([tagged]);
		expect(await found({ type: ['command'] })).toHaveLength(6);
		expect(await found({ type: ['index.files'] })).toEqual([]);
		expect(await found({ workspace })).toEqual([homely]);
		// The same folder by another name.
		expect(await found({ workspace: `${workspace}/../${daemon.home.split('/').at(-1)}/` })).toEqual(
			[homely],
		);
		expect(await found({ parentId: parent })).toEqual([child]);
		expect(await found({ parentId: null })).toHaveLength(5);
		expect(await found({ subjectPrefix: 'file:///a_' })).toEqual([subject]);
		// Signs of LIKE are letters here.
		expect(await found({ subjectPrefix: 'file:///%' })).toEqual([]);
		expect(await found({ subjectPrefix: 'file:///aXb' })).toEqual([]);
		expect(await found({ text: '100%' })).toEqual([plain]);
		expect(await found({ text: 'NIGHTLY' })).toEqual([tagged]);
		expect(await found({ text: '_' })).toEqual([subject]);
		expect(await found({ text: "'; DROP TABLE jobs; --" })).toEqual([]);
		expect(await found({ createdAfter: Date.now() + 1000 })).toEqual([]);
		expect(await found({ tag: 'nightly', queue: ['default'] })).toEqual([]);
		expect(await found({ queue: ['slow', 'slow', 'none'], state: ['queued', 'queued'] })).toEqual([
			tagged,
		]);
		const finished = await connection.request('job/list', { sort: '-finishedAt' });
		expect(finished).toMatchObject({ jobs: [{ id: plain }], total: { value: 1, exact: true } });
	});

	test('refuses a cursor of another question, forged or stale', async () => {
		const { connection } = await paused();
		await enqueue(connection, ...Array.from({ length: 5 }, () => shell('true')));
		const { nextCursor } = await connection.request('job/list', { limit: 2 });
		const cursor = nextCursor ?? '';
		const forged = [
			'',
			'x',
			'!!!!',
			Buffer.from('{}').toString('base64url'),
			Buffer.from('["a",1,2]').toString('base64url'),
			cursor.slice(0, -4),
		];
		for (const params of [
			{ cursor, sort: 'createdAt' as const },
			{ cursor, filter: { tag: 'x' } },
			...forged.map((one) => ({ cursor: one })),
		]) {
			await expect(
				connection.request('job/list', params),
				JSON.stringify(params),
			).rejects.toMatchObject({ code: 4000, data: { path: 'cursor' } });
		}
		expect((await connection.request('job/list', { cursor, limit: 200 })).jobs).toHaveLength(3);
	});

	test('refuses an unknown parent by its path, also where many jobs are to be changed', async () => {
		const { connection } = await paused();
		const filter = { parentId: '018f4d2e-7c3a-7b1e-9f00-0123456789ab' };
		for (const method of ['job/list', 'job/cancel'] as const) {
			await expect(connection.request(method, { filter }), method).rejects.toMatchObject({
				code: 4001,
				data: { path: 'filter.parentId' },
			});
		}
	});

	test('shows jobs that fit their schema, whatever became of them', async () => {
		const daemon = await startDaemon();
		const connection = await daemon.connect();
		await runToEnd(daemon, connection, shell('exit 3', { tag: 't', payload: [1] }));
		await runToEnd(daemon, connection, shell(`echo '::semantica result {"a":1}'`));
		await runToEnd(daemon, connection, { type: 'command', command: { command: '/none' } });
		const { jobs } = await connection.request('job/list', {});
		for (const job of jobs) expect(jobSchema.strict().parse(job)).toEqual(job);
		expect(jobs.map((job) => job.state)).toEqual(['failed', 'succeeded', 'failed']);
	});
});

test('a job says who asked for it, by the handshake and not by its specification', async () => {
	const daemon = await startDaemon();
	const people = await Promise.all(
		['cli', 'mcp/Some Tool 2', 'schedule/nightly', ''].map((name) => daemon.connect(name)),
	);
	const asked = [];
	for (const person of people) {
		const [id = ''] = await enqueue(person, shell('true'));
		asked.push((await person.request('job/get', { id })).job.origin);
	}
	// What the daemon gives itself nobody can claim.
	expect(asked).toEqual(['cli', 'mcp/Some-Tool-2', 'schedule-nightly', 'unknown']);

	const [person] = people;
	if (person === undefined) throw new Error('There is no connection.');
	const listed = async (...origin: string[]) =>
		(await person.request('job/list', { filter: { origin } })).jobs.map((job) => job.origin);
	expect(await listed('mcp/')).toEqual(['mcp/Some-Tool-2']);
	expect(await listed('mcp/', 'cli')).toEqual(['mcp/Some-Tool-2', 'cli']);
	expect(await listed('mcp', 'cl', 'mcp/%')).toEqual([]);
	const job = { ...shell('true'), origin: 'vscode' };
	await expect(enqueue(person, job)).rejects.toMatchObject({ code: -32602 });

	const { id } = await runToEnd(daemon, person, shell('true'));
	const retried = await people[1]?.request('job/retry', { ids: [id] });
	const [successor] = retried?.jobs ?? [];
	// The same work again is still the work of whoever asked first.
	const { job: again } = await person.request('job/get', { id: successor?.id ?? '' });
	expect(again.origin).toBe('cli');
});
