/** Output that is too much, and a log folder that fails: neither harms the job, the daemon or other jobs. */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import {
	enqueue,
	jobEnd,
	jobWhen,
	readWholeLog,
	shell,
	startDaemon,
	type TestDaemon,
} from '../support/daemon.ts';
import { until } from '../support/processes.ts';
import { isRoot, need } from './capabilities.ts';

const LONG = process.env['CHAOS'] === 'long';
const MIB = 1024 * 1024;

test('a job that prints a gigabyte fills neither disk nor memory, and others run beside it', async () => {
	const bytes = (LONG ? 1024 : 256) * MIB;
	const daemon = await startDaemon();
	const connection = await daemon.connect();
	const [small = ''] = await enqueue(connection, shell('echo warm'));
	await jobEnd(daemon, small);
	const before = residentBytes(daemon);

	const began = performance.now();
	const [id = ''] = await enqueue(connection, shell(`yes 0123456789abcde | head -c ${bytes}`));
	await jobWhen(daemon, id, (job) => job.state === 'running');
	let peak = 0;
	const beside: number[] = [];
	for (let done = false; !done; ) {
		const asked = performance.now();
		const [other = ''] = await enqueue(connection, shell('echo beside'));
		await jobEnd(daemon, other);
		beside.push(performance.now() - asked);
		peak = Math.max(peak, residentBytes(daemon));
		done = (await connection.request('job/get', { id })).job.state !== 'running';
	}
	const took = performance.now() - began;
	const job = await jobEnd(daemon, id);
	expect(job).toMatchObject({ state: 'succeeded', exitCode: 0 });
	const log = await readWholeLog(connection, id);
	const stored = folderBytes(daemon.paths.logs);
	console.log(
		`${bytes / MIB} MiB printed in ${(took / 1000).toFixed(1)} s: daemon grew by ${((peak - before) / MIB).toFixed(0)} MiB, ` +
			`logs hold ${(stored / MIB).toFixed(1)} MiB, ${beside.length} jobs beside it took ${Math.max(...beside).toFixed(0)} ms at most`,
	);
	expect(stored).toBeLessThan(12 * MIB);
	expect(peak - before).toBeLessThan(100 * MIB);
	expect(Math.max(...beside)).toBeLessThan(10_000);
	expect(log.length).toBeLessThan(12 * MIB);
	// The first line, a gap that is told, and the last byte.
	const end =
		(await connection.request('log/read', { id, offset: 0 })).text.indexOf('\n') + 1 + bytes;
	expect(log).toContain('<dropped ');
	expect(job.logBytes).toBe(end);
});

test('every byte that is kept is delivered once, across reconnects', async () => {
	const daemon = await startDaemon();
	const first = await daemon.connect();
	const lines = 60_000;
	const [id = ''] = await enqueue(
		first,
		shell(`i=0; while [ $i -lt ${lines} ]; do echo "line $i of many"; i=$((i+1)); done`),
	);
	let text = '';
	let offset = 0;
	let connection = first;
	for (let done = false; !done; ) {
		const current = connection;
		done = await new Promise<boolean>((resolve, reject) => {
			let taken = 0;
			current.onNotification('log/data', (chunk) => {
				if (chunk.offset !== offset) reject(new Error(`${chunk.offset} after ${offset}`));
				offset = chunk.nextOffset;
				text += chunk.text;
				taken += chunk.text.length;
				if (chunk.eof) resolve(true);
				else if (taken > 150_000) resolve(false);
			});
			current.request('log/subscribe', { id, offset }).catch(reject);
		});
		if (done) break;
		current.dispose();
		connection = await daemon.connect();
	}
	const numbers = [...text.matchAll(/line (\d+) of many\n/g)].map(([, n]) => Number(n));
	expect(numbers).toEqual(Array.from({ length: lines }, (_, i) => i));
});

test('a log folder that is full while jobs run costs the log, not the jobs', async (context) => {
	need(context, isRoot, 'the right to mount a file system');
	const daemon = await startDaemon();
	const connection = await daemon.connect();
	spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=256k', 'none', daemon.paths.logs]);
	onTestFinished(() => void spawnSync('umount', ['-l', daemon.paths.logs]));
	writeFileSync(join(daemon.paths.logs, 'ballast'), Buffer.alloc(128 * 1024));
	const [printing = '', quiet = ''] = await enqueue(
		connection,
		shell('yes 0123456789abcde | head -c 3000000; exit 0'),
		shell('sleep 0.2; exit 0'),
	);
	expect(await jobEnd(daemon, printing)).toMatchObject({ state: 'succeeded' });
	expect(await jobEnd(daemon, quiet)).toMatchObject({ state: 'succeeded' });
	const { warnings } = await connection.request('system/status', {});
	expect(warnings.join('\n')).toMatch(/log of job .* cannot be written .*ENOSPC/);
	// What fitted can be read.
	expect((await readWholeLog(connection, printing)).length).toBeGreaterThan(1000);
	// Room again: the next job has its log.
	rmSync(join(daemon.paths.logs, 'ballast'));
	const [next = ''] = await enqueue(connection, shell('echo here'));
	await jobEnd(daemon, next);
	expect(await readWholeLog(connection, next)).toContain('here');
});

test('a log folder that cannot be written costs the log, not the job', async () => {
	const daemon = await startDaemon();
	const connection = await daemon.connect();
	// A file in its place: permissions mean nothing to root.
	rmSync(daemon.paths.logs, { recursive: true });
	writeFileSync(daemon.paths.logs, '');
	const [id = ''] = await enqueue(connection, shell('echo lost; exit 3'));
	expect(await jobEnd(daemon, id)).toMatchObject({ state: 'failed', exitCode: 3 });
	expect((await connection.request('system/status', {})).warnings.join()).toContain(id);
	rmSync(daemon.paths.logs);
	mkdirSync(daemon.paths.logs);
	const [next = ''] = await enqueue(connection, shell('echo back'));
	await jobEnd(daemon, next);
	expect(await readWholeLog(connection, next)).toContain('back');
});

test('a log file that is deleted while it is followed leaves a gap, and following goes on', async () => {
	const daemon = await startDaemon();
	const connection = await daemon.connect();
	const flag = join(daemon.home, 'go');
	const [id = ''] = await enqueue(
		connection,
		shell(
			`echo before; while [ ! -e '${flag}' ]; do sleep 0.02; done; yes 0123456789abcde | head -c 7000000; echo after`,
		),
	);
	let text = '';
	const ended = new Promise<void>((resolve) => {
		connection.onNotification('log/data', (chunk) => {
			text += chunk.text;
			if (chunk.eof) resolve();
		});
	});
	await connection.request('log/subscribe', { id });
	await until(() => text.includes('before'), 'the log is followed');
	const folder = join(daemon.paths.logs, id.slice(-2));
	for (const file of readdirSync(folder)) rmSync(join(folder, file));
	writeFileSync(flag, '');
	await ended;
	expect(text.endsWith('after\n')).toBe(true);
	expect(await jobEnd(daemon, id)).toMatchObject({ state: 'succeeded' });
});

function residentBytes(daemon: TestDaemon): number {
	const status = readFileSync(`/proc/${daemon.state.pid}/status`, 'latin1');
	return Number(/^VmRSS:\s*(\d+) kB$/m.exec(status)?.[1]) * 1024;
}

function folderBytes(folder: string): number {
	return Number(execFileSync('du', ['-sb', folder], { encoding: 'latin1' }).split('\t')[0]);
}
