/** What a job’s process may say, and how its end is told. */
import { chmodSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, test } from 'vitest';
import type { Job, JobSpecInput } from '../../../shared/job.ts';
import {
	enqueue,
	jobEnd,
	jobWhen,
	logSays,
	readWholeLog,
	runToEnd,
	shell,
	startDaemon,
	temporaryFolder,
} from '../../support/daemon.ts';

describe('what a job says', () => {
	test('of its progress is shown while it runs', async () => {
		const daemon = await startDaemon();
		const connection = await daemon.connect();
		const gate = join(daemon.home, 'gate');
		const [id = ''] = await enqueue(
			connection,
			shell(
				`echo '::semantica progress {"current":4,"total":10,"unit":"files","message":"half"}'
				 until [ -e ${gate} ]; do sleep 0.02; done
				 echo '::semantica progress {"current":10,"total":10,"unit":"files"}'`,
			),
		);
		const running = await jobWhen(daemon, id, (job) => job.progress !== null);
		expect(running).toMatchObject({
			state: 'running',
			progress: { current: 4, total: 10, unit: 'files', message: 'half' },
		});
		writeFileSync(gate, '');
		expect(await jobEnd(daemon, id)).toMatchObject({
			state: 'succeeded',
			progress: { current: 10, total: 10, unit: 'files' },
		});
	});

	test('as its result is kept with it, the last one counts, and none of it is logged', async () => {
		const daemon = await startDaemon();
		const connection = await daemon.connect();
		const job = await runToEnd(
			daemon,
			connection,
			shell(
				`echo first
				 s=::semantica
				 echo $s 'result {"draft":true}'
				 echo $s 'result {"answer":[42,"ü"]}'
				 echo $s 'result {broken'
				 echo $s 'result "on stderr"' >&2
				 echo last; exit 7`,
			),
		);
		expect(job).toMatchObject({ state: 'failed', exitCode: 7, result: { answer: [42, 'ü'] } });
		const log = await readWholeLog(connection, job.id);
		expect(log).toContain('first\n');
		expect(log).toContain('::semantica result {broken\n');
		expect(log).toContain('::semantica result "on stderr"\n');
		expect(log).toContain('last\n');
		expect(log).not.toContain('::semantica result {"');
		expect(
			log.match(/^\[semantica\] run 1, attempt 1, .*: \/bin\/sh -c echo first .*$/m),
		).not.toBeNull();
		expect(job.logBytes).toBe(Buffer.byteLength(log));
	});
});

describe('how it ended', () => {
	/** Runs them all at once, in the order of their table. */
	async function ends(cases: Record<string, JobSpecInput>): Promise<Record<string, Job>> {
		const daemon = await startDaemon();
		const connection = await daemon.connect();
		const ids = await enqueue(connection, ...Object.values(cases));
		const jobs = await Promise.all(ids.map((id) => jobEnd(daemon, id)));
		return Object.fromEntries(Object.keys(cases).map((name, i) => [name, jobs[i] as Job]));
	}

	test('is the exit code, or what a shell makes of a signal', async () => {
		const jobs = await ends({
			fine: shell('exit 0'),
			one: shell('exit 1'),
			most: shell('exit 255'),
			notFound: shell('exit 127'),
			killed: shell('kill -KILL $$'),
			terminated: shell('kill -TERM $$'),
			aborted: shell('kill -ABRT $$'),
			trapped: shell("trap 'exit 9' INT; kill -INT $$; sleep 5"),
			builtin: { type: 'command', command: { command: '/bin/sh', args: ['-c', 'exec trap'] } },
		});
		const end = (name: string) => {
			const { state, stopReason, exitCode, signal, error } = jobs[name] as Job;
			return { state, stopReason, exitCode, signal, code: error?.code };
		};
		const failed = { state: 'failed', stopReason: 'exit', signal: null, code: 'EXIT' };
		expect(end('fine')).toEqual({ ...failed, state: 'succeeded', exitCode: 0, code: undefined });
		expect(end('one')).toEqual({ ...failed, exitCode: 1 });
		expect(end('most')).toEqual({ ...failed, exitCode: 255 });
		expect(end('notFound')).toEqual({ ...failed, exitCode: 127 });
		expect(end('killed')).toEqual({ ...failed, exitCode: 137, signal: 'SIGKILL' });
		expect(end('terminated')).toEqual({ ...failed, exitCode: 143, signal: 'SIGTERM' });
		expect(end('aborted')).toEqual({ ...failed, exitCode: 134, signal: 'SIGABRT' });
		expect(end('trapped')).toEqual({ ...failed, exitCode: 9 });
		expect(jobs['killed']?.error?.message).toBe(
			'The process ended with exit code 137 (as after SIGKILL). Its log says why.',
		);
		for (const job of Object.values(jobs)) {
			expect(job).toMatchObject({ attempt: 1, run: 1, phase: null, stopping: null });
			expect(job.finishedAt).toBeGreaterThanOrEqual(job.startedAt ?? Number.NaN);
		}
	});

	test('before it began is told as a sentence, in the job and in its log', async () => {
		const folder = temporaryFolder();
		const plain = join(folder, 'not-executable');
		writeFileSync(plain, '#!/bin/sh\n');
		const gone = join(folder, 'gone');
		const command = (command: string, more = {}) => ({
			type: 'command',
			command: { command, env: { PATH: '/usr/bin:/bin' }, ...more },
		});
		const cases: Record<string, [JobSpecInput, string, RegExp]> = {
			missing: [
				command('no-such-program'),
				'ENOENT',
				/"no-such-program" was not found in the PATH/,
			],
			missingPath: [command(gone), 'ENOENT', /There is no program .*gone/],
			relative: [command('./gone', { cwd: folder }), 'ENOENT', /There is no program .*gone/],
			plain: [command(plain), 'EACCES', /cannot be run.*not executable/],
			folder: [command(folder), 'EACCES', /cannot be run.*a folder/],
			noCwd: [command('true', { cwd: gone }), 'ECWD', /working folder .*gone does not exist/],
			fileCwd: [command('true', { cwd: plain }), 'ECWD', /is not a folder/],
		};
		const daemon = await startDaemon();
		const connection = await daemon.connect();
		for (const [name, [job, code, message]] of Object.entries(cases)) {
			const ended = await runToEnd(daemon, connection, job);
			expect(ended, name).toMatchObject({
				state: 'failed',
				stopReason: 'spawn',
				exitCode: null,
				signal: null,
				error: { code },
			});
			expect(ended.error?.message, name).toMatch(message);
			expect(ended.error?.message, name).toMatch(/\.$/);
			expect(await readWholeLog(connection, ended.id)).toContain(ended.error?.message);
		}
	});

	test('a folder that goes while the job waits is told like any other', async () => {
		const daemon = await startDaemon();
		const connection = await daemon.connect();
		const folder = temporaryFolder();
		const workspace = join(folder, 'here');
		mkdirSync(workspace);
		await connection.request('queue/update', { name: 'default', paused: true });
		const [id = ''] = await enqueue(
			connection,
			shell('pwd', { workspace: pathToFileURL(workspace).href }),
		);
		rmSync(workspace, { recursive: true });
		await connection.request('queue/update', { name: 'default', paused: false });
		expect(await jobEnd(daemon, id)).toMatchObject({
			state: 'failed',
			stopReason: 'spawn',
			error: { code: 'ECWD' },
		});
	});

	test('programs are found in the job’s own PATH, against its own folder', async () => {
		const folder = temporaryFolder();
		const bin = join(folder, 'bin');
		mkdirSync(bin);
		writeFileSync(join(bin, 'tool'), '#!/bin/sh\necho tool in $PWD\n');
		chmodSync(join(bin, 'tool'), 0o755);
		const daemon = await startDaemon();
		const connection = await daemon.connect();
		for (const command of [
			{ command: 'tool', env: { PATH: bin } },
			{ command: 'tool', env: { PATH: '/nowhere:bin:/usr/bin' } },
			{ command: './bin/tool' },
			{ command: join(bin, 'tool') },
		]) {
			const job = await runToEnd(daemon, connection, {
				type: 'command',
				command: { ...command, cwd: folder },
			});
			expect(job.state, JSON.stringify(command)).toBe('succeeded');
			expect(await readWholeLog(connection, job.id)).toContain(`tool in ${folder}\n`);
		}
	});
});

describe('a run that takes too long', () => {
	test('is stopped and has failed for that reason, retried by the rules', async () => {
		const daemon = await startDaemon();
		const connection = await daemon.connect();
		const [once = '', twice = '', polite = ''] = await enqueue(
			connection,
			shell('sleep 60', { timeoutMs: 100 }),
			shell('[ $SEMANTICA_ATTEMPT = 2 ] || sleep 60', {
				timeoutMs: 5000,
				maxAttempts: 2,
				backoff: { baseMs: 0 },
			}),
			shell("trap 'echo cleaned; exit 0' TERM; sleep 60 & wait", { timeoutMs: 5000 }),
		);
		expect(await jobEnd(daemon, once)).toMatchObject({
			state: 'failed',
			stopReason: 'timeout',
			error: { code: 'TIMEOUT', message: expect.stringMatching(/longer than its timeout/) },
		});
		expect(await jobEnd(daemon, twice)).toMatchObject({ state: 'succeeded', attempt: 2, run: 2 });
		// What the process made of the signal does not change why it ended.
		expect(await jobEnd(daemon, polite)).toMatchObject({
			state: 'failed',
			stopReason: 'timeout',
			exitCode: 0,
		});
		expect(await readWholeLog(connection, polite)).toContain('cleaned\n');
	});
});

describe('retries', () => {
	test('run it again after its backoff, until it succeeds or its attempts are used up', async () => {
		const daemon = await startDaemon();
		const connection = await daemon.connect();
		const backoff = { baseMs: 60, factor: 2, jitter: 0 };
		const [third = '', never = ''] = await enqueue(
			connection,
			shell('echo attempt $SEMANTICA_ATTEMPT run $SEMANTICA_RUN; [ $SEMANTICA_ATTEMPT = 3 ]', {
				maxAttempts: 5,
				backoff,
			}),
			shell('exit 4', { maxAttempts: 3, backoff }),
		);
		expect(await jobEnd(daemon, third)).toMatchObject({ state: 'succeeded', attempt: 3, run: 3 });
		const log = await readWholeLog(connection, third);
		expect(log.match(/^attempt \d run \d$/gm)).toEqual([
			'attempt 1 run 1',
			'attempt 2 run 2',
			'attempt 3 run 3',
		]);
		expect(log.match(/^\[semantica\] run \d, attempt \d/gm)).toHaveLength(3);
		const { runs } = await connection.request('job/get', { id: third });
		expect(runs.map((run) => [run.run, run.attempt, run.exitCode, run.reason])).toEqual([
			[1, 1, 1, 'exit'],
			[2, 2, 1, 'exit'],
			[3, 3, 0, 'exit'],
		]);
		for (const [i, wait] of [60, 120].entries()) {
			const pause = (runs[i + 1]?.startedAt ?? 0) - (runs[i]?.endedAt ?? 0);
			expect(pause).toBeGreaterThanOrEqual(wait);
		}
		expect(await jobEnd(daemon, never)).toMatchObject({ state: 'failed', attempt: 3, exitCode: 4 });
	});

	test('are for the exit codes that were named', async () => {
		const daemon = await startDaemon();
		const connection = await daemon.connect();
		const rules = { maxAttempts: 2, retryOn: [75], backoff: { baseMs: 0 } };
		const [named = '', other = '', spawn = ''] = await enqueue(
			connection,
			shell('exit 75', rules),
			shell('exit 1', rules),
			{ type: 'command', command: { command: '/no/such/program' }, ...rules },
		);
		expect((await jobEnd(daemon, named)).attempt).toBe(2);
		expect((await jobEnd(daemon, other)).attempt).toBe(1);
		expect((await jobEnd(daemon, spawn)).attempt).toBe(1);
	});

	test('a job in backoff explains itself and may be hurried', async () => {
		const daemon = await startDaemon();
		const connection = await daemon.connect();
		const [id = ''] = await enqueue(
			connection,
			shell('[ $SEMANTICA_ATTEMPT = 2 ]', {
				maxAttempts: 2,
				backoff: { baseMs: 3_600_000, jitter: 0, maxMs: 3_600_000 },
			}),
		);
		const waiting = await jobWhen(daemon, id, (job) => job.state === 'queued' && job.attempt === 1);
		expect(waiting).toMatchObject({ attempt: 1, run: 1 });
		const { runnable, reasons } = await connection.request('job/explain', { id });
		expect(runnable).toBe(false);
		expect(reasons).toMatchObject([
			{ kind: 'backoff', message: expect.stringMatching(/before attempt 2/) },
		]);
		expect(await connection.request('job/retry', { ids: [id] })).toMatchObject({
			count: 1,
			jobs: [],
		});
		expect(await jobEnd(daemon, id)).toMatchObject({ state: 'succeeded', attempt: 2 });
	});
});

test('standard output and error go to one log, while the job runs', async () => {
	const daemon = await startDaemon();
	const connection = await daemon.connect();
	const gate = join(daemon.home, 'gate');
	const [id = ''] = await enqueue(
		connection,
		shell(`echo out; echo err >&2; until [ -e ${gate} ]; do sleep 0.02; done`),
	);
	await logSays(daemon, id, 'out\n');
	await logSays(daemon, id, 'err\n');
	expect((await connection.request('job/get', { id })).job.state).toBe('running');
	writeFileSync(gate, '');
	expect((await jobEnd(daemon, id)).state).toBe('succeeded');
});
