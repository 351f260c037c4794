/** Jobs over the wire: taken, cancelled, retried, explained. */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { requests } from '../../../shared/protocol/requests.ts';
import {
	enqueue,
	jobEnd,
	jobWhen,
	logSays,
	readWholeLog,
	runToEnd,
	shell,
	startDaemon,
} from '../../support/daemon.ts';
import { paused } from './pausedDaemon.ts';

describe('enqueue', () => {
	test('answers what stands after the request, and every answer fits its schema', async () => {
		const { connection } = await paused();
		const before = Date.now();
		const { jobs } = await connection.request('job/enqueue', {
			jobs: [shell('true', { subject: 's', title: 'first' }), shell('true', { subject: 's' })],
		});
		expect(jobs).toMatchObject([
			{ state: 'superseded', superseded: [], existing: false },
			{ state: 'queued', superseded: [jobs[0]?.id], existing: false },
		]);
		const got = await connection.request('job/get', { id: jobs[1]?.id ?? '' });
		expect(requests['job/get'].result.strict().parse(got)).toEqual(got);
		expect(got.job).toMatchObject({
			type: 'command',
			queue: 'default',
			subject: 's',
			priority: 0,
			maxAttempts: 1,
			restartable: false,
			graceMs: 5000,
			attempt: 0,
			run: 0,
			startedAt: null,
			payload: { bytes: 0, storage: 'none' },
			logBytes: 0,
			command: { command: '/bin/sh', args: ['-c', 'true'], cwd: null, env: ['PATH'], shell: false },
		});
		expect(got.job.createdAt).toBeGreaterThanOrEqual(before);
		expect(got.runs).toEqual([]);
	});

	test('is idempotent by key: the same again is the same job, another is a conflict', async () => {
		const { connection } = await paused();
		const job = shell('true', { key: 'k', payload: { a: [1] } });
		const [id] = await enqueue(connection, job);
		const again = await connection.request('job/enqueue', { jobs: [job] });
		expect(again.jobs).toMatchObject([{ id, existing: true, state: 'queued' }]);
		for (const other of [
			{ ...job, payload: { a: [2] } },
			{ ...job, queue: 'other' },
			{ ...job, title: 'another' },
		]) {
			await expect(enqueue(connection, shell('true'), other)).rejects.toMatchObject({
				code: 4002,
				data: { kind: 'CONFLICT', path: 'jobs[1].key', id },
			});
		}
		// All or nothing, three times nothing.
		expect((await connection.request('job/list', {})).total).toEqual({ value: 1, exact: true });
	});

	test('of a thousand in one request keeps their order', async () => {
		const { connection } = await paused();
		const { jobs } = await connection.request('job/enqueue', {
			jobs: Array.from({ length: 1000 }, (_, i) => shell('true', { title: `n${i}` })),
		});
		const generations = jobs.map((job) => job.generation);
		expect(generations).toEqual(generations.map((_, i) => (generations[0] ?? 0) + i));
		const { job } = await connection.request('job/get', { id: jobs[999]?.id ?? '' });
		expect(job.title).toBe('n999');
	});
});

describe('cancel', () => {
	test('ends a waiting job at once and a running one when it is gone', async () => {
		const daemon = await startDaemon();
		const connection = await daemon.connect();
		await connection.request('queue/update', { name: 'held', paused: true });
		const [waiting = '', running = ''] = await enqueue(
			connection,
			shell('echo never', { queue: 'held' }),
			shell("trap 'echo bye; exit 0' TERM; echo ready; sleep 60 & wait"),
		);
		await logSays(daemon, running, 'ready\n');
		const answer = await connection.request('job/cancel', { ids: [waiting, running] });
		expect(answer).toEqual({ count: 2, skipped: [], skippedCount: 0 });
		expect((await connection.request('job/get', { id: waiting })).job).toMatchObject({
			state: 'cancelled',
			stopReason: 'cancel',
			run: 0,
			startedAt: null,
		});
		// Its exit code is kept; why it ended is that it was cancelled.
		expect(await jobEnd(daemon, running)).toMatchObject({
			state: 'cancelled',
			stopReason: 'cancel',
			exitCode: 0,
		});
		expect(await readWholeLog(connection, running)).toMatch(/ready\nbye\n$/);
	});

	test('says of each that it left alone why, and of a filter how many it met', async () => {
		const { connection } = await paused();
		const [done = '', ...others] = await enqueue(
			connection,
			shell('true', { tag: 'a' }),
			...Array.from({ length: 450 }, () => shell('true', { tag: 'a' })),
			shell('true', { tag: 'b' }),
		);
		await connection.request('job/cancel', { ids: [done] });
		const unknown = '018f4d2e-7c3a-7b1e-9f00-0123456789ab';
		const again = await connection.request('job/cancel', { ids: [done, unknown] });
		expect(again).toMatchObject({ count: 0, skippedCount: 2 });
		expect(again.skipped).toEqual([
			{ id: done, reason: 'it is already cancelled' },
			{ id: unknown, reason: expect.stringMatching(/There is no job/) },
		]);
		// A filter means those that can be cancelled.
		expect(await connection.request('job/cancel', { filter: { tag: 'a' } })).toMatchObject({
			count: 450,
			skippedCount: 0,
		});
		expect(await connection.request('job/cancel', { all: true })).toMatchObject({ count: 1 });
		const { job } = await connection.request('job/get', { id: others.at(-1) ?? '' });
		expect(job.state).toBe('cancelled');
	});
});

describe('retry', () => {
	test('of a finished job makes a new one with the same payload; the old one stays', async () => {
		const daemon = await startDaemon();
		const connection = await daemon.connect();
		const payload = 'the same input\n';
		const failed = await runToEnd(
			daemon,
			connection,
			shell('cat; exit 1', { payload, key: 'k', tag: 't', priority: 3, title: 'Mine' }),
		);
		const answer = await connection.request('job/retry', { ids: [failed.id] });
		expect(answer).toMatchObject({ count: 1, jobs: [{ retryOf: failed.id }] });
		const again = await jobEnd(daemon, answer.jobs[0]?.id ?? '');
		expect(again).toMatchObject({
			state: 'failed',
			retryOf: failed.id,
			key: null,
			tag: 't',
			priority: 3,
			title: 'Mine',
			attempt: 1,
			payload: { bytes: payload.length },
		});
		expect(await readWholeLog(connection, again.id)).toContain(payload);
		expect((await connection.request('job/get', { id: failed.id })).job).toEqual(failed);
	});

	test('by filter takes what did not do its work, and leaves the rest', async () => {
		const daemon = await startDaemon();
		const connection = await daemon.connect();
		const ids = await enqueue(connection, shell('exit 1'), shell('true'), shell('exit 2'));
		for (const id of ids) await jobEnd(daemon, id);
		await connection.request('queue/update', { name: '*', paused: true });
		const { count, jobs } = await connection.request('job/retry', { all: true });
		expect(count).toBe(2);
		expect(jobs.map((job) => job.retryOf)).toEqual([ids[0], ids[2]]);
		const [queued = ''] = jobs.map((job) => job.id);
		const refused = await connection.request('job/retry', { ids: [queued] });
		expect(refused).toMatchObject({ count: 0, skippedCount: 1, jobs: [] });
		expect(refused.skipped[0]?.reason).toMatch(/it is queued; only finished jobs/);
	});
});

describe('queues', () => {
	test('run as many at a time as they are told, and none while they are paused', async () => {
		const daemon = await startDaemon();
		const connection = await daemon.connect();
		await connection.request('queue/update', { name: 'narrow', concurrency: 1 });
		const order = `${daemon.home}/order`;
		const note = (name: string) =>
			shell(`echo + >> ${order}; sleep 0.05; echo - ${name} >> ${order}`, { queue: 'narrow' });
		const ids = await enqueue(connection, note('a'), note('b'), note('c'));
		for (const id of ids) await jobEnd(daemon, id);
		// Never two pluses in a row: one at a time, first come first served.
		expect(readFileSync(order, 'utf8')).toBe('+\n- a\n+\n- b\n+\n- c\n');

		expect(await connection.request('queue/update', { name: 'narrow', paused: true })).toEqual({
			name: 'narrow',
			concurrency: 1,
			rate: null,
			limits: null,
			paused: true,
		});
		const [held = ''] = await enqueue(connection, shell('true', { queue: 'narrow' }));
		expect(await connection.request('job/explain', { id: held })).toMatchObject({
			runnable: false,
			reasons: [{ kind: 'paused', message: 'queue narrow is paused' }],
			position: 0,
		});
		const { global, queues } = await connection.request('queue/list', {});
		expect(global).toMatchObject({ paused: false, running: 0 });
		expect(queues.find((queue) => queue.name === 'narrow')).toEqual({
			name: 'narrow',
			concurrency: 1,
			rate: null,
			limits: null,
			paused: true,
			queued: 1,
			running: 0,
		});
		expect(queues.map((queue) => queue.name)).toEqual(['default', 'index', 'narrow']);
		await connection.request('queue/update', { name: 'narrow', paused: false });
		expect((await jobEnd(daemon, held)).state).toBe('succeeded');
	});

	test('a full queue explains who waits and where', async () => {
		const daemon = await startDaemon();
		const connection = await daemon.connect();
		await connection.request('queue/update', { name: 'narrow', concurrency: 1 });
		const sleeper = shell('sleep 60', { queue: 'narrow' });
		const [first = ''] = await enqueue(connection, sleeper);
		await jobWhen(daemon, first, (job) => job.state === 'running');
		const [second = '', third = '', urgent = ''] = await enqueue(connection, sleeper, sleeper, {
			...sleeper,
			priority: 9,
		});
		const explain = (id: string) => connection.request('job/explain', { id });
		const full = { kind: 'limit', message: 'queue narrow runs 1 at a time and is full' };
		for (const [id, position] of [
			[urgent, 0],
			[second, 1],
			[third, 2],
		] as const) {
			expect(await explain(id)).toMatchObject({ runnable: false, reasons: [full], position });
		}
		expect(await explain(first)).toMatchObject({
			runnable: false,
			reasons: [{ kind: 'running', message: 'it is running' }],
		});
	});

	test('limits and pauses outlive the daemon', async () => {
		const daemon = await startDaemon();
		const connection = await daemon.connect();
		await connection.request('queue/update', { name: 'mine', concurrency: 7, paused: true });
		await connection.request('queue/update', { name: '*', concurrency: 3 });
		await daemon.kill();
		await daemon.restart();
		const { global, queues } = await (await daemon.connect()).request('queue/list', {});
		expect(global).toMatchObject({ concurrency: 3, paused: false });
		expect(queues).toContainEqual({
			name: 'mine',
			concurrency: 7,
			rate: null,
			limits: null,
			paused: true,
			queued: 0,
			running: 0,
		});
	});
});

test('how many finished jobs are kept is what the settings say now', async () => {
	const daemon = await startDaemon();
	const connection = await daemon.connect();
	await runToEnd(daemon, connection, shell('true'));
	const { revision } = await connection.request('settings/get', {});
	await connection.request('settings/update', { revision, values: { retentionCount: 0 } });
	const kept = async () => (await connection.request('job/list', {})).total.value;
	await expect.poll(kept, { timeout: 20_000 }).toBe(0);
	await enqueue(connection, shell('true'));
	await expect.poll(kept, { timeout: 20_000 }).toBe(0);
});
