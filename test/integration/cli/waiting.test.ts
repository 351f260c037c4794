/** `semantica wait`, `update`, `remove`, `settings`: what a shell does with jobs that are there. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Result } from '../../../shared/protocol/requests.ts';
import { gone, temporaryFolder } from '../../support/daemon.ts';
import { type Cli, createCli } from './cli.ts';

type Waited = Result<'job/wait'>;

const gated = (gate: string, exitCode = 0) =>
	`until [ -e '${gate}' ]; do sleep 0.02; done; exit ${exitCode}`;

async function started(cli: Cli, line: string): Promise<string> {
	// However busy the machine is: below that priority it would not start beside another one.
	const { code, stdout } = await cli.run(['run', '-p', '50', '--', 'sh', '-c', line]);
	expect(code).toBe(0);
	return stdout.trim();
}

describe('semantica wait', () => {
	it('waits for all, tells each as it ends, and fails if one did not succeed', async () => {
		const cli = createCli();
		const gate = join(temporaryFolder(), 'gate');
		const slow = await started(cli, gated(gate));
		const quick = await started(cli, 'exit 0');
		const waiting = cli.start(['wait', slow.slice(-8), quick]);
		await waiting.saw(quick);
		writeFileSync(gate, '');
		const { code, stdout } = await waiting.finished;
		expect(code).toBe(0);
		const lines = stdout.trim().split('\n');
		expect(lines.map((line) => line.slice(-36))).toEqual([quick, slow]);

		const failed = await started(cli, 'exit 3');
		const bad = await cli.run(['wait', slow, failed]);
		expect([bad.code, bad.stderr]).toEqual([4, '']);
		expect(bad.stdout).toContain('exit code 3');
	});

	it('--any ends with the first, --timeout with the time, both by --json too', async () => {
		const cli = createCli();
		const slow = await started(cli, 'sleep 60');
		const quick = await started(cli, 'exit 0');
		expect((await cli.run(['wait', '--any', slow, quick])).code).toBe(0);
		const late = await cli.run(['wait', '--timeout', '50ms', slow]);
		expect(late).toMatchObject({ code: 4, stdout: '' });
		expect(late.stderr).toContain('has not ended');
		const { code, stdout } = await cli.run(['wait', '--timeout', '50ms', '--json', slow, quick]);
		const answer = JSON.parse(stdout) as Waited;
		expect(code).toBe(4);
		expect(answer.satisfied).toBe(false);
		expect(answer.jobs.map(({ id }) => id)).toEqual([slow, quick]);
		await cli.run(['cancel', slow]);
		expect((await cli.run(['wait', slow])).stdout).toMatch(/^cancelled/);
	});

	it('follows retries by hand where that is asked for', async () => {
		const cli = createCli();
		const mark = join(temporaryFolder(), 'mark');
		const id = await started(cli, `[ -e '${mark}' ]`);
		expect((await cli.run(['wait', id])).code).toBe(4);
		writeFileSync(mark, '');
		await cli.run(['retry', id]);
		expect((await cli.run(['wait', id, '--follow-retries'])).code).toBe(0);
		expect((await cli.run(['wait', id])).code).toBe(4);
	});

	it('goes on over more than a hundred jobs and a daemon that dies; Ctrl-C is 130', async () => {
		const cli = createCli();
		const folder = temporaryFolder();
		const gate = join(folder, 'gate');
		const file = join(folder, 'jobs.json');
		const job = { type: 'command', restartable: true, command: { command: 'true' } };
		const held = { ...job, command: { command: 'sh', args: ['-c', gated(gate)] } };
		writeFileSync(file, JSON.stringify([...Array(120).fill(job), held]));
		const { jobs } = await cli.json<Result<'job/enqueue'>>(['enqueue', file]);
		const ids = jobs.map(({ id }) => id);
		const last = ids.at(-1) ?? '';
		const waiting = cli.start(['wait', ...ids]);
		await waiting.saw(ids[110] ?? '');
		const pid = (await cli.daemonPid()) ?? 0;
		process.kill(pid, 'SIGKILL');
		await gone(pid);
		writeFileSync(gate, '');
		const { code, stdout } = await waiting.finished;
		expect(code).toBe(0);
		expect(stdout.trim().split('\n')).toHaveLength(121);
		expect(stdout).toContain(last);

		const slow = await started(cli, 'sleep 60');
		const interrupted = cli.start(['wait', slow, last]);
		await interrupted.saw(last);
		interrupted.child.kill('SIGINT');
		expect((await interrupted.finished).code).toBe(130);
		expect((await cli.json<Result<'job/get'>>(['show', slow])).job.state).toBe('running');
	});

	it('a job that does not exist is named', async () => {
		const cli = createCli();
		const id = await started(cli, 'true');
		const nobody = '018f4d2e-7c3a-7b1e-9f00-0123456789ab';
		const { code, stderr } = await cli.run(['wait', id, nobody]);
		expect(code).toBe(1);
		expect(stderr).toContain(nobody);
		expect((await cli.run(['wait'])).code).toBe(2);
	});
});

describe('semantica update', () => {
	it('changes what waits; what has started is said, with exit code 1 where nothing else was named', async () => {
		const cli = createCli();
		const { stdout } = await cli.run(['run', '--delay', '1h', '--tag', 'x', '--', 'true']);
		const id = stdout.trim();
		const job = async () => (await cli.json<Result<'job/get'>>(['show', id])).job;
		await cli.run(['update', id, '-p', '50', '--queue', 'slow', '--set-title', 'Nightly']);
		expect(await job()).toMatchObject({ priority: 50, queue: 'slow', title: 'Nightly', tag: 'x' });
		await cli.run(['update', '--tag', 'x', '--set-tag', 'y', '--timeout', '5m']);
		expect(await job()).toMatchObject({ tag: 'y', timeoutMs: 300_000, queue: 'slow' });
		await cli.run(['update', id, '--no-timeout', '--set-tag', '', '--delay', '1ms']);
		expect((await cli.run(['wait', id])).code).toBe(0);
		const late = await cli.run(['update', id, '-p', '1']);
		expect(late.code).toBe(1);
		expect(late.stderr).toContain('it is already succeeded');
		for (const [args, words] of [
			[['update', id], 'what is to change'],
			[['update', '-p', '3'], 'by id, or by a filter'],
			[['update', id, '-s', 'open', '-p', '3'], 'in one way only'],
			[['update', id, '--delay', '1m', '--run-at', '18:30'], 'not both'],
		] as const) {
			const { code, stderr } = await cli.run(args);
			expect([code, stderr]).toEqual([2, expect.stringContaining(words)]);
		}
		expect((await cli.run(['remove', id])).stdout).toBe('Removed 1 job.\n');
		expect((await cli.run(['show', id])).code).toBe(1);
	});
});

describe('semantica settings', () => {
	it('shows all, one, and sets one; what it does not know it names', async () => {
		const cli = createCli();
		await started(cli, 'true');
		expect((await cli.run(['settings'])).stdout).toMatch(/retentionMs +1209600000 +14d/);
		await cli.run(['settings', 'retentionMs', '30d']);
		expect((await cli.run(['settings', 'retentionMs'])).stdout).toBe('2592000000\n');
		const back = await cli.json<Result<'settings/get'>>(['settings', 'retentionMs', 'default']);
		expect(back.values).toEqual({ retentionMs: 1_209_600_000 });
		const unknown = await cli.run(['settings', 'colour', 'red']);
		expect([unknown.code, unknown.stderr]).toEqual([2, expect.stringContaining('minBattery')]);
		const bad = await cli.run(['settings', 'minBattery', '500']);
		expect([bad.code, bad.stderr]).toEqual([1, expect.stringContaining('at most 100')]);
	});
});
