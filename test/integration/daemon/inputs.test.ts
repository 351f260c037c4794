/** What a job’s process gets: environment, folder, arguments, payload. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, test } from 'vitest';
import type { JobSpecInput } from '../../../shared/job.ts';
import {
	enqueue,
	readWholeLog,
	runToEnd,
	shell,
	startDaemon,
	temporaryFolder,
} from '../../support/daemon.ts';

/** A program that says what it was given, as JSON lines. */
const REPORT = `
const chunks = [];
process.stdin.on('data', (chunk) => chunks.push(chunk)).on('end', () => {
	const stdin = Buffer.concat(chunks);
	console.log(JSON.stringify({
		env: process.env, cwd: process.cwd(), args: process.argv.slice(2),
		stdin: stdin.length > 1000 ? stdin.length : stdin.toString(),
	}));
});`;

interface Report {
	readonly env: Record<string, string>;
	readonly cwd: string;
	readonly args: string[];
	readonly stdin: string | number;
}

async function startWithReporter(env: Record<string, string> = {}) {
	const daemon = await startDaemon({ env });
	const connection = await daemon.connect();
	const program = join(daemon.home, 'report.cjs');
	writeFileSync(program, REPORT);
	return {
		daemon,
		connection,
		async report(more: Partial<JobSpecInput> = {}, args: string[] = []): Promise<Report> {
			const command = { command: process.execPath, args: [program, ...args], ...more.command };
			const job = await runToEnd(daemon, connection, { type: 'command', ...more, command });
			const log = await readWholeLog(connection, job.id);
			expect(job, log).toMatchObject({ state: 'succeeded' });
			return JSON.parse(log.trimEnd().split('\n').at(-1) ?? '') as Report;
		},
	};
}

describe('the environment', () => {
	test('is the allow-list, the command’s own and ours, and nothing of the daemon’s', async () => {
		const { daemon, report } = await startWithReporter({
			SECRET_OF_THE_EDITOR: 'x',
			LC_TIME: 'C',
			SEMANTICA_TOKEN: 'of somebody else',
		});
		const odd = { 'a.b': 'dot', 'with-dash': '=x=', EMPTY: '', LINES: 'one\ntwo', QUOTES: `'"$x` };
		const { env } = await report({ command: { command: process.execPath, env: odd } });
		expect(env).toMatchObject(odd);
		expect(env['LC_TIME']).toBe('C');
		expect(env['PATH']).toBe(process.env['PATH']);
		expect(env['SEMANTICA_HOME']).toBe(daemon.home);
		expect(env['SEMANTICA_JOB_ID']).toMatch(/^[0-9a-f-]{36}$/);
		expect(env['SEMANTICA_RUN']).toBe('1');
		expect(env['SEMANTICA_ATTEMPT']).toBe('1');
		expect(env['SEMANTICA_TOKEN']).toMatch(/^[0-9a-f]{64}$/);
		for (const name of ['SECRET_OF_THE_EDITOR', 'SEMANTICA_READY_FD', 'ELECTRON_RUN_AS_NODE']) {
			expect(env).not.toHaveProperty(name);
		}
	});

	test('and the token never show in the job, its log or the daemon’s log', async () => {
		const daemon = await startDaemon();
		const connection = await daemon.connect();
		const job = await runToEnd(daemon, connection, {
			type: 'command',
			command: {
				command: '/bin/sh',
				args: ['-c', 'printf "%s" "$SEMANTICA_TOKEN" > "$OUT"; cat "$OUT" | wc -c'],
				env: { OUT: join(daemon.home, 'token-of-the-run'), PRIVATE: 'zanzibar' },
			},
			payload: 'payload-zanzibar',
		});
		const token = readFileSync(join(daemon.home, 'token-of-the-run'), 'utf8');
		expect(token).toMatch(/^[0-9a-f]{64}$/);
		const said = [
			JSON.stringify(await connection.request('job/get', { id: job.id })),
			JSON.stringify(await connection.request('job/list', {})),
			await readWholeLog(connection, job.id),
			daemon.log(),
		].join();
		expect(said).toContain('"env":["OUT","PRIVATE"]');
		expect(said).not.toContain('zanzibar');
		expect(said).not.toContain(token);
	});
});

describe('the working folder', () => {
	test('is the command’s, else the workspace, else home', async () => {
		const { report } = await startWithReporter();
		const folder = temporaryFolder();
		const spaced = join(folder, 'with space, ü and\nnewline');
		mkdirSync(spaced);
		const workspace = pathToFileURL(folder).href;
		const command = { command: process.execPath };
		expect((await report({ command: { ...command, cwd: spaced }, workspace })).cwd).toBe(spaced);
		expect((await report({ workspace })).cwd).toBe(folder);
		expect((await report()).cwd).toBe(homedir());
	});
});

describe('arguments', () => {
	test('arrive as they were given, never through a shell', async () => {
		const { report } = await startWithReporter();
		const args = [
			'',
			' ',
			'$HOME',
			'`id`',
			'; echo x',
			'*',
			'a\nb',
			'"',
			"'",
			'\\',
			'ü€🙂',
			'-n',
			'--',
		];
		expect((await report({}, args)).args).toEqual(args);
	});

	test('go through one when asked', async () => {
		const daemon = await startDaemon();
		const connection = await daemon.connect();
		const job = await runToEnd(daemon, connection, {
			type: 'command',
			command: { command: 'echo', args: ['a', '&&', 'echo', '$((20 + 3))'], shell: true },
		});
		expect(await readWholeLog(connection, job.id)).toMatch(/\na\n23\n$/);
	});
});

describe('the payload', () => {
	test('is exactly what arrives on stdin: JSON, or a text as it is, or nothing', async () => {
		const { report } = await startWithReporter();
		const nested = { text: 'ü€🙂\n', list: [1, 2.5, null, true], nested: { a: {} } };
		expect(JSON.parse(String((await report({ payload: nested })).stdin))).toEqual(nested);
		expect((await report({ payload: 'a raw text\n' })).stdin).toBe('a raw text\n');
		expect((await report({ payload: null })).stdin).toBe('null');
		expect((await report({ payload: 7 })).stdin).toBe('7');
		expect((await report({ payload: '' })).stdin).toBe('');
		expect((await report()).stdin).toBe('');
	});

	test('may be 16 MiB and not a byte more', async () => {
		const { daemon, connection, report } = await startWithReporter();
		const largest = 16 * 1024 * 1024;
		expect((await report({ payload: 'p'.repeat(largest) })).stdin).toBe(largest);
		await expect(
			enqueue(connection, shell('true', { payload: 'p'.repeat(largest + 1) })),
		).rejects.toMatchObject({
			code: 4130,
			data: { kind: 'TOO_LARGE', path: 'jobs[0].payload' },
		});
		const { jobs } = await (await daemon.connect()).request('job/list', {});
		expect(jobs.map((job) => job.payload.bytes)).toEqual([largest]);
	});

	test('need not be read', async () => {
		const daemon = await startDaemon();
		const connection = await daemon.connect();
		const payload = 'p'.repeat(4_000_000);
		const ignored = await runToEnd(daemon, connection, shell('exit 3', { payload }));
		expect(ignored).toMatchObject({ state: 'failed', exitCode: 3, stopReason: 'exit' });
		const closed = await runToEnd(daemon, connection, shell('exec <&-; echo on', { payload }));
		expect(closed.state).toBe('succeeded');
	});

	test('comes again, whole, with every attempt', async () => {
		const daemon = await startDaemon();
		const connection = await daemon.connect();
		const job = await runToEnd(
			daemon,
			connection,
			shell('cat; [ $SEMANTICA_ATTEMPT = 2 ]', {
				payload: 'once more\n',
				maxAttempts: 2,
				backoff: { baseMs: 0 },
			}),
		);
		expect(job.state).toBe('succeeded');
		expect((await readWholeLog(connection, job.id)).match(/once more/g)).toHaveLength(2);
	});
});
