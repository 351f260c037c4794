/** Folders that do not answer, as dead network disks do: they stop what needs them, and nothing else. */
import { pathToFileURL } from 'node:url';
import { expect, test } from 'vitest';
import {
	enqueue,
	gone,
	jobEnd,
	jobWhen,
	readWholeLog,
	runToEnd,
	shell,
	startDaemon,
} from '../support/daemon.ts';
import { silentFolder } from '../support/silentFolder.ts';

const inFolder = (cwd: string, more = {}) => ({
	type: 'command',
	command: { command: '/bin/true', args: [], cwd },
	graceMs: 200,
	...more,
});

test('a job whose folder or program does not answer is cancelled, timed out and expired as any other', async (context) => {
	const silent = silentFolder(context);
	const daemon = await startDaemon();
	const connection = await daemon.connect();
	const [cancelled = '', slow = '', late = '', program = ''] = await enqueue(
		connection,
		inFolder(silent),
		inFolder(silent, { timeoutMs: 300 }),
		inFolder(silent, { deadlineAt: Date.now() + 1500 }),
		{
			...inFolder('/', { timeoutMs: 300 }),
			command: { command: `${silent}/program`, args: [], cwd: '/' },
		},
	);
	await jobWhen(daemon, cancelled, (job) => job.state === 'running');
	await connection.request('job/cancel', { ids: [cancelled] });
	expect(await jobEnd(daemon, cancelled)).toMatchObject({ state: 'cancelled' });
	for (const id of [slow, program]) {
		expect(await jobEnd(daemon, id)).toMatchObject({ state: 'failed', stopReason: 'timeout' });
	}
	expect(await jobEnd(daemon, late)).toMatchObject({ state: 'expired', stopReason: 'deadline' });
	expect(await readWholeLog(connection, late)).toMatch(/^\[semantica\] run 1/);
});

test('four of them, ten jobs and thirty requests that name them, keep nobody from working, nor the daemon from leaving', async (context) => {
	const silent = silentFolder(context);
	const daemon = await startDaemon();
	const connection = await daemon.connect();
	await connection.request('queue/update', { name: 'stuck', concurrency: 10 });
	await connection.request('queue/update', { name: '*', concurrency: 12 });
	const stuck = Array.from({ length: 10 }, () => inFolder(silent, { queue: 'stuck' }));
	const ids = await enqueue(connection, ...stuck);
	for (const id of ids) await jobWhen(daemon, id, (job) => job.state === 'running');

	const workspace = pathToFileURL(silent).href;
	const asking = await daemon.connect();
	const others = Array.from({ length: 3 }, () => silentFolder(context));
	const open = [
		...Array.from({ length: 10 }, () => asking.request('job/list', { filter: { workspace } })),
		...[silent, ...others].flatMap((folder) =>
			Array.from({ length: 5 }, () =>
				enqueue(asking, { ...inFolder('/'), payloadFile: `${folder}/payload` }),
			),
		),
		enqueue(asking, { ...inFolder('/'), workspace }),
		asking.request('index/delete', { workspace }),
	];
	for (const request of open) request.catch(() => {});

	// Whatever needs a thread: a workspace, a payload file of ours, a log, an end.
	const fine = pathToFileURL(daemon.home).href;
	for (let i = 0; i < 3; i++) {
		const payload = 'x'.repeat(50_000);
		const done = await runToEnd(daemon, connection, shell('wc -c', { payload, workspace: fine }));
		expect(done).toMatchObject({ state: 'succeeded' });
		expect(await readWholeLog(connection, done.id)).toContain('50000');
	}
	process.kill(daemon.state.pid, 'SIGTERM');
	await gone(daemon.state.pid, 60_000);
	expect(daemon.log()).toContain('The daemon has left.');
	await daemon.restart();
	const again = await daemon.connect();
	expect((await again.request('system/status', {})).counts).toMatchObject({ failed: 10 });
});
