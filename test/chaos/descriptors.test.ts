/** The daemon has no descriptor left for a while: nothing is lost by it. The kernel's own limit is what refuses. */
import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { describe, expect, onTestFinished, type TestContext, test } from 'vitest';
import {
	enqueue,
	isAlive,
	jobEnd,
	jobWhen,
	logSays,
	runToEnd,
	shell,
	startDaemon,
	type TestDaemon,
	temporaryFolder,
} from '../support/daemon.ts';
import { marked, newMarker, processorTime, until } from '../support/processes.ts';
import { need } from './capabilities.ts';

const canLimit = spawnSync('prlimit', ['--pid', String(process.pid)]).status === 0;

/** Every descriptor that the daemon wants from now on is refused. Returns how that ends. */
function refuseDescriptors(daemon: TestDaemon): () => void {
	const { pid } = daemon.state;
	const [, usual = ''] =
		/^Max open files +(\d+)/m.exec(readFileSync(`/proc/${pid}/limits`, 'latin1')) ?? [];
	const limit = (soft: string) =>
		execFileSync('prlimit', ['--pid', String(pid), `--nofile=${soft}:`]);
	limit('3');
	return () => limit(usual);
}

async function start(context: TestContext, cgroups: boolean) {
	need(context, canLimit, 'prlimit');
	const daemon = await startDaemon({ config: { cgroups } });
	const connection = await daemon.connect();
	// What is made once is made.
	await runToEnd(daemon, connection, shell('true'));
	const marker = newMarker();
	const gate = join(temporaryFolder(), 'gate');
	const line = `echo up; until [ -e ${gate} ]; do sleep 0.02; : ${marker}; done; echo over`;
	const [id = ''] = await enqueue(connection, shell(line));
	// Not where the log names the command.
	await logSays(daemon, id, '\nup\n');
	return { daemon, connection, id, marker, open: () => writeFileSync(gate, '') };
}

describe.each([
	['with control groups', true],
	['without', false],
])('without descriptors, %s,', (_, cgroups) => {
	test('a paused job is cancelled, and the daemon lives', async (context) => {
		const { daemon, connection, id, marker } = await start(context, cgroups);
		await connection.request('job/pause', { ids: [id] });
		await jobWhen(daemon, id, (job) => job.state === 'paused');
		const allow = refuseDescriptors(daemon);
		await connection.request('job/cancel', { ids: [id] });
		await until(() => marked(marker).length === 0, 'the job is gone');
		expect(isAlive(daemon.state.pid)).toBe(true);
		allow();
		expect(await jobEnd(daemon, id)).toMatchObject({ state: 'cancelled' });
	});

	test('a paused job that is resumed goes on as soon as there are some', async (context) => {
		const { daemon, connection, id, open } = await start(context, cgroups);
		await connection.request('job/pause', { ids: [id] });
		await jobWhen(daemon, id, (job) => job.state === 'paused');
		const allow = refuseDescriptors(daemon);
		await connection.request('job/resume', { ids: [id] });
		open();
		allow();
		expect(await jobEnd(daemon, id)).toMatchObject({ state: 'succeeded', exitCode: 0 });
	});

	test('a job that cannot be paused goes on, and says so', async (context) => {
		const { daemon, connection, id, open, marker } = await start(context, cgroups);
		const allow = refuseDescriptors(daemon);
		await connection.request('job/pause', { ids: [id] });
		await until(() => logOf(daemon, id).includes('could not be made to stand still'), 'it says so');
		allow();
		expect(await connection.request('job/get', { id })).toMatchObject({
			job: { state: 'running', held: false },
		});
		const used = () => marked(marker).reduce((sum, pid) => sum + processorTime(pid), 0);
		const before = used();
		await until(() => used() > before, 'it goes on');
		open();
		expect(await jobEnd(daemon, id)).toMatchObject({ state: 'succeeded' });
	});

	test('a job that ends meanwhile has ended as it did', async (context) => {
		const { daemon, id, marker, open } = await start(context, cgroups);
		const allow = refuseDescriptors(daemon);
		open();
		await until(() => marked(marker).length === 0, 'the job is gone');
		allow();
		expect(await jobEnd(daemon, id)).toMatchObject({ state: 'succeeded', run: 1, exitCode: 0 });
		expect(logOf(daemon, id)).toMatch(/up\nover\n$/);
	});
});

test('strangers cannot take the descriptors that clients and jobs need', async () => {
	const node = join(temporaryFolder(), 'node');
	writeFileSync(node, `#!/bin/sh\nulimit -n 160\nexec '${process.execPath}' "$@"\n`);
	chmodSync(node, 0o755);
	const daemon = await startDaemon({ execPath: node });
	const strangers: Socket[] = [];
	onTestFinished(() => {
		for (const socket of strangers) socket.destroy();
	});
	for (let i = 0; i < 300; i++) {
		const socket = connect(daemon.state.endpoint).on('error', () => {});
		strangers.push(socket);
		await new Promise((resolve) => socket.once('connect', resolve).once('close', resolve));
	}
	const connection = await daemon.connect();
	expect(await runToEnd(daemon, connection, shell('exit 0'))).toMatchObject({ state: 'succeeded' });
});

test('where hardly any are allowed, a sentence says so', async () => {
	const node = join(temporaryFolder(), 'node');
	writeFileSync(node, `#!/bin/sh\nulimit -n 40\nexec '${process.execPath}' "$@"\n`);
	chmodSync(node, 0o755);
	await expect(startDaemon({ execPath: node })).rejects.toThrow(
		/Only 40 files may be open at once here.*ulimit -n/,
	);
});

function logOf(daemon: TestDaemon, id: string): string {
	return readFileSync(join(daemon.paths.logs, id.slice(-2), `${id}.0.log`), 'utf8');
}
