/** Jobs for which nothing runs where nothing changed, under a real daemon. */
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { Job, JobSpecInput } from '../../../shared/job.ts';
import {
	enqueue,
	jobEnd,
	logSays,
	readWholeLog,
	startDaemon,
	temporaryFolder,
} from '../../support/daemon.ts';

test('a job runs only where something changed that it depends on, and says what', async () => {
	const daemon = await startDaemon();
	const connection = await daemon.connect();
	const folder = temporaryFolder();
	const write = (name: string, text: string) => writeFileSync(join(folder, name), text);
	mkdirSync(join(folder, 'src/inner'), { recursive: true });
	write('src/a.ts', 'a');
	write('src/inner/b.ts', 'b');
	write('.gitignore', '*.log\nnode_modules\n');
	write('src/noise.log', '1');
	execFileSync('mkfifo', [join(folder, 'src/pipe')]);
	const ran = () => readFileSync(join(folder, 'ran.log'), 'utf8').length;
	const spec = (more: Partial<JobSpecInput> = {}, env = {}): JobSpecInput => ({
		type: 'command',
		command: {
			command: 'sh',
			args: ['-c', `printf x >> ran.log; echo '::semantica result {"n":1}'; [ ! -e fail ]`],
			cwd: folder,
			env: { PATH: process.env['PATH'] ?? '', ...env },
		},
		skipIfUnchanged: { inputs: ['src/**'], env: ['MODE'] },
		...more,
	});
	const log = (job: Job) => readWholeLog(connection, job.id);
	const run = async (one = spec()) => {
		const [id = ''] = await enqueue(connection, one);
		return jobEnd(daemon, id);
	};

	const first = await run();
	expect(first).toMatchObject({ state: 'succeeded', stopReason: 'exit', unchangedSince: null });
	expect(await log(first)).toContain('runs: no success with these inputs is known');
	const second = await run();
	expect(second).toMatchObject({
		state: 'succeeded',
		stopReason: 'unchanged',
		unchangedSince: first.id,
		result: { n: 1 },
		exitCode: null,
		attempt: 0,
	});
	expect(ran()).toBe(1);
	// It is as good as run: who waits for it goes on; and the one that really ran stays the one that is named.
	const serving = spec({ ready: {} });
	const [third = '', waiting = ''] = await enqueue(connection, serving, {
		...spec({ skipIfUnchanged: undefined }),
		after: [{ index: 0, on: 'ready' }],
	});
	expect(await jobEnd(daemon, waiting)).toMatchObject({ state: 'succeeded', stopReason: 'exit' });
	expect(await jobEnd(daemon, third)).toMatchObject({ unchangedSince: first.id });
	expect((await jobEnd(daemon, third)).readyAt).not.toBeNull();
	expect(ran()).toBe(2);

	const changes: [() => void, string][] = [
		[() => write('src/a.ts', 'A'), 'src/a.ts changed since job'],
		[() => write('src/c.ts', 'c'), 'src/c.ts is new since job'],
		[() => chmodSync(join(folder, 'src/c.ts'), 0o700), 'src/c.ts changed'],
		[() => rmSync(join(folder, 'src/c.ts')), 'src/c.ts is gone'],
		[() => write('.gitignore', '*.nothing\n'), 'src/noise.log is new'],
	];
	for (const [change, words] of changes) {
		change();
		const job = await run();
		expect([job.stopReason, await log(job)]).toEqual(['exit', expect.stringContaining(words)]);
		expect((await run()).unchangedSince).toBe(job.id);
	}
	const mode = await run(spec({}, { MODE: 'fast' }));
	expect(await log(mode)).toContain('the variable MODE changed since job');
	const input = await run(spec({ payload: 'hello' }, { MODE: 'fast' }));
	expect(await log(input)).toContain('its standard input changed since job');

	// By hand it runs, whatever is known; a failure is not what nothing changed since.
	const before = ran();
	const again = await connection.request('job/retry', { ids: [second.id] });
	const retried = await jobEnd(daemon, again.jobs[0]?.id ?? '');
	expect(retried).toMatchObject({ stopReason: 'exit' });
	expect(await log(retried)).toContain('runs: it was asked for by hand');
	const [later = ''] = await enqueue(connection, spec({ runAt: Date.now() + 3_600_000 }));
	await connection.request('job/runNow', { ids: [later] });
	expect(await jobEnd(daemon, later)).toMatchObject({ stopReason: 'exit' });
	write('src/a.ts', 'broken');
	write('fail', '');
	expect(await run()).toMatchObject({ state: 'failed' });
	rmSync(join(folder, 'fail'));
	expect(await run()).toMatchObject({ state: 'succeeded', stopReason: 'exit' });
	expect(ran()).toBe(before + 4);

	// What nobody can know is no reason not to run.
	const none = await run(spec({ skipIfUnchanged: { inputs: ['nothing/**'] } }));
	expect(await log(none)).toContain('"nothing/**" names no file');
	expect(await run(spec({ skipIfUnchanged: { inputs: ['nothing/**'] } }))).toMatchObject({
		stopReason: 'exit',
	});
	// It outlives the daemon and the job.
	const last = await run();
	const since = last.unchangedSince ?? '';
	await connection.request('job/remove', { ids: [since] });
	await daemon.kill();
	await daemon.restart();
	const later2 = await daemon.connect();
	const [id = ''] = await enqueue(later2, spec());
	expect(await jobEnd(daemon, id)).toMatchObject({ unchangedSince: since, result: { n: 1 } });
});

test('what changes while it runs, or in its children, keeps it from being recorded', async () => {
	const daemon = await startDaemon();
	const connection = await daemon.connect();
	const folder = temporaryFolder();
	writeFileSync(join(folder, 'in.txt'), '1');
	const spec = (line: string): JobSpecInput => ({
		type: 'command',
		command: {
			command: 'sh',
			args: ['-c', line],
			cwd: folder,
			env: { PATH: process.env['PATH'] ?? '' },
		},
		skipIfUnchanged: { inputs: ['./in.txt'] },
	});
	const end = async (line: string) => {
		const [id = ''] = await enqueue(connection, spec(line));
		return jobEnd(daemon, id);
	};
	const writes = 'echo 2 >> in.txt';
	const job = await end(writes);
	expect(await readWholeLog(connection, job.id)).toContain('changed while it ran');
	expect((await end(writes)).stopReason).toBe('exit');

	// Cancelled while it waits for nothing but the look, or in its run: not recorded.
	const waits = 'echo up; sleep 600';
	const [stopped = ''] = await enqueue(connection, spec(waits));
	await logSays(daemon, stopped, '\nup');
	await connection.request('job/cancel', { ids: [stopped] });
	expect((await jobEnd(daemon, stopped)).state).toBe('cancelled');

	for (const [inputs, path] of [
		[['/etc/passwd'], 'jobs[0].skipIfUnchanged.inputs[0]'],
		[['a/../../b'], 'jobs[0].skipIfUnchanged.inputs[0]'],
		[[], 'jobs[0].skipIfUnchanged.inputs'],
	] as const) {
		await expect(
			connection.request('job/enqueue', {
				jobs: [{ ...spec('true'), skipIfUnchanged: { inputs: [...inputs] } }],
			}),
		).rejects.toMatchObject({ data: { path } });
	}
});
