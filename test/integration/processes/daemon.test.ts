/** What jobs may and may not get from the daemon that runs them. */
import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { expect, test } from 'vitest';
import {
	enqueue,
	jobEnd,
	jobWhen,
	logSays,
	readWholeLog,
	shell,
	startDaemon,
	temporaryFolder,
} from '../../support/daemon.ts';
import { environmentOf, marked, newMarker, until } from '../../support/processes.ts';

test('no descriptor of the daemon reaches a job, not even one that the daemon inherited', async () => {
	const folder = temporaryFolder();
	const node = join(folder, 'node');
	// Three strangers' files: low, beyond the first 16, and high.
	writeFileSync(
		node,
		`#!/bin/bash\nexec 7</etc/passwd 33</etc/passwd 240</etc/passwd\nexec '${process.execPath}' "$@"\n`,
	);
	chmodSync(node, 0o755);
	const daemon = await startDaemon({ execPath: node });
	const connection = await daemon.connect();
	const [id = ''] = await enqueue(connection, {
		type: 'command',
		command: { command: '/bin/ls', args: ['-l', '/proc/self/fd'] },
	});
	await jobEnd(daemon, id);
	const lines = (await readWholeLog(connection, id)).split('\n').filter((l) => l.includes('->'));
	// The fourth is the folder that ls reads.
	expect(lines.map((line) => / (\d+) -> /.exec(line)?.[1])).toEqual(['0', '1', '2', '3']);
	expect(lines[3]).toContain('/fd');
});

test('the daemon that a job starts carries no cookie, and outlives the job', async () => {
	for (const cgroups of [true, false]) {
		const outer = await startDaemon({ config: { cgroups } });
		const inner = temporaryFolder();
		const connection = await outer.connect();
		const starter = join(import.meta.dirname, 'startInner.ts');
		const [id = ''] = await enqueue(connection, {
			type: 'command',
			command: { command: process.execPath, args: [starter, inner] },
		});
		const job = await jobEnd(outer, id);
		expect(job, await readWholeLog(connection, id)).toMatchObject({ state: 'succeeded' });
		const daemon = await startDaemon({ home: inner });
		const { pid } = job.result as { pid: number };
		// The same one: it was found alive.
		expect(daemon.state.pid).toBe(pid);
		expect(environmentOf(pid)).not.toContain('SEMANTICA_JOB');
	}
});

test('a paused job gives its slot back, and its timeout does not count the pause', async () => {
	const daemon = await startDaemon({ config: { cgroups: false } });
	const connection = await daemon.connect();
	await connection.request('queue/update', { name: 'default', concurrency: 1 });
	const marker = newMarker();
	// Long enough for what a slow machine takes to start, pause and resume it.
	const timeoutMs = 20_000;
	const [id = '', next = ''] = await enqueue(
		connection,
		shell(`setsid sh -c ': ${marker}; sleep 0.5; sleep 0.5' & wait; exit 5`, { timeoutMs }),
		shell('exit 0'),
	);
	await jobWhen(daemon, id, (job) => job.state === 'running');
	await until(() => marked(marker).length > 0, 'the job is under way');
	await connection.request('job/pause', { ids: [id] });
	await jobWhen(daemon, id, (job) => job.state === 'paused');
	expect(await jobEnd(daemon, next)).toMatchObject({ state: 'succeeded' });
	await delay(timeoutMs);
	await connection.request('job/resume', { ids: [id] });
	expect(await jobEnd(daemon, id)).toMatchObject({ state: 'failed', exitCode: 5, run: 1 });
});

test('a paused job can be cancelled, and says goodbye', async () => {
	for (const cgroups of [true, false]) {
		const daemon = await startDaemon({ config: { cgroups } });
		const connection = await daemon.connect();
		const [id = ''] = await enqueue(
			connection,
			// The log's first line is the command itself: it must not say what the test waits for.
			shell('trap "echo b\'\'ye; exit 0" TERM; echo u""p; while :; do sleep 0.02; done', {
				graceMs: 30_000,
			}),
		);
		await logSays(daemon, id, 'up');
		await connection.request('job/pause', { ids: [id] });
		await jobWhen(daemon, id, (job) => job.state === 'paused');
		await connection.request('job/cancel', { ids: [id] });
		expect(await jobEnd(daemon, id)).toMatchObject({ state: 'cancelled', exitCode: 0 });
		expect(await readWholeLog(connection, id)).toContain('\nbye\n');
	}
});

test('a job is told of its run, and of nothing else of the daemon', async () => {
	const daemon = await startDaemon({ env: { SECRET_OF_THE_EDITOR: '1' } });
	const connection = await daemon.connect();
	const [id = ''] = await enqueue(connection, shell('/usr/bin/env'));
	await jobEnd(daemon, id);
	const names = (await readWholeLog(connection, id))
		.split('\n')
		.flatMap((line) => /^([A-Z_]+)=/.exec(line)?.[1] ?? []);
	expect(names).toEqual(
		expect.arrayContaining(['SEMANTICA_HOME', 'SEMANTICA_JOB_ID', 'SEMANTICA_TOKEN', 'PATH']),
	);
	expect(names).not.toContain('SECRET_OF_THE_EDITOR');
	expect(names).not.toContain('SEMANTICA_READY_FD');
	expect(names).not.toContain('ELECTRON_RUN_AS_NODE');
});
