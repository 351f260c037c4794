/** What a new daemon finds, cleans up and resolves before any work. */

import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { createCookies } from '../../daemon/processes/cookie.ts';
import { readPidWorld } from '../../daemon/processes/posix/identity.ts';
import { Undertaker } from '../../daemon/processes/posix/undertaker.ts';
import type { ProcessIdentity } from '../../daemon/queue/ports/runs.ts';
import { openHarness } from '../integration/processes/harness.ts';
import {
	enqueue,
	gone,
	isAlive,
	jobEnd,
	jobWhen,
	shell,
	startDaemon,
	temporaryFolder,
} from '../support/daemon.ts';
import { commandLineOf, helpersOf, marked, newMarker, until } from '../support/processes.ts';
import { canUnshare, need } from './capabilities.ts';
import { resultTable } from './table.ts';

const rows = resultTable('The start after a death');

describe.each([true, false])('control groups: %s', (cgroups) => {
	test('daemon, undertaker and every watcher killed: the next start leaves none', async () => {
		const daemon = await startDaemon({ config: { cgroups } });
		const connection = await daemon.connect();
		const marker = newMarker();
		const restartable = newMarker();
		const ids = await enqueue(
			connection,
			shell(
				`sleep ${marker} & setsid sleep ${marker} & (setsid sleep ${marker} &); sleep ${marker}`,
			),
			shell(`kill -STOP 0; sleep ${marker}`),
			shell(`trap '' TERM; sleep ${marker} & wait`),
			shell(`[ "$SEMANTICA_RUN" = 1 ] && sleep ${restartable}; exit 0`, { restartable: true }),
		);
		await until(() => marked(marker).length >= 14, 'the jobs are under way');
		await until(() => marked(restartable).length >= 4, 'the restartable job is under way');

		process.kill(daemon.state.pid, 'SIGSTOP');
		for (const pid of helpersOf(daemon.state.pid)) process.kill(pid, 'SIGKILL');
		await daemon.kill();
		const before = marked(marker).length;
		expect(before).toBeGreaterThanOrEqual(10);

		await daemon.restart();
		expect(marked(marker)).toEqual([]);
		const again = await daemon.connect();
		const { recovery } = await again.request('system/status', {});
		expect(recovery).toMatchObject({ interrupted: 3, requeued: 1, resolved: 0 });
		expect(recovery.killed).toBeGreaterThanOrEqual(before);
		expect(daemon.log()).toContain(`${recovery.killed} processes of earlier jobs`);
		const ends = await Promise.all(ids.map((id) => jobEnd(daemon, id)));
		expect(ends.map(({ state, stopReason, attempt }) => ({ state, stopReason, attempt }))).toEqual([
			{ state: 'failed', stopReason: 'interrupted', attempt: 1 },
			{ state: 'failed', stopReason: 'interrupted', attempt: 1 },
			{ state: 'failed', stopReason: 'interrupted', attempt: 1 },
			// An interruption is not charged.
			{ state: 'succeeded', stopReason: 'exit', attempt: 1 },
		]);
		rows.push({
			case: `undertaker and watchers killed first${cgroups ? ', control groups' : ''}`,
			before,
			after2s: 0,
			untilZero: 0,
			outcome:
				'3 failed (interrupted), 1 requeued and succeeded; none left when the daemon was ready',
		});
	});

	test('a job that ended while the daemon was away has its own outcome', async () => {
		const daemon = await startDaemon({ config: { cgroups } });
		const connection = await daemon.connect();
		const marker = newMarker();
		const flag = join(daemon.home, 'go');
		const wait = `while [ ! -e '${flag}' ]; do sleep 0.01; done; : ${marker}`;
		const ids = await enqueue(
			connection,
			shell(`${wait}; exit 0`),
			shell(`${wait}; exit 5`),
			shell(`${wait}; kill -TERM $$`),
		);
		await until(() => marked(marker).length >= 9, 'the jobs are under way');
		process.kill(daemon.state.pid, 'SIGSTOP');
		spawnSync('touch', [flag]);
		await until(() => marked(marker).length === 0, 'the jobs have ended by themselves');
		await daemon.kill();
		await daemon.restart();
		const jobs = await Promise.all(ids.map((id) => jobEnd(daemon, id)));
		expect(jobs).toMatchObject([
			{ state: 'succeeded', stopReason: 'exit', exitCode: 0 },
			{ state: 'failed', stopReason: 'exit', exitCode: 5 },
			{ state: 'failed', stopReason: 'exit', exitCode: 143, signal: 'SIGTERM' },
		]);
		expect((await (await daemon.connect()).request('system/status', {})).recovery).toEqual({
			interrupted: 0,
			requeued: 0,
			resolved: 3,
			killed: 0,
		});
	});
});

test('10 subprocesses at once, the daemon killed, started again: clean, and states right', async () => {
	const daemon = await startDaemon();
	const connection = await daemon.connect();
	await connection.request('queue/update', { name: '*', concurrency: 20 });
	await connection.request('queue/update', { name: 'default', concurrency: 20 });
	const marker = newMarker();
	const ids = await enqueue(
		connection,
		...Array.from({ length: 10 }, () => shell(`sleep ${marker} & sleep ${marker}`)),
	);
	await until(() => marked(marker).length >= 50, 'ten jobs are under way');
	await daemon.kill();
	await daemon.restart();
	expect(marked(marker)).toEqual([]);
	for (const id of ids) {
		expect(await jobEnd(daemon, id)).toMatchObject({ state: 'failed', stopReason: 'interrupted' });
	}
});

test('an undertaker that is killed is replaced, and the new one knows the groups', async () => {
	const daemon = await startDaemon({ config: { cgroups: false } });
	const connection = await daemon.connect();
	const marker = newMarker();
	await enqueue(connection, shell(`sleep ${marker} & kill -STOP 0`));
	await until(() => marked(marker).length >= 4, 'the job is under way');
	const undertaker = () =>
		helpersOf(daemon.state.pid).filter((pid) => commandLineOf(pid).includes('undertaker'));
	const [first = 0] = undertaker();
	process.kill(first, 'SIGKILL');
	await until(() => undertaker().some((pid) => pid !== first), 'another undertaker is there');
	expect(daemon.log()).toContain('was killed and has been replaced');
	await daemon.kill();
	await until(() => marked(marker).length === 0, 'nothing is left', 2000);
});

test('the undertaker does its work without grep', async () => {
	const home = temporaryFolder();
	const cookies = createCookies(home, 'undertaker-test');
	const undertaker = new Undertaker({
		cookiePrefix: cookies.prefix,
		cgroup: undefined,
		statusFolder: home,
		warn: () => {},
		grep: '',
	});
	const marker = newMarker();
	for (let i = 0; i < 3; i++) {
		const env = { PATH: process.env['PATH'] ?? '', SEMANTICA_JOB: cookies.of('job', i) };
		spawn('setsid', ['-f', 'sleep', marker], { env, stdio: 'ignore' });
	}
	await until(() => marked(marker).length === 3, 'three escapees are there');
	const stranger = spawn('sleep', [marker], { stdio: 'ignore', detached: true });
	onTestFinished(() => void stranger.kill('SIGKILL'));
	undertaker.close();
	await until(() => marked(marker).length === 1, 'the escapees are gone');
	expect(marked(marker)).toEqual([stranger.pid]);
});

describe('a recorded process is touched only when it is the very same', () => {
	test.each<[string, Partial<ProcessIdentity>, boolean]>([
		['the same', {}, false],
		['of another boot', { boot: '00000000-0000-0000-0000-000000000000' }, true],
		['of another pid namespace', { pidNamespace: 'pid:[1]' }, true],
		['of another start time', { startTime: '12345' }, true],
		['of a system that tells no boot', { boot: 'unknown' }, true],
	])('%s', async (_, difference, survives) => {
		const { runner } = await openHarness();
		const stranger = spawn('sleep', [newMarker()], { stdio: 'ignore', detached: true });
		onTestFinished(() => void stranger.kill('SIGKILL'));
		const ended = once(stranger, 'exit');
		const pid = stranger.pid ?? 0;
		const startTime = readFileSync(`/proc/${pid}/stat`, 'latin1').split(' ')[21] ?? '';
		const cookie = 'somebody.else';
		const identity = { pid, pgid: pid, startTime, ...readPidWorld(), cookie, ...difference };
		const killed = await runner.cleanUp([identity], []);
		expect(killed).toBe(survives ? 0 : 1);
		if (!survives) await ended;
		expect(isAlive(pid)).toBe(survives);
	});

	test('a pid that was given to a stranger meanwhile', async (context) => {
		need(context, canUnshare('-Urpf', '--mount-proc'), 'a pid namespace of our own');
		// A kill by the stored number, of the process or of its group, would have hit it.
		expect(namespaced(['-Urpf', '--mount-proc'], 'pidReuse.ts')).toEqual({
			samePid: true,
			killed: 0,
			groupGone: true,
			alive: true,
		});
	});

	test('a job of a copied data folder is not ours', () => {
		const [mine, copy] = [temporaryFolder(), temporaryFolder()];
		const earlier = `PATH=/bin\0SEMANTICA_JOB=${createCookies(mine, 'before').of('a', 1)}\0`;
		expect(createCookies(mine, 'now').earlier(earlier)).toContain('before.a.1.');
		expect(createCookies(mine, 'before').earlier(earlier)).toBeUndefined();
		expect(createCookies(copy, 'now').earlier(earlier)).toBeUndefined();
	});
});

test('a status file on a full disk: the exit code is told all the same', async (context) => {
	need(context, canUnshare('-Urm'), 'a mount namespace of our own');
	expect(namespaced(['-Urm'], 'fullDisk.ts')).toEqual({
		outcome: { kind: 'exit', exitCode: 9, signal: null },
		status: '',
		settled: { kind: 'interrupted' },
	});
});

test('without /proc jobs run, stop and leave nothing in their group', async (context) => {
	need(context, canUnshare('-Urm'), 'a mount namespace of our own');
	expect(namespaced(['-Urm'], 'noProc.ts')).toEqual({
		mounted: false,
		plain: { kind: 'exit', exitCode: 3, signal: null },
		stopped: { kind: 'signal', signal: 'SIGKILL' },
		paused: false,
		killed: 0,
		checks: [true, false, true, true, true],
	});
});

test('without /proc a daemon tells its status, and leaves when asked', async (context) => {
	need(context, canUnshare('-Urm'), 'a mount namespace of our own');
	const node = join(temporaryFolder(), 'node');
	const line = `mount -t tmpfs none /proc && exec '${process.execPath}' "$@"`;
	writeFileSync(
		node,
		`#!/bin/sh\nexec unshare -Urm sh -c '${line.replaceAll("'", `'\\''`)}' sh "$@"\n`,
		{
			mode: 0o755,
		},
	);
	const daemon = await startDaemon({ execPath: node });
	const connection = await daemon.connect();
	const { memory } = await connection.request('system/status', {});
	expect(memory.rssBytes).toBeGreaterThan(memory.heapUsedBytes);
	const [id = ''] = await enqueue(connection, shell('sleep 600'));
	await jobWhen(daemon, id, (job) => job.state === 'running');
	const paused = await connection.request('job/pause', { ids: [id] });
	expect(paused).toMatchObject({
		count: 0,
		skipped: [{ id, reason: expect.stringMatching(/cannot be paused here/) }],
	});
	await connection.request('system/drain', { reason: 'test', mode: 'stop', timeoutMs: 0 });
	await gone(daemon.state.pid);
	expect(daemon.log()).not.toMatch(/ error /);
});

test('without descriptors a job is refused with the reason, and nothing of it stays', () => {
	const exited = { kind: 'exit', exitCode: 0, signal: null };
	expect(namespaced([], 'noDescriptors.ts')).toEqual({
		refused: expect.stringMatching(/could not be started: too many files are open/),
		after: [exited, exited],
		left: [],
	});
});

test('where /bin/sh is bash, a job has its variables and they do not end it', async (context) => {
	need(context, canUnshare('-Urm'), 'a mount namespace of our own');
	need(context, existsSync('/bin/bash'), 'bash');
	expect(namespaced(['-Urm'], 'bashAsSh.ts')).toEqual({
		isBash: true,
		outcome: { kind: 'exit', exitCode: 3, signal: null },
		lost: [],
	});
});

function namespaced(flags: readonly string[], script: string): unknown {
	const file = join(import.meta.dirname, 'namespaced', script);
	const { stdout, stderr } = spawnSync('unshare', [...flags, process.execPath, file], {
		encoding: 'utf8',
		timeout: 60_000,
	});
	const answer = stdout.trim().split('\n').at(-1) ?? '';
	if (!answer.startsWith('{')) throw new Error(`${script} said: ${stdout}${stderr}`);
	return JSON.parse(answer);
}

test('the helpers of a daemon are gone with it', async () => {
	const daemon = await startDaemon();
	const helpers = helpersOf(daemon.state.pid);
	expect(helpers).toHaveLength(1);
	await daemon.kill();
	for (const pid of helpers) await gone(pid);
});
