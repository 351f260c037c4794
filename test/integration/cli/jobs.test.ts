import { spawnSync } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Result } from '../../../shared/protocol/requests.ts';
import { DIST, temporaryFolder } from '../../support/daemon.ts';
import { createCli } from './cli.ts';
import { runShell } from './terminal.ts';

type Listed = Result<'job/list'>;
type Enqueued = Result<'job/enqueue'>;
type Got = Result<'job/get'>;

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\n$/;

describe('without a daemon', () => {
	it.each([
		['list'],
		['show', '1a2b3c4d'],
		['logs', '1a2b3c4d'],
		['explain', '1a2b3c4d'],
		['cancel', '--all'],
		['retry', '--all'],
		['status'],
		['daemon', 'status'],
		['daemon', 'stop'],
	])('%s %s says so, ends with 3 and starts none', async (...args) => {
		const cli = createCli();
		const { code, stdout, stderr } = await cli.run(args);
		expect([code, stdout]).toEqual([3, '']);
		expect(stderr).toContain('semantica daemon start');
		expect(existsSync(cli.home)).toBe(false);
	});

	it('answers --json with an error of the wire', async () => {
		const { code, stderr } = await createCli().run(['list', '--json']);
		expect(code).toBe(3);
		expect(JSON.parse(stderr)).toMatchObject({ error: { code: 5002, data: { kind: 'SYSTEM' } } });
	});
});

describe('mistakes', () => {
	it.each([
		[['frobnicate'], 'unknown command'],
		[['list', '--nope'], 'unknown option'],
		[['list', '--state', 'gone'], 'is no state'],
		[['run'], 'missing required argument'],
		[['run', '--timeout', 'soon', '--', 'true'], 'is not a duration'],
		[['run', '--delay', '1m', '--run-at', '18:30', '--', 'true'], 'not both'],
		[['run', '--priority', '500', '--', 'true'], '--priority'],
		[['run', '--grace', '2m', '--', 'true'], 'It must be at most 1m.'],
		[['index', '--max-file-size', '100M'], 'It must be at most 64M.'],
		[['search', ' '], 'Say what to look for.'],
		[['enqueue', '-'], 'There is no job'],
		[['index', '/does/not/exist'], 'there is no such folder'],
	])('%j: a sentence, and no daemon is started for it', async (args, message) => {
		const cli = createCli();
		const { code, stderr } = await cli.run(args);
		expect(stderr).toContain(message);
		expect(code).toBe(args[1] === '/does/not/exist' ? 1 : 2);
		expect(await cli.daemonPid()).toBeUndefined();
	});

	it('are JSON with --json, unless that is for the command', async () => {
		const cli = createCli();
		const wrong = await cli.run(['list', '--nope', '--json']);
		expect(wrong.code).toBe(2);
		expect(JSON.parse(wrong.stderr)).toMatchObject({
			error: {
				code: 4000,
				message: expect.stringMatching(/^unknown option/),
				data: { kind: 'VALIDATION' },
			},
		});
		await cli.run(['run', '--key', 'k', '--', 'true']);
		for (const words of [
			['--', 'false', '--json'],
			['false', '--json'],
		]) {
			const { stderr } = await cli.run(['run', '--key', 'k', ...words]);
			expect(stderr).toMatch(/^The key "k" already belongs/);
		}
	});

	it.skipIf(process.platform !== 'linux')(
		'of the system are a sentence, such as a full disk',
		async () => {
			const cli = createCli();
			await cli.run(['run', '--', 'true']);
			const command = [process.execPath, join(DIST, 'cli.js'), 'list'].join(' ');
			const { status, stderr } = spawnSync('/bin/sh', ['-c', `${command} > /dev/full`], {
				env: { ...process.env, SEMANTICA_HOME: cli.home },
				encoding: 'utf8',
			});
			expect([status, stderr]).toEqual([
				1,
				'The output cannot be written: ENOSPC: no space left on device, write.\n',
			]);
		},
	);

	it('that only the daemon notices count as usage too', async () => {
		const { code, stderr } = await createCli().run(['run', '--tag', 'x'.repeat(65), '--', 'true']);
		expect([code, stderr]).toEqual([2, 'tag: must be at most 64 characters long\n']);
	});
});

describe('a job', () => {
	it('is run, listed, shown and read by any unique part of its id', async () => {
		const cli = createCli();
		const { code, stdout } = await cli.run(['run', '--', 'echo', 'hello']);
		expect(code).toBe(0);
		expect(stdout).toMatch(UUID);
		const id = stdout.trim();
		const following = await cli.run(['logs', id.slice(-8), '-f']);
		expect(following.stdout).toContain('hello\n');

		const list = await cli.run(['list']);
		expect(list.stdout).toMatch(new RegExp(`succeeded +${id} +echo hello`));
		expect(list.stdout).not.toContain('\u001b');
		for (const part of [id, id.slice(-4), id.slice(0, 20), id.toUpperCase()]) {
			const shown = await cli.json<Got>(['show', part]);
			expect(shown.job).toMatchObject({ id, state: 'succeeded', exitCode: 0 });
			expect(shown.runs).toHaveLength(1);
		}
		const explained = await cli.run(['explain', id]);
		expect([explained.code, explained.stdout]).toEqual([0, expect.stringContaining('succeeded')]);
		expect((await cli.run(['list'], { env: { FORCE_COLOR: '1' } })).stdout).toContain('\u001b[');
	});

	it('is found by a part of its id that many newer titles contain', async () => {
		const cli = createCli();
		const id = (await cli.run(['run', '--', 'true'])).stdout.trim();
		const part = id.slice(-8);
		const titled = { type: 'command', title: part, runAt: 4e12, command: { command: 'true' } };
		await cli.run(['enqueue', '-'], { input: JSON.stringify(Array(205).fill(titled)) });
		expect((await cli.json<Got>(['show', part])).job.id).toBe(id);
	});

	it('is not found by a part that means none or several', async () => {
		const cli = createCli();
		const ids = [];
		for (let count = 0; count < 2; count++) {
			ids.push((await cli.run(['run', '--', 'true'])).stdout.trim());
		}
		const none = await cli.run(['show', 'ffffffffffff']);
		expect([none.code, none.stderr]).toEqual([1, expect.stringContaining("No job's id")]);
		const several = await cli.run(['show', '0']);
		expect(several.code).toBe(1);
		for (const id of ids) expect(several.stderr).toContain(id);
		const strange = await cli.run(['show', '../../etc']);
		expect([strange.code, strange.stderr]).toEqual([2, expect.stringContaining('is not a job id')]);
	});

	it('runs in this folder, with this PATH, the variables asked for and a standard input', async () => {
		const cli = createCli();
		const cwd = temporaryFolder();
		const script = 'pwd; echo "$PATH|$GREETING|$COPIED|$LEFT_OUT"; cat';
		const { code, stdout } = await cli.run(
			[
				'run',
				'--wait',
				'--env',
				'GREETING=a b',
				'--env',
				'COPIED',
				'--payload',
				'-',
				'--',
				'/bin/sh',
				'-c',
				script,
			],
			{ cwd, input: 'line\n', env: { COPIED: 'c', LEFT_OUT: 'secret' } },
		);
		expect(code).toBe(0);
		const lines = stdout.split('\n');
		expect(lines).toEqual([cwd, `${process.env['PATH']}|a b|c|`, 'line', '']);
	});

	it('gets a file as it is, and what comes through a pipe as text', async () => {
		const cli = createCli();
		const file = join(temporaryFolder(), 'bytes');
		writeFileSync(file, Buffer.alloc(17 * 1024 * 1024, 0xff));
		const whole = await cli.run(['run', '--wait', '--payload', file, '--', 'cksum']);
		expect([whole.code, whole.stdout]).toEqual([0, expect.stringMatching(/^\d+ 17825792$/m)]);
		const piped = await cli.run(['run', '--payload', '-', '--', 'cat'], { input: '\ufffd' });
		expect(piped.code).toBe(0);
		const missing = await cli.run(['run', '--payload', `${file}.not`, '--', 'cat']);
		expect([missing.code, missing.stderr]).toEqual([
			1,
			expect.stringContaining('Cannot read the payload: ENOENT'),
		]);
	});

	it('may be too large to be taken, which is said', async () => {
		const cli = createCli();
		const folder = temporaryFolder();
		const line = 'head -c 270000000 /dev/zero | TMPDIR=$PWD S run --payload - -- cat; ls | wc -l';
		const { output } = await runShell(cli, line, folder);
		expect(output).toMatch(/standard input is too large: at most 268 MB are taken.*\n0\n$/);
		expect(await cli.daemonPid()).toBeUndefined();
	});

	it('carries every option to the daemon', async () => {
		const cli = createCli();
		const options =
			'--title T --queue q --priority 7 --tag t --key k --timeout 1m --grace 2s --attempts 3 --retry-on 1,75 --restartable --ttl 2h --deadline +3h --delay 1h --subject s --supersede none --shell';
		const { jobs } = await cli.json<Enqueued>([
			'run',
			...options.split(' '),
			'--',
			'echo',
			'a',
			'|',
			'cat',
		]);
		const { job } = await cli.json<Got>(['show', jobs[0]?.id ?? '']);
		expect(job).toMatchObject({
			title: 'T',
			queue: 'q',
			priority: 7,
			tag: 't',
			key: 'k',
			timeoutMs: 60_000,
			graceMs: 2000,
			maxAttempts: 3,
			retryOn: [1, 75],
			restartable: true,
			ttlMs: 7_200_000,
			subject: 's',
			supersede: 'none',
			state: 'queued',
			command: { command: 'echo a | cat', args: [], shell: true },
		});
		expect(job.runAt - job.createdAt).toBeGreaterThan(3_590_000);
		expect((job.deadlineAt ?? 0) - job.runAt).toBeGreaterThan(3_590_000);
	});

	it('is one job under one key, however often the command is given', async () => {
		const cli = createCli();
		const times = ['--delay', '1h', '--deadline', '+2h'];
		const args = ['run', '--key', 'once', ...times, '--', 'true'];
		const first = await cli.run(args);
		const second = await cli.run(args, { env: { PATH: '/usr/bin:/bin' } });
		expect(second.stdout).toBe(first.stdout);
		expect(second.stderr).toContain('exists already');
		const other = await cli.run(['run', '--key', 'once', ...times, '--', 'false']);
		expect([other.code, other.stderr]).toEqual([1, expect.stringContaining('once')]);
	});
});

describe('many jobs', () => {
	it('are cancelled and retried by filter, with a count', async () => {
		const cli = createCli();
		for (const tag of ['a', 'a', 'b'])
			await cli.run(['run', '--tag', tag, '--delay', '1h', '--', 'true']);
		const cancelled = await cli.run(['cancel', '--tag', 'a']);
		expect([cancelled.code, cancelled.stdout]).toEqual([0, 'Cancelled 2 jobs.\n']);
		const again = await cli.run(['cancel', '--tag', 'a']);
		expect([again.code, again.stdout]).toEqual([0, 'Cancelled 0 jobs.\n']);
		const started = await cli.run(['now', '--state', 'cancelled']);
		expect([started.code, started.stdout]).toEqual([0, 'Started 0 jobs.\n']);
		expect(started.stderr).toMatch(/^( {2}[0-9a-f]+: it is already cancelled\n){2}$/);
		const retried = await cli.json<Result<'job/retry'>>(['retry', '--state', 'cancelled']);
		expect(retried).toMatchObject({ count: 2, skippedCount: 0 });
		expect(retried.jobs).toHaveLength(2);
		const unclear = await cli.run(['cancel']);
		expect([unclear.code, unclear.stderr]).toEqual([2, expect.stringContaining('Name jobs')]);
	});

	it('are listed by filter and in pages', async () => {
		const cli = createCli();
		const lines = Array.from({ length: 250 }, (_, index) =>
			JSON.stringify({
				type: 'command',
				title: `job ${index}`,
				runAt: 4e12,
				command: { command: 'true' },
			}),
		);
		await cli.run(['enqueue', '-'], { input: lines.join('\n') });
		const all = await cli.json<Listed>(['list', '--limit', '1000', '--sort', 'createdAt']);
		expect(all.jobs.map((job) => job.title)).toEqual(lines.map((_, index) => `job ${index}`));
		const first = await cli.json<Listed>(['list', '--limit', '2']);
		expect(first.total).toEqual({ value: 250, exact: true });
		const second = await cli.json<Listed>([
			'list',
			'--limit',
			'2',
			'--cursor',
			first.nextCursor ?? '',
		]);
		expect([...first.jobs, ...second.jobs].map((job) => job.title)).toEqual([
			'job 249',
			'job 248',
			'job 247',
			'job 246',
		]);
		const some = await cli.json<Listed>([
			'list',
			'--text',
			'job 17',
			'--state',
			'open',
			'--queue',
			'default,other',
		]);
		expect(some.total.value).toBe(11);
		expect((await cli.run(['list', '-s', 'failed'])).stderr).toBe('No job matches.\n');
	});

	it('may be read by somebody who leaves early', async () => {
		const cli = createCli();
		await cli.run(['run', '--', 'true']);
		const leaving = cli.start(['list']);
		leaving.child.stdout?.destroy();
		const { code, stderr } = await leaving.finished;
		expect([code, stderr]).toEqual([0, '']);
	});
});

describe('enqueue', () => {
	const job = (title: string) => ({
		type: 'command',
		title,
		runAt: 4e12,
		command: { command: 'true' },
	});

	it('takes more jobs than one request holds', async () => {
		const cli = createCli();
		const input = JSON.stringify(Array.from({ length: 2500 }, (_, index) => job(`${index}`)));
		const { code, stdout } = await cli.run(['enqueue', '-'], { input });
		expect(code).toBe(0);
		expect(new Set(stdout.trim().split('\n')).size).toBe(2500);
		expect((await cli.json<Listed>(['list', '--limit', '1'])).total.value).toBe(2500);
	});

	it('doubles nothing when repeated with a key', async () => {
		const cli = createCli();
		const input = [job('a'), job('b')].map((one) => JSON.stringify(one)).join('\n');
		const first = await cli.run(['enqueue', '--key', 'import', '-'], { input });
		const second = await cli.run(['enqueue', '--key', 'import', '-'], { input });
		expect(second.stdout).toBe(first.stdout);
	});

	it('sends nothing when one of the jobs is malformed, and says which', async () => {
		const cli = createCli();
		const input = `${JSON.stringify(job('a'))}\n\n${JSON.stringify({ ...job('b'), priority: 101 })}\n`;
		const { code, stderr } = await cli.run(['enqueue', '-'], { input });
		expect([code, stderr]).toEqual([2, expect.stringMatching(/In line 3: priority: /)]);
		expect(await cli.daemonPid()).toBeUndefined();
	});

	it('says which job the daemon refused, and that none was taken', async () => {
		const cli = createCli();
		const input = JSON.stringify({ jobs: [job('a'), { type: 'unheard-of' }] });
		const { code, stderr } = await cli.run(['enqueue', '-'], { input });
		expect(code).toBe(1);
		expect(stderr).toMatch(/In job 2: .*unheard-of.* Nothing was enqueued\./);
		expect((await cli.json<Listed>(['list'])).jobs).toEqual([]);
	});
});
