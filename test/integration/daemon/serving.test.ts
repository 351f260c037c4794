/** Jobs that serve: ready by a port or a file of their own, begun anew when they end, left when nothing else runs. */
import { writeFileSync } from 'node:fs';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import {
	enqueue,
	gone,
	jobEnd,
	jobWhen,
	readWholeLog,
	shell,
	startDaemon,
	temporaryFolder,
} from '../../support/daemon.ts';
import { freePort } from '../../support/freePort.ts';

async function listen(port = 0): Promise<Server & { readonly port: number }> {
	const server = createServer();
	await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
	onTestFinished(() => void server.close());
	return Object.assign(server, { port: (server.address() as AddressInfo).port });
}

const NODE = JSON.stringify(process.execPath);
const serve = (port: number) => `${NODE} -e "require('net').createServer().listen(${port})" & wait`;

test('a port counts when it is the job that listens, and says nothing where somebody did before', async () => {
	const daemon = await startDaemon();
	const connection = await daemon.connect();
	const port = await freePort();
	const taken = await listen();
	const contested = await freePort();
	const [own = '', waiter = '', named = '', late = '', stranger = ''] = await enqueue(
		connection,
		shell(serve(port), { ready: { port } }),
		shell('true', { after: [{ index: 0, on: 'ready' }] }),
		shell('exec sleep 600', { ready: { port: taken.port, host: '127.0.0.1' } }),
		shell('exec sleep 600', { ready: { port: taken.port } }),
		shell('exec sleep 600', { ready: { port: contested } }),
	);
	expect(await jobEnd(daemon, waiter)).toMatchObject({ state: 'succeeded' });
	expect(await jobWhen(daemon, own, ({ readyAt }) => readyAt !== null)).toMatchObject({
		state: 'running',
		ready: { port },
	});
	for (const id of [named, late]) {
		const failed = await jobEnd(daemon, id);
		expect(failed).toMatchObject({ state: 'failed', stopReason: 'spawn' });
		expect(failed.error).toMatchObject({ code: 'READY' });
		expect(failed.error?.message).toContain(`${taken.port} already`);
	}
	await jobWhen(daemon, stranger, ({ state }) => state === 'running');
	await listen(contested);
	await expect
		.poll(() => readWholeLog(connection, stranger), { timeout: 30_000 })
		.toMatch(new RegExp(`port ${contested} is held by .*\\(pid ${process.pid}\\), which is none`));
	expect((await connection.request('job/get', { id: stranger })).job.readyAt).toBeNull();
	await connection.request('job/cancel', { ids: [own, stranger] });
	await jobEnd(daemon, own);
	await jobEnd(daemon, stranger);
});

test('a file counts when it is written after the start; the job says where it is by its own folder', async () => {
	const daemon = await startDaemon();
	const connection = await daemon.connect();
	const cwd = temporaryFolder();
	const gate = join(cwd, 'gate');
	writeFileSync(join(cwd, 'up'), 'of an earlier run');
	const line =
		'echo begun > mark; until [ -e gate ]; do sleep 0.02; done; echo now > up; sleep 600';
	const command = { command: 'sh', args: ['-c', line], cwd };
	const [id = ''] = await enqueue(connection, {
		type: 'command',
		command,
		ready: { file: 'up' },
	});
	const [mark = ''] = await enqueue(connection, {
		type: 'command',
		command: { ...command, args: ['-c', 'sleep 600'] },
		ready: { file: 'mark' },
	});
	await jobWhen(daemon, id, ({ state }) => state === 'running');
	// What was there before is no sign, whoever else was ready meanwhile.
	expect((await connection.request('job/get', { id })).job.readyAt).toBeNull();
	writeFileSync(gate, '');
	await jobWhen(daemon, id, ({ readyAt }) => readyAt !== null);
	await connection.request('job/cancel', { ids: [id, mark] });
	expect(await jobEnd(daemon, id)).toMatchObject({ state: 'cancelled' });
});

test('it is begun anew as its policy says, uncharged, ready anew each time, and not after a stop', async () => {
	const daemon = await startDaemon();
	const connection = await daemon.connect();
	const backoff = { baseMs: 0, jitter: 0 };
	const folder = temporaryFolder();
	const twice = `echo up; [ -e '${folder}/once' ] && exec sleep 600; touch '${folder}/once'`;
	const ready = { pattern: 'up' };
	const [always = '', bounded = '', done = ''] = await enqueue(
		connection,
		shell(twice, { ready, restart: { policy: 'always', backoff } }),
		shell('exit 3', { restart: { policy: 'on-failure', max: 2, backoff } }),
		shell('true', { restart: { policy: 'on-failure', backoff } }),
	);
	const failed = await jobEnd(daemon, bounded);
	expect(failed).toMatchObject({ state: 'failed', exitCode: 3, run: 3, restarts: 2, attempt: 1 });
	expect(await jobEnd(daemon, done)).toMatchObject({ state: 'succeeded', run: 1, restarts: 0 });
	const serving = await jobWhen(daemon, always, (job) => job.run === 2 && job.readyAt !== null);
	expect(serving).toMatchObject({ state: 'running', restarts: 1, restartable: true });
	await connection.request('job/cancel', { ids: [always] });
	expect(await jobEnd(daemon, always)).toMatchObject({ state: 'cancelled', run: 2 });

	const refused = enqueue(
		connection,
		shell('true', { restart: { policy: 'always' }, maxAttempts: 2 }),
	);
	await expect(refused).rejects.toMatchObject({ data: { path: 'jobs[0].restart' } });
	const both = enqueue(connection, shell('true', { ready: { port: 1, file: 'x' } }));
	await expect(both).rejects.toMatchObject({ data: { path: 'jobs[0].ready' } });
});

test('whoever waits until nothing runs does not wait for what serves', async () => {
	const daemon = await startDaemon();
	const connection = await daemon.connect();
	const gate = join(temporaryFolder(), 'gate');
	const [server = '', work = ''] = await enqueue(
		connection,
		shell('echo up; exec sleep 600', { ready: { pattern: 'up' }, restartable: true }),
		shell(`until [ -e '${gate}' ]; do sleep 0.02; done`),
	);
	await jobWhen(daemon, server, ({ readyAt }) => readyAt !== null);
	const { pid } = daemon.state;
	await connection.request('system/drain', { reason: 'an update', mode: 'whenIdle' });
	writeFileSync(gate, '');
	await gone(pid);
	await daemon.restart();
	const again = await daemon.connect();
	expect((await again.request('job/get', { id: work })).job.state).toBe('succeeded');
	expect(await jobWhen(daemon, server, ({ run }) => run === 2)).toBeDefined();
});
