/** What comes in over the borders of the command line arrives as it was, or is refused before anything is enqueued. */
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Result } from '../../../shared/protocol/requests.ts';
import { DIST, temporaryFolder } from '../../support/daemon.ts';
import { type Cli, createCli } from './cli.ts';
import { runInTerminal, runShell } from './terminal.ts';

type Got = Result<'job/get'>;
type Listed = Result<'job/list'>;

const jobsOf = async (cli: Cli) => (await cli.json<Listed>(['list', '--all'])).jobs;

describe.skipIf(process.platform !== 'linux')('bytes that are no text', () => {
	it('are refused in arguments, where another file could be meant', async () => {
		const cli = createCli();
		const cwd = temporaryFolder();
		const names = "$'caf\\xe9.txt' $'caf\\xef\\xbf\\xbd.txt'";
		const { output } = await runShell(
			cli,
			`touch ${names}; S run --wait -- rm -v $'caf\\xe9.txt'; echo "code $?"; S run -e $'A=\\xe9' -- true; echo "code $?"`,
			cwd,
		);
		expect(output).toMatch(/^The argument "caf\ufffd.txt" is not UTF-8, .*\ncode 2\nThe argument/);
		expect(output).toMatch(/code 2\n$/);
		expect(readdirSync(cwd)).toHaveLength(2);
		expect(await cli.daemonPid()).toBeUndefined();
		// The character itself is one like any other.
		const meant = await runShell(cli, "run --wait -- rm $'caf\\xef\\xbf\\xbd.txt'", cwd);
		expect(meant.code).toBe(0);
		expect(readdirSync(cwd, 'buffer').map(String)).toEqual(['caf\ufffd.txt']);
	});

	it('are refused in variables that go along, and in the name of the folder', async () => {
		const cli = createCli();
		const cwd = temporaryFolder();
		const say = '; echo "code $?"';
		const { output } = await runShell(
			cli,
			[
				`A=$'\\xe9' S run -e A -- true${say}`,
				`PATH=$PATH:$'/\\xe9' S run -- true${say}`,
				`SEMANTICA_HOME=/tmp/$'\\xe9' S status${say}`,
				`A=$'\\xef\\xbf\\xbd' S run --wait -e A -- printenv A 2> /dev/null${say}`,
				`mkdir $'d\\xe9'; cd $'d\\xe9'; S run -- true${say}`,
			].join('\n'),
			cwd,
		);
		expect(output.split('\n').filter((line) => !line.startsWith('code'))).toEqual([
			expect.stringMatching(/^The variable A is not UTF-8/),
			expect.stringMatching(/^The variable PATH is not UTF-8/),
			expect.stringMatching(/^The variable SEMANTICA_HOME is not UTF-8/),
			'\ufffd',
			expect.stringMatching(/^The name of the current folder, .* is not UTF-8/),
			'',
		]);
		expect(output.match(/code \d/g)).toEqual(['code 2', 'code 2', 'code 2', 'code 0', 'code 1']);
		expect(await jobsOf(cli)).toHaveLength(1);
	});
});

describe('a place that is none', () => {
	it('is said where it matters: the current folder was removed', async () => {
		const cli = createCli();
		const lines = ['--help | head -n 1', 'run -- true', 'run --cwd / --wait -- pwd 2> /dev/null'];
		for (const [line, said] of [
			['--help', /^Usage: semantica/],
			['daemon start', /^The Semantica daemon/],
			['list', /^No jobs yet/],
			['run -- true', /^The current folder has been removed\. Go to another one/],
		] as const) {
			const cwd = temporaryFolder();
			const { output } = await runShell(cli, `mkdir x; cd x; rmdir ../x; S ${line}`, cwd);
			expect(output, lines.join()).toMatch(said);
		}
		expect(await jobsOf(cli)).toEqual([]);
	});

	it('is not made of an empty HOME', async () => {
		const cli = createCli();
		const cwd = temporaryFolder();
		const { output } = await runShell(cli, 'HOME= SEMANTICA_HOME= S daemon status', cwd);
		expect(output).toContain(join(userInfo().homedir, '.semantica'));
		const tilde = await runShell(cli, `HOME=$PWD SEMANTICA_HOME='~/x' S status`, cwd);
		expect(tilde).toMatchObject({ code: 3, output: expect.stringContaining(join(cwd, 'x')) });
		expect(readdirSync(cwd)).toEqual([]);
	});
});

describe('a payload', () => {
	const payload = '{"id":12345678901234567890,"z":-0,"2":1,"1":2}';
	const job = `{"type":"command","command":{"command":"cat"},"payload":${payload}}`;

	it('is read as it is written in a file of jobs, which may be UTF-16', async () => {
		const cli = createCli();
		const folder = temporaryFolder();
		writeFileSync(join(folder, 'jobs.json'), Buffer.from(`\ufeff${job}`, 'utf16le'));
		const { stdout } = await cli.run(['enqueue', join(folder, 'jobs.json')]);
		expect((await cli.run(['logs', '-f', stdout.trim()])).stdout).toBe(payload);
	});

	it('is refused where the file is no text', async () => {
		const cli = createCli();
		const folder = temporaryFolder();
		writeFileSync(join(folder, 'jobs.json'), Buffer.from(job.replace('cat', '\xe9'), 'latin1'));
		const { code, stderr } = await cli.run(['enqueue', join(folder, 'jobs.json')]);
		expect([code, stderr]).toEqual([2, expect.stringMatching(/not text in UTF-8: see line 1/)]);
		expect(await cli.daemonPid()).toBeUndefined();
	});

	it('and a result keep the digits of their numbers', async () => {
		const cli = createCli();
		const result = '{"id":12345678901234567890,"z":-0}';
		const script = `echo '::semantica result ${result}'`;
		const { stdout } = await cli.run(['run', '--wait', '--json', '--', '/bin/sh', '-c', script]);
		expect(stdout).toContain(`"result":${result}`);
		const got = JSON.parse(stdout) as Got;
		expect((await cli.run(['show', got.job.id])).stdout).toContain('12345678901234567890');
	});
});

describe('standard input', () => {
	it('that is piped or redirected goes to a command that is waited for', async () => {
		const cli = createCli();
		const cwd = temporaryFolder();
		writeFileSync(join(cwd, 'bytes'), Buffer.from([0xff, 0, 0xfe, 10]));
		const { output } = await runShell(
			cli,
			[
				'echo x | S run --wait -- cat 2> /dev/null',
				'S run --wait -- cat < bytes 2> /dev/null | cmp - bytes && echo same',
				'head -c 20000000 /dev/zero | S run --wait -- wc -c 2> /dev/null',
				': | S run --wait -- cat 2> /dev/null; echo "code $?"',
			].join('\n'),
			cwd,
		);
		expect(output.replaceAll(' ', '')).toBe('x\nsame\n20000000\ncode0\n');
		const jobs = await jobsOf(cli);
		expect(jobs.map(({ payload }) => payload.bytes)).toEqual([0, 20_000_000, 4, 2]);
	});

	it('is left to a loop that starts jobs, and to who reads a terminal it is said', async (context) => {
		const cli = createCli();
		const cwd = temporaryFolder();
		const loop = 'printf "1\\n2\\n" | while read n; do S run -- true $n; done';
		expect((await runShell(cli, loop, cwd)).output.trim().split('\n')).toHaveLength(2);
		const told = await runInTerminal(context, cli, 'echo x | S run -- cat', cwd);
		expect(told).toContain('Standard input is not passed on. Pass it with: --payload -');
	});
});

describe('a misunderstanding', () => {
	it('of one word for a line is explained', async () => {
		const cli = createCli();
		const { code, stderr } = await cli.run(['run', 'npm test']);
		expect(code).toBe(2);
		expect(stderr).toMatch(/semantica run -- npm test\n.*semantica run --shell -- 'npm test'/);
		const cwd = temporaryFolder();
		writeFileSync(join(cwd, 'my tool'), '#!/bin/sh\necho mine\n', { mode: 0o755 });
		const own = await cli.run(['run', '--wait', './my tool'], { cwd });
		expect(own.stdout).toBe('mine\n');
	});

	it('of signs for words is explained', async () => {
		const cli = createCli();
		const folder = join(temporaryFolder(), 'code');
		mkdirSync(folder);
		writeFileSync(join(folder, 'a.js'), 'x => x\n');
		await cli.run(['index', folder, '--wait']);
		expect((await cli.run(['search', '=>'])).stderr).toMatch(/no letter and no digit.*grep -rn/);
	});

	it('of a time that never comes is refused, here and by the daemon', async () => {
		const cli = createCli();
		for (const options of [
			['--deadline', '2030-01-01', '--run-at', '2030-01-02'],
			['--ttl', '1m', '--delay', '1h'],
			['--run-at', '2027-02-30'],
		]) {
			expect(await cli.run(['run', ...options, '--', 'true'])).toMatchObject({ code: 2 });
		}
		expect(await cli.daemonPid()).toBeUndefined();
	});
});

describe('called by a job', () => {
	const inJob = (cli: Cli, script: string) => {
		const call = `S() { '${process.execPath}' '${join(DIST, 'cli.js')}' "$@"; }; ${script}`;
		// Under CI other load on the machine holds no child back.
		return cli.run(['run', '--wait', '--', '/bin/sh', '-c', call], { env: { CI: 'true' } });
	};

	it('speaks as the job: what it runs are children, which it can wait for', async () => {
		const cli = createCli();
		const { code, stdout } = await inJob(
			cli,
			'S run --wait -- echo child; S run --wait -- false; echo "code $?"; S list -s succeeded | wc -l',
		);
		expect(stdout.split('\n').map((line) => line.trim())).toEqual(['child', 'code 4', '2', '']);
		// One of them failed.
		expect(code).toBe(4);
		const jobs = await jobsOf(cli);
		const parent = jobs.find(({ parentId }) => parentId === null);
		expect(jobs.filter(({ parentId }) => parentId === parent?.id)).toHaveLength(2);
	});

	it('can index, and wait for that', async () => {
		const cli = createCli();
		const { code, stdout } = await inJob(cli, 'cd $(mktemp -d) && S index --wait; rmdir $PWD');
		expect([code, stdout]).toEqual([0, expect.stringMatching(/succeeded/)]);
	});

	it('is told what it may not do, and how to speak as the person', async () => {
		const cli = createCli();
		const { stdout } = await inJob(
			cli,
			'S cancel --all 2>&1; echo "code $?"; SEMANTICA_TOKEN= S cancel --tag none 2>&1',
		);
		expect(stdout).toMatch(
			/^A job's own token may .*Called by a job, semantica speaks as that job/,
		);
		expect(stdout).toMatch(/env -u SEMANTICA_TOKEN/);
		expect(stdout).toMatch(/\ncode 1\nCancelled 0 jobs\.\n$/);
		expect(await jobsOf(cli)).toMatchObject([{ state: 'succeeded' }]);
	});
});
