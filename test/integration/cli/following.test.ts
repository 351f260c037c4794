import { describe, expect, it } from 'vitest';
import type { Result } from '../../../shared/protocol/requests.ts';
import { createCli } from './cli.ts';

type Listed = Result<'job/list'>;
type Got = Result<'job/get'>;

const sh = (script: string): string[] => ['--', '/bin/sh', '-c', script];

describe('run --wait', () => {
	it('gives the output of the job and nothing else on standard output', async () => {
		const { code, stdout, stderr } = await createCli().run([
			'run',
			'--wait',
			...sh('echo a; echo b'),
		]);
		expect(code).toBe(0);
		expect(stdout.split('\n').slice(1)).toEqual(['a', 'b', '']);
		expect(stderr).toMatch(/^job [0-9a-f-]{36}\n/);
		expect(stderr).toMatch(/\nsucceeded {2}.* · .*s · [0-9a-f-]{36}\n$/);
	});

	it('ends with 4 and says why when the job fails', async () => {
		const { code, stdout, stderr } = await createCli().run([
			'run',
			'--wait',
			...sh('echo oh; exit 3'),
		]);
		expect(code).toBe(4);
		expect(stdout).toContain('oh\n');
		expect(stderr).toMatch(/failed .*\n.*exit code 3/);
	});

	it('says so in a sentence when there is no such program', async () => {
		const { code, stderr } = await createCli().run(['run', '--wait', '--', 'no-such-program']);
		expect(code).toBe(4);
		expect(stderr).toMatch(/"no-such-program" was not found in the PATH/);
	});

	it('prints the finished job with --json', async () => {
		const { code, stdout } = await createCli().run([
			'run',
			'--wait',
			'--json',
			...sh('echo a; exit 3'),
		]);
		expect(code).toBe(4);
		expect((JSON.parse(stdout) as Got).job).toMatchObject({ state: 'failed', exitCode: 3 });
	});

	it('loses nothing of a long output to a slow reader', async () => {
		const cli = createCli();
		const lines = 200_000;
		const running = cli.start(['run', '--wait', ...sh(`seq 1 ${lines}`)]);
		running.child.stdout?.pause();
		await new Promise<void>((resolve) => running.child.stderr?.once('data', () => resolve()));
		running.child.stdout?.resume();
		const { code, stdout } = await running.finished;
		expect(code).toBe(0);
		const numbers = stdout.trim().split('\n').slice(1);
		expect(numbers).toHaveLength(lines);
		expect(numbers.at(-1)).toBe(String(lines));
	});

	it('lets go on Ctrl-C; the job goes on', async () => {
		const cli = createCli();
		const following = cli.start(['run', '--wait', ...sh('echo ready; read line; sleep 600')]);
		await following.saw('ready');
		following.child.kill('SIGINT');
		const { code, stderr } = await following.finished;
		expect(code).toBe(130);
		expect(stderr).toMatch(/goes on\.\n(.*\n)*.*semantica logs [0-9a-f]{8} -f/);
		const { jobs } = await cli.json<Listed>(['list', '--state', 'running']);
		expect(jobs).toHaveLength(1);
	});

	it('goes on after kill -9 of the daemon, and starts it again', async () => {
		const cli = createCli();
		const script = 'test "$SEMANTICA_RUN" = 2 && exit 0; echo first; sleep 600';
		const following = cli.start(['run', '--wait', '--restartable', ...sh(script)]);
		await following.saw('first');
		const pid = await cli.daemonPid();
		process.kill(pid ?? 0, 'SIGKILL');
		const { code, stderr } = await following.finished;
		expect([code, stderr]).toEqual([0, expect.stringContaining('runs again')]);
		expect(await cli.daemonPid()).not.toBe(pid);
	});

	it('ends with a sentence when somebody stops the daemon, and does not start it again', async () => {
		const cli = createCli();
		const following = cli.start(['run', '--wait', '--restartable', ...sh('echo first; sleep 600')]);
		await following.saw('first');
		const stopped = await cli.run(['daemon', 'stop']);
		expect([stopped.code, stopped.stdout]).toEqual([0, 'The Semantica daemon has stopped.\n']);
		expect(stopped.stderr).toContain('1 running job will be stopped');
		const { code, stderr } = await following.finished;
		expect(code).toBe(1);
		expect(stderr).toContain('semantica daemon start');
		expect(await cli.daemonPid()).toBeUndefined();
	});
});

describe('logs', () => {
	it('prints the last lines, follows, and gives pieces as JSON', async () => {
		const cli = createCli();
		const { stdout } = await cli.run(['run', ...sh('seq 1 50; sleep 1; echo end')]);
		const id = stdout.trim();
		const followed = await cli.run(['logs', id, '-f']);
		expect(followed.stdout.endsWith('49\n50\nend\n')).toBe(true);
		expect((await cli.run(['logs', id, '-n', '2'])).stdout).toBe('50\nend\n');
		expect((await cli.run(['logs', id, '-n', '1000'])).stdout).toBe(followed.stdout);
		const pieces = (await cli.run(['logs', id, '--json'])).stdout.trim().split('\n');
		const chunks = pieces.map((line) => JSON.parse(line) as Result<'log/read'>);
		expect(chunks.map((chunk) => chunk.text).join('')).toBe(followed.stdout);
		expect(chunks.at(-1)?.eof).toBe(true);
	});
});
