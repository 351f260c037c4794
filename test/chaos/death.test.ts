/** Whatever ends the daemon, nothing that it started is left (docs/processes.md section 6). */
import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { JobSpecInput } from '../../shared/job.ts';
import {
	enqueue,
	gone,
	jobWhen,
	shell,
	startDaemon,
	type TestDaemon,
	temporaryFolder,
} from '../support/daemon.ts';
import { marked, newMarker, until, untilNone } from '../support/processes.ts';
import { hasCgroups, need } from './capabilities.ts';
import { resultTable } from './table.ts';

const LIMIT_MS = 2000;
const LONG = process.env['CHAOS'] === 'long';

interface Case {
	readonly name: string;
	/** A line of shell in which M stands for the marker. */
	readonly line: string;
	/** So many processes carry the marker when it is under way, supervisor and watcher included. */
	readonly processes: number;
	readonly paused?: boolean;
	/** It has a terminal. */
	readonly pty?: boolean;
	/** Only a control group holds it: elsewhere a documented limit. */
	readonly needsCgroup?: boolean;
}

const CASES: readonly Case[] = [
	{
		name: 'children and grandchildren',
		line: 'sleep M & sh -c "sleep M & sleep M" & wait',
		processes: 7,
	},
	{ name: 'ignores TERM', line: 'trap "" TERM HUP INT; sleep M & sleep M', processes: 5 },
	{
		name: 'forks continuously',
		line: 'while :; do (sleep 0.2; : M) & sleep 0.01; done',
		processes: 10,
	},
	{
		name: 'forks continuously in a session of its own',
		line: 'setsid sh -c "while :; do (sleep 0.2; : M) & sleep 0.01; done"',
		processes: 10,
	},
	{ name: 'closes all descriptors', line: 'exec 0<&- 1>&- 2>&-; sleep M & sleep M', processes: 5 },
	{ name: 'setsid', line: 'setsid sleep M & setsid -f sleep M; sleep M', processes: 6 },
	{ name: 'double fork', line: '(setsid sh -c "(sleep M &) ; sleep M" &); sleep M', processes: 7 },
	{ name: 'timeout, with its group of its own', line: 'timeout 99999 sleep M', processes: 5 },
	{
		name: 'stops its own group',
		line: 'sleep M & setsid sleep M & sleep 0.1; kill -STOP 0; : M',
		processes: 5,
	},
	{
		name: 'paused',
		line: 'sleep M & setsid sleep M & while :; do : M; done',
		processes: 5,
		paused: true,
	},
	{
		name: 'at a terminal',
		line: 'trap "" TERM HUP INT; sleep M & sleep M',
		processes: 5,
		pty: true,
	},
	{
		name: 'at a terminal, with jobs in groups of their own',
		line: 'set -m; (trap "" HUP; sleep M; :) & setsid sleep M & sleep M',
		processes: 7,
		pty: true,
	},
	{
		name: 'env -i setsid',
		line: 'env -i setsid sleep M & sleep M',
		processes: 5,
		needsCgroup: true,
	},
];

/** How the daemon ends; the hook below makes it do so by itself. */
const DEATHS: readonly { name: string; die(pid: number): void }[] = [
	{ name: 'SIGKILL', die: (pid) => process.kill(pid, 'SIGKILL') },
	{ name: 'uncaught exception', die: (pid) => process.kill(pid, 'SIGUSR2') },
	{ name: 'process.exit', die: (pid) => process.kill(pid, 'SIGPWR') },
	{
		name: 'SIGSTOP, then SIGKILL',
		die: (pid) => {
			process.kill(pid, 'SIGSTOP');
			process.kill(pid, 'SIGKILL');
		},
	},
];

const rows = resultTable('The death of the daemon');

describe.each([true, false])('control groups: %s', (cgroups) => {
	// In short, one death shows that control groups hold; how the daemon dies is shown without them.
	test.each(cgroups && !LONG ? DEATHS.slice(0, 1) : DEATHS)('$name', async ({ name, die }) => {
		const daemon = await startMortal(cgroups);
		const running = await startCases(daemon);
		die(daemon.state.pid);
		const ends = await untilNone(
			running.map(({ marker }) => marker),
			LIMIT_MS,
		);
		await gone(daemon.state.pid);

		await daemon.restart();
		const connection = await daemon.connect();
		for (const { id, before, of, pids, marker } of running) {
			const { job } = await connection.request('job/get', { id });
			const { left, ms } = ends.get(marker) ?? { left: -1, ms: undefined };
			rows.push({
				case: `${name}, ${cgroups ? 'control groups' : 'no control groups'}: ${of.name}`,
				before,
				after2s: left,
				untilZero: ms,
				outcome: `${job.state} (${job.stopReason})`,
			});
			expect.soft(job, of.name).toMatchObject({ state: 'failed', stopReason: 'interrupted' });
			if (of.needsCgroup && !cgroups) {
				// The documented limit: nothing ties it to its job any more.
				expect.soft(left, of.name).toBe(1);
				for (const pid of pids()) process.kill(pid, 'SIGKILL');
			} else {
				expect.soft(left, of.name).toBe(0);
			}
		}
	});
});

test('control groups are used where they are there', async (context) => {
	need(context, hasCgroups(), 'a cgroup v2 of our own');
	const daemon = await startDaemon();
	expect(daemon.log()).not.toContain('control group');
});

async function startCases(daemon: TestDaemon) {
	const connection = await daemon.connect();
	await connection.request('queue/update', { name: '*', concurrency: 100 });
	await connection.request('queue/update', { name: 'default', concurrency: 100 });
	const cases = CASES.map((of) => ({ of, marker: newMarker() }));
	const specs = cases.map(
		({ of, marker }): JobSpecInput =>
			shell(of.line.replaceAll('M', marker), { pty: of.pty === true }),
	);
	const ids = await enqueue(connection, ...specs);
	const running = cases.map(({ of, marker }, i) => ({
		of,
		marker,
		id: ids[i] ?? '',
		pids: () => marked(marker),
		before: 0,
	}));
	for (const { of, pids } of running) {
		await until(() => pids().length >= of.processes, `"${of.name}" is under way`);
	}
	for (const { of, id } of running) {
		if (!of.paused) continue;
		const { skipped } = await connection.request('job/pause', { ids: [id] });
		expect(skipped).toEqual([]);
		await jobWhen(daemon, id, (job) => job.state === 'paused');
	}
	return running.map((job) => ({ ...job, before: job.pids().length }));
}

/** A daemon that throws on SIGUSR2 and exits on SIGPWR. */
async function startMortal(cgroups: boolean): Promise<TestDaemon> {
	const folder = temporaryFolder();
	const hook = join(folder, 'hook.cjs');
	const node = join(folder, 'node');
	writeFileSync(
		hook,
		`process.on('SIGUSR2', () => { throw new Error('as asked'); }); process.on('SIGPWR', () => process.exit(0));`,
	);
	writeFileSync(node, `#!/bin/sh\nexec '${process.execPath}' --require '${hook}' "$@"\n`);
	chmodSync(node, 0o755);
	return startDaemon({ execPath: node, config: { cgroups } });
}
