import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, test } from 'vitest';
import type { Result } from '../../../shared/protocol/requests.ts';
import { temporaryFolder } from '../../support/daemon.ts';
import { mountDisk } from '../../support/disks.ts';
import { createCli } from './cli.ts';
import { runInTerminal, runShell, startTerminal } from './terminal.ts';

type Listed = Result<'job/list'>;
type Got = Result<'job/get'>;

const sh = (script: string): string[] => ['--', '/bin/sh', '-c', script];

describe('run --wait', () => {
	it('gives the output of the job and nothing else on standard output', async () => {
		const { code, stdout, stderr } = await createCli().run([
			'run',
			'--wait',
			...sh('echo a; echo b; echo c >&2'),
		]);
		expect(code).toBe(0);
		expect(stdout).toBe('a\nb\n');
		expect(stderr).toMatch(/^job [0-9a-f-]{36}\n(.*\n)*\[semantica\] run 1, .*\n(.*\n)*c\n/);
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
		const numbers = stdout.trim().split('\n');
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

describe('bytes that are no text', () => {
	// Every byte, alone and beside every other: nothing may be decoded on the way.
	const bytes = Buffer.alloc(2 * 65_536, 0);
	for (let i = 0; i < 65_536; i++) bytes.writeUInt16BE(i, 2 * i);

	it('go from the job to a file, and from its log again, exactly', async () => {
		const cli = createCli();
		const folder = temporaryFolder();
		writeFileSync(join(folder, 'bytes'), bytes);
		const run = await runShell(
			cli,
			'run --wait -- /bin/sh -c "cat bytes; echo oops >&2" > out 2> err; echo $? > code',
			folder,
		);
		expect(run).toEqual({ code: 0, output: '' });
		const of = (name: string) => readFileSync(join(folder, name));
		expect(of('code').toString()).toBe('0\n');
		expect(of('out').equals(bytes)).toBe(true);
		expect(of('err').toString()).toMatch(/\noops\n/);
		const { jobs } = await cli.json<Listed>(['list']);
		await runShell(cli, `logs ${jobs[0]?.id} --only stdout > out2 2> err2`, folder);
		expect(of('out2').equals(bytes)).toBe(true);
		expect(of('err2').toString()).toMatch(/^\[semantica\] run 1, .*\n$/);
		await runShell(cli, `logs ${jobs[0]?.id} --only stderr > out3 2> err3`, folder);
		expect(of('out3').toString()).toBe('oops\n');
		await runShell(cli, `logs ${jobs[0]?.id} > out4 2> err4`, folder);
		expect(of('out4')).toHaveLength(bytes.length + 'oops\n'.length);
	});

	it('are all there, however many more they are than a log keeps', async () => {
		const cli = createCli();
		const folder = temporaryFolder();
		const line = 'run --wait -- head -c 60000000 /dev/zero 2> err | (sleep 1; wc -c); cat err';
		const { output } = await runShell(cli, line, folder);
		expect(output).toMatch(/^60000000\n(.*\n)*succeeded/);
		expect(output).not.toContain('missing');
	});

	it('go to a file from a terminal too, where the view stays on the terminal', async (context) => {
		const cli = createCli();
		const folder = temporaryFolder();
		const terminal = await runInTerminal(context, cli, 'run --wait -- echo hi > out', folder);
		expect(readFileSync(join(folder, 'out'), 'utf8')).toBe('hi\n');
		expect(terminal).toMatch(/succeeded.*echo hi/);
		const caught = 'x=$(S run --wait -- printf "a b"); echo "[$x]" > caught';
		await runInTerminal(context, cli, caught, folder);
		expect(readFileSync(join(folder, 'caught'), 'utf8')).toBe('[a b]\n');
	});

	it('are shown before their line ends, where people look', async (context) => {
		const cli = createCli();
		const script = 'printf "Sure? "; until test -e seen; do sleep 0.1; done; echo yes';
		const folder = temporaryFolder();
		const terminal = startTerminal(context, cli, `run --wait -- /bin/sh -c '${script}'`, folder);
		await terminal.shows('Sure?');
		writeFileSync(join(folder, 'seen'), '');
		expect(await terminal.ended).toMatch(/Sure\? yes\r?\n/);
	});

	it('that a reader no longer takes end the following, not the job, and not with success', async () => {
		const cli = createCli();
		const { output } = await runShell(
			cli,
			'run --wait -- /bin/sh -c "echo a; sleep 1; echo b; sleep 600" 2> err | head -n 1; echo $PIPESTATUS; cat err',
			temporaryFolder(),
		);
		expect(output).toMatch(/^a\n130\n(.*\n)*Not following any more; job .* goes on\./);
		const { jobs } = await cli.json<Listed>(['list', '--state', 'running']);
		expect(jobs).toHaveLength(1);
	});
});

test('output that was lost is said, by --wait and by logs', async (context) => {
	const cli = createCli();
	await cli.run(['daemon', 'start']);
	const logs = join(cli.home, 'logs');
	mkdirSync(logs, { recursive: true });
	// There is space, but no file can be made.
	mountDisk(context, logs, 'nr_inodes=1');
	const waited = await cli.run(['run', '--wait', ...sh('seq 1 1000')]);
	const [{ id = '' } = {}] = (await cli.json<Listed>(['list'])).jobs;
	const missing = /\[4\.\d kB of the output are missing here: .*\]/;
	expect(waited).toMatchObject({ code: 1, stdout: '', stderr: expect.stringMatching(missing) });
	expect(waited.stderr).toContain('The output is not complete');
	const read = await cli.run(['logs', id]);
	expect(read).toMatchObject({ code: 0, stdout: '', stderr: expect.stringMatching(missing) });
	const doctor = await cli.run(['doctor']);
	expect(doctor.stdout).toMatch(/warnings: The log of job .* cannot be written/);
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
		const mark = /^\[semantica\] run 1, .*\n/;
		expect(followed.stderr).toMatch(mark);
		const text = chunks.map((chunk) => chunk.text).join('');
		expect(text.replace(mark, '')).toBe(followed.stdout);
		expect(chunks.at(-1)?.eof).toBe(true);
	});
});
