/** What runs can be stopped, and the daemon leaves, whatever the disk says. The refusals are the kernel's own. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, existsSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { errorCode } from '../../shared/errors.ts';
import {
	enqueue,
	gone,
	jobEnd,
	jobWhen,
	logSays,
	readWholeLog,
	shell,
	startDaemon,
	type TestDaemon,
	temporaryFolder,
} from '../support/daemon.ts';
import { mountDisk } from '../support/disks.ts';
import { marked, newMarker, until } from '../support/processes.ts';
import { straced, whyNoStrace } from '../support/strace.ts';
import { need } from './capabilities.ts';

const FULL = { code: 5001, message: expect.stringMatching(/full.*is being stopped all the same/) };

/** From now on the kernel refuses every write to the database's log, as on a full disk. Returns how that ends. */
async function refuseWrites(daemon: TestDaemon): Promise<() => Promise<void>> {
	const args = ['-p', String(daemon.state.pid), '-e', 'inject=pwrite64:error=ENOSPC'];
	const tracer: ChildProcess = spawn('strace', ['-e', 'trace=pwrite64', ...args], {
		stdio: ['ignore', 'ignore', 'pipe'],
	});
	const exited = once(tracer, 'exit');
	onTestFinished(() => void tracer.kill('SIGKILL'));
	await new Promise<void>((resolve) => {
		tracer.stderr?.on('data', (text) => {
			if (String(text).includes('attached')) resolve();
		});
	});
	return async () => {
		tracer.kill('SIGINT');
		await exited;
	};
}

/** It says nothing, ignores nothing, and would go on for ever. */
async function startEndless(daemon: TestDaemon, more: Parameters<typeof shell>[1] = {}) {
	const marker = newMarker();
	const connection = await daemon.connect();
	const [id = ''] = await enqueue(connection, shell(`sleep ${marker}; :`, more));
	await until(() => marked(marker).length > 0, 'the job runs');
	return { id, marker, connection };
}

const isGone = (marker: string) => until(() => marked(marker).length === 0, 'nothing of it runs');

describe('where nothing can be written to the database', () => {
	test('a cancel stops the job at once, and is its end when it can be recorded', async (context) => {
		need(context, whyNoStrace() === undefined, 'strace');
		const daemon = await startDaemon();
		const { id, marker, connection } = await startEndless(daemon);
		const accept = await refuseWrites(daemon);
		await expect(connection.request('job/cancel', { ids: [id] })).rejects.toMatchObject(FULL);
		await isGone(marker);
		expect((await connection.request('job/get', { id })).job.state).toBe('running');
		await accept();
		expect(await jobEnd(daemon, id)).toMatchObject({ state: 'cancelled', stopReason: 'cancel' });
	});

	test('a timeout and a deadline do too', async (context) => {
		need(context, whyNoStrace() === undefined, 'strace');
		const daemon = await startDaemon();
		const late = await startEndless(daemon, { deadlineAt: Date.now() + 4000 });
		const slow = await startEndless(daemon, { timeoutMs: 4000 });
		const accept = await refuseWrites(daemon);
		await isGone(late.marker);
		await isGone(slow.marker);
		await accept();
		expect(await jobEnd(daemon, late.id)).toMatchObject({
			state: 'expired',
			stopReason: 'deadline',
		});
		expect(await jobEnd(daemon, slow.id)).toMatchObject({ state: 'failed', stopReason: 'timeout' });
	});

	test('SIGTERM ends the jobs and the daemon; the next one makes the best of them', async (context) => {
		need(context, whyNoStrace() === undefined, 'strace');
		const daemon = await startDaemon();
		const plain = await startEndless(daemon);
		const again = await startEndless(daemon, { restartable: true });
		const accept = await refuseWrites(daemon);
		process.kill(daemon.state.pid, 'SIGTERM');
		await gone(daemon.state.pid, 60_000);
		await accept();
		for (const { marker } of [plain, again]) expect(marked(marker)).toEqual([]);
		await daemon.restart();
		expect(await jobEnd(daemon, plain.id)).toMatchObject({
			state: 'failed',
			stopReason: 'interrupted',
		});
		expect(await jobWhen(daemon, again.id, (job) => job.state === 'running')).toMatchObject({
			run: 2,
		});
	});
});

test('on a full disk jobs are cancelled, and that is recorded in the room that was kept for it', async (context) => {
	const home = temporaryFolder();
	mountDisk(context, home, 'size=96m');
	const daemon = await startDaemon({ home });
	const jobs = [];
	for (let n = 0; n < 4; n++) jobs.push(await startEndless(daemon));
	const { reserve } = daemon.paths;
	await until(() => existsSync(reserve), 'there is a reserve');
	expect(statSync(reserve).blocks * 512).toBeGreaterThanOrEqual(1024 * 1024);
	fillDisk(home);
	await fillLog(daemon);
	expect(existsSync(reserve)).toBe(true);
	for (const { id, marker, connection } of jobs) {
		await expect(connection.request('job/cancel', { ids: [id] })).resolves.toMatchObject({
			count: 1,
		});
		await isGone(marker);
		expect(await jobEnd(daemon, id)).toMatchObject({ state: 'cancelled' });
	}
	expect(existsSync(reserve)).toBe(false);
	rmSync(join(home, 'ballast'));
});

/** The database's log has some room laid out ahead: uses it up, but for less than what few ends take. */
async function fillLog(daemon: TestDaemon): Promise<void> {
	const connection = await daemon.connect();
	const late = shell('true', { runAt: Date.now() + 86_400_000 });
	const refused = async () => {
		for (;;) await enqueue(connection, late);
	};
	await expect(refused()).rejects.toMatchObject({
		code: FULL.code,
		message: expect.stringContaining('is full'),
	});
}

test('a job that fills the disk, and goes on doing so, is stopped', async (context) => {
	const home = temporaryFolder();
	mountDisk(context, home, 'size=96m');
	const daemon = await startDaemon({ home });
	const marker = newMarker();
	const connection = await daemon.connect();
	const fill = `: ${marker}; while :; do cat /dev/zero >>${home}/ballast 2>/dev/null; echo x >${home}-full; done`;
	onTestFinished(() => rmSync(`${home}-full`, { force: true }));
	const [id = ''] = await enqueue(connection, shell(fill));
	await until(() => existsSync(`${home}-full`), 'the disk is full');
	await connection.request('job/cancel', { ids: [id] }).catch((error: unknown) => {
		expect(error).toMatchObject(FULL);
	});
	await isGone(marker);
	rmSync(join(home, 'ballast'));
	expect(await jobEnd(daemon, id)).toMatchObject({ state: 'cancelled' });
});

/** Takes all that is free on the disk. */
function fillDisk(folder: string): void {
	const piece = Buffer.alloc(1024 * 1024, 1);
	try {
		for (;;) appendFileSync(join(folder, 'ballast'), piece);
	} catch (error) {
		expect(errorCode(error)).toBe('ENOSPC');
	}
}

/** The next daemon learns of a run that ended while its own could not record it, and of what it told. */
test('what ended while nothing could be recorded is not run again after a kill', async (context) => {
	need(context, whyNoStrace() === undefined, 'strace');
	const daemon = await startDaemon();
	const connection = await daemon.connect();
	const gate = join(daemon.home, 'gate');
	const line = `until [ -e ${gate} ]; do sleep 0.02; done; echo '::semantica result {"n":1}'; echo last`;
	const [id = ''] = await enqueue(connection, shell(line, { restartable: true }));
	await jobWhen(daemon, id, (job) => job.state === 'running');
	const accept = await refuseWrites(daemon);
	appendFileSync(gate, '');
	const status = join(daemon.paths.statusFolder, `${id}.1`);
	await until(
		() => existsSync(status) && readFileSync(status, 'utf8') === '0\ntaken\n',
		'it ended',
	);
	process.kill(daemon.state.pid, 'SIGKILL');
	await accept();
	await gone(daemon.state.pid);
	await daemon.restart();
	expect(await jobEnd(daemon, id)).toMatchObject({ state: 'succeeded', run: 1, result: { n: 1 } });
});

describe('a job that ends by itself while its daemon is being killed', () => {
	/** Its daemon is stopped, it prints its last words and ends, and then the daemon is killed. */
	async function endUnheard(more: Parameters<typeof shell>[1]) {
		const daemon = await startDaemon();
		const connection = await daemon.connect();
		const gate = join(daemon.home, 'gate');
		const line = `echo '::semantica result {"first":1}'; echo taken; until [ -e ${gate} ]; do sleep 0.02; done; echo '::semantica result {"last":2}'; echo lost`;
		const [id = ''] = await enqueue(connection, shell(line, more));
		// Not where the log names the command.
		await logSays(daemon, id, '\ntaken\n');
		process.kill(daemon.state.pid, 'SIGSTOP');
		appendFileSync(gate, '');
		const status = join(daemon.paths.statusFolder, `${id}.1`);
		await until(() => existsSync(status) && readFileSync(status, 'utf8') === '0\n', 'it ended');
		await daemon.kill();
		return { daemon, id, status };
	}

	async function heardLater(more: Parameters<typeof shell>[1]) {
		const { daemon, id } = await endUnheard(more);
		await daemon.restart();
		return { daemon, id, ended: await jobEnd(daemon, id) };
	}

	test('is run again where it may be, since its last words are lost', async () => {
		const { daemon, id, ended } = await heardLater({ restartable: true });
		expect(ended).toMatchObject({ state: 'succeeded', run: 2, result: { last: 2 } });
		expect(await readWholeLog(await daemon.connect(), id)).toMatch(
			/taken\n.*run 2.*taken\nlost\n$/s,
		);
	});

	test('has its outcome and what was taken where it may not, and its log says what is missing', async () => {
		const { daemon, id, ended } = await heardLater({});
		expect(ended).toMatchObject({ state: 'succeeded', run: 1, result: { first: 1 } });
		expect(await readWholeLog(await daemon.connect(), id)).toMatch(
			/taken\n\[semantica\] .*what it printed last, its result perhaps, is lost\.\n$/,
		);
	});

	test('has its outcome too where the disk stumbles over what tells of it', async (context) => {
		need(context, whyNoStrace() === undefined, 'strace');
		const { daemon, id, status } = await endUnheard({});
		const trace = join(temporaryFolder(), 'trace');
		const stumble = ['-e', 'trace=openat', '-e', 'inject=openat:error=EIO:when=1..4'];
		const execPath = straced(['-o', trace, '-P', status, ...stumble]);
		const next = await startDaemon({ home: daemon.home, execPath });
		expect(await jobEnd(next, id)).toMatchObject({
			state: 'succeeded',
			run: 1,
			result: { first: 1 },
		});
		expect(readFileSync(trace, 'utf8').match(/EIO .*INJECTED/g)).toHaveLength(4);
	});
});
