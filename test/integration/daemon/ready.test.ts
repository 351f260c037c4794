/** Jobs that serve, in a real daemon: ready by a line, or by their own word; and those that wait for that. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, test } from 'vitest';
import type { DaemonConnection } from '../../../shared/client/connection.ts';
import {
	enqueue,
	jobEnd,
	jobWhen,
	readWholeLog,
	shell,
	startDaemon,
	temporaryFolder,
} from '../../support/daemon.ts';

const SERVES = 'sleep 600';
const get = async (connection: DaemonConnection, id: string) =>
	(await connection.request('job/get', { id })).job;

describe('a job is ready', () => {
	test.each([
		['a line of its output', "echo starting; printf '\\033[32mlistening\\033[0m on :80\\n'"],
		['a line of its errors', 'echo starting; echo listening on :80 >&2'],
		['its own word', 'echo ::semantica ready'],
	])('by %s, and whoever waits for that starts; the server runs on', async (_, says) => {
		const daemon = await startDaemon();
		const connection = await daemon.connect();
		const server = shell(`${says}; ${SERVES}`, { ready: { pattern: 'listening on :\\d+' } });
		const waiter = shell('true', { after: [{ index: 0, on: 'ready' }] });
		const [first = '', second = ''] = await enqueue(connection, server, waiter);
		const waited = await connection.request('job/wait', { ids: [first], until: 'ready' });
		expect(waited.satisfied).toBe(true);
		expect(await jobEnd(daemon, second)).toMatchObject({
			state: 'succeeded',
			after: [{ id: first, on: 'ready', holds: true }],
		});
		const job = await get(connection, first);
		expect(job).toMatchObject({ state: 'running', readyAt: expect.any(Number) });
		expect(await readWholeLog(connection, first)).not.toMatch(/^::semantica/m);
		await connection.request('job/cancel', { ids: [first] });
		expect(await jobEnd(daemon, first)).toMatchObject({ readyAt: job.readyAt });
	});

	test('or it fails when its time is over, is tried again, and is ready anew', async () => {
		const daemon = await startDaemon();
		const connection = await daemon.connect();
		const mark = join(temporaryFolder(), 'mark');
		const line = `[ -e '${mark}' ] && echo up; touch '${mark}'; ${SERVES}`;
		const ready = { pattern: '^up$', timeoutMs: 5000 };
		const backoff = { baseMs: 0, jitter: 0 };
		const [twice = '', once = ''] = await enqueue(
			connection,
			shell(line, { ready, maxAttempts: 2, backoff }),
			shell(SERVES, { ready }),
		);
		const failed = await jobEnd(daemon, once);
		expect(failed).toMatchObject({ state: 'failed', stopReason: 'ready', readyAt: null });
		expect(failed.error?.message).toContain('not ready in time');
		expect(await jobWhen(daemon, twice, (job) => job.readyAt !== null)).toMatchObject({ run: 2 });
		const { runs } = await connection.request('job/get', { id: twice });
		expect(runs[0]?.reason).toBe('ready');
	});

	test('and one that ends before cannot be any more', async () => {
		const daemon = await startDaemon();
		const connection = await daemon.connect();
		const [first = '', second = ''] = await enqueue(
			connection,
			shell('echo almost', { title: 'server', ready: { pattern: 'up' } }),
			shell('true', { after: [{ index: 0, on: 'ready' }] }),
		);
		const waited = await connection.request('job/wait', { ids: [first], until: 'ready' });
		expect(waited).toMatchObject({ satisfied: false, jobs: [{ state: 'succeeded' }] });
		const ended = await jobEnd(daemon, second);
		expect(ended).toMatchObject({ state: 'cancelled', stopReason: 'dependency' });
		expect(ended.error?.message).toContain(`«server» (${first}) ended before it was ready`);
	});

	test('a child may wait for its parent to be so', async () => {
		const daemon = await startDaemon();
		const connection = await daemon.connect();
		const gate = join(temporaryFolder(), 'gate');
		const line = `until [ -e '${gate}' ]; do sleep 0.02; done; echo up; ${SERVES}`;
		const [parent = ''] = await enqueue(connection, shell(line, { ready: { pattern: 'up' } }));
		await jobWhen(daemon, parent, (job) => job.state === 'running');
		const [child = ''] = await enqueue(
			connection,
			shell('true', { parentId: parent, after: [{ id: parent, on: 'ready' }] }),
		);
		const { reasons } = await connection.request('job/explain', { id: child });
		expect(reasons[0]?.message).toMatch(/^waits until .* is ready; it is running$/);
		writeFileSync(gate, '');
		expect(await jobEnd(daemon, child)).toMatchObject({ state: 'succeeded' });
	});
});

describe('what is refused', () => {
	test('patterns that cannot be understood or cost too much, by path', async () => {
		const daemon = await startDaemon();
		const connection = await daemon.connect();
		const refused = (pattern: string) =>
			enqueue(connection, shell('true'), shell('true', { ready: { pattern } }));
		for (const pattern of ['(a', '(?<=a)b', '((a{0,10}){0,10}){0,10}']) {
			await expect(refused(pattern)).rejects.toMatchObject({
				code: 4000,
				data: { path: 'jobs[1].ready.pattern' },
			});
		}
		await expect(refused('x'.repeat(501))).rejects.toMatchObject({
			code: -32602,
			data: { path: 'jobs[1].ready.pattern' },
		});
		expect((await connection.request('job/list', {})).jobs).toEqual([]);
		const spec = shell('true', { ready: { pattern: '(a' } });
		const put = { name: 'x', spec, when: { everyMs: 60_000 } } as const;
		await expect(connection.request('schedule/put', put)).rejects.toMatchObject({
			code: 4000,
			data: { path: 'spec.ready.pattern' },
		});
	});

	test('waiting for one that is never ready', async () => {
		const daemon = await startDaemon();
		const connection = await daemon.connect();
		const waiter = shell('true', { after: [{ index: 0, on: 'ready' }] });
		await expect(enqueue(connection, shell('true'), waiter)).rejects.toMatchObject({
			code: 4000,
			data: { path: 'jobs[1].after[0].on' },
		});
		const [id = ''] = await enqueue(connection, shell('true'));
		const waited = connection.request('job/wait', { ids: [id], until: 'ready' });
		await expect(waited).rejects.toMatchObject({ code: 4000, data: { path: 'ids[0]' } });
	});
});

it('a pattern that others take for ever with, and a line of 10 MiB, harm nobody', {
	timeout: 120_000,
}, async () => {
	const daemon = await startDaemon();
	const connection = await daemon.connect();
	const flood = `node -e "process.stdout.write('a'.repeat(10*1024*1024)+'!\\n'+('a'.repeat(2000)+'!\\n').repeat(500)+'up\\n')"`;
	const [hostile = '', server = ''] = await enqueue(
		connection,
		shell(`${flood}; ${SERVES}`, { ready: { pattern: '((a+)+)+$|^up$' } }),
		shell(`echo up; ${SERVES}`, { ready: { pattern: 'up' } }),
	);
	const asked = { until: 'ready', timeoutMs: 100_000 } as const;
	const other = await connection.request('job/wait', { ids: [server], ...asked });
	expect(other.satisfied).toBe(true);
	const own = await connection.request('job/wait', { ids: [hostile], ...asked });
	expect(own.satisfied).toBe(true);
});

describe('kill -9 of the daemon', () => {
	test('after it was ready: who waited starts; the run that comes is ready anew', async () => {
		const daemon = await startDaemon();
		const connection = await daemon.connect();
		const gate = join(temporaryFolder(), 'gate');
		const line = `[ $SEMANTICA_RUN = 1 ] || until [ -e '${gate}' ]; do sleep 0.02; done; echo up; ${SERVES}`;
		const [server = ''] = await enqueue(
			connection,
			shell(line, { ready: { pattern: 'up' }, restartable: true }),
		);
		await connection.request('job/wait', { ids: [server], until: 'ready' });
		await daemon.kill();
		await daemon.restart();
		const again = await daemon.connect();
		const job = await jobWhen(daemon, server, ({ run, state }) => run === 2 && state === 'running');
		expect(job.readyAt).toBeNull();
		// Once and for all, for those who wait.
		const [waiter = ''] = await enqueue(
			again,
			shell('true', { after: [{ id: server, on: 'ready' }] }),
		);
		expect(await jobEnd(daemon, waiter)).toMatchObject({ state: 'succeeded' });
		writeFileSync(gate, '');
		await jobWhen(daemon, server, ({ readyAt }) => readyAt !== null);
	});

	test('before: who waits goes on waiting, or ends with it', async () => {
		const daemon = await startDaemon();
		const connection = await daemon.connect();
		const line = `[ $SEMANTICA_RUN = 1 ] || echo up; ${SERVES}`;
		const ready = { pattern: 'up' };
		const ids = await enqueue(
			connection,
			shell(line, { ready, restartable: true }),
			shell(line, { ready }),
			shell('true', { after: [{ index: 0, on: 'ready' }] }),
			shell('true', { after: [{ index: 1, on: 'ready' }] }),
		);
		for (const id of ids.slice(0, 2)) await jobWhen(daemon, id, (job) => job.state === 'running');
		await daemon.kill();
		await daemon.restart();
		expect(await jobEnd(daemon, ids[2] ?? '')).toMatchObject({ state: 'succeeded' });
		expect(await jobEnd(daemon, ids[3] ?? '')).toMatchObject({ stopReason: 'dependency' });
	});
});
