/** Starting: one daemon per data folder, and a sentence where there can be none. */
import { spawnSync } from 'node:child_process';
import {
	existsSync,
	mkdirSync,
	readdirSync,
	readFileSync,
	rmSync,
	statSync,
	writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, type TestContext, test } from 'vitest';
import { acquireLock } from '../../../daemon/instance/lock.ts';
import { readBuildInfo } from '../../../shared/build.ts';
import { ensureDaemon } from '../../../shared/client/launch.ts';
import { dataPaths } from '../../../shared/paths.ts';
import type { StateFile } from '../../../shared/protocol/requests.ts';
import { copiesIn } from '../../support/copies.ts';
import { DIST, startDaemon, temporaryFolder } from '../../support/daemon.ts';
import { until } from '../../support/processes.ts';
import { daemonsOf, ensure, refusal } from './launching.ts';

describe('several starters at once', () => {
	test('get one daemon between them', async () => {
		const home = temporaryFolder();
		const states = await Promise.all(Array.from({ length: 8 }, () => ensure(home)));
		onTestFinished(() => void process.kill(states[0]?.pid ?? 0, 'SIGKILL'));
		expect(new Set(states.map((state) => state.instance)).size).toBe(1);
		expect(new Set(states.map((state) => state.pid)).size).toBe(1);
		await until(() => daemonsOf(home).length === 1, 'the others have left');
		expect(daemonsOf(home)).toEqual([states[0]?.pid]);
		expect(await ensure(home)).toEqual(states[0]);
		// Only one copy of the program was kept, and no draft of it.
		expect(copiesIn(home)).toEqual([states[0]?.buildId]);
	});

	test('get one, the next one, after the first was killed', async () => {
		const daemon = await startDaemon();
		for (let round = 0; round < 3; round++) {
			await daemon.kill();
			const states = await Promise.all(Array.from({ length: 4 }, () => ensure(daemon.home)));
			await daemon.restart();
			expect(new Set(states.map((state) => state.instance))).toEqual(
				new Set([daemon.state.instance]),
			);
		}
	});

	test('get the next one while a child that the first was making still has its socket', async () => {
		const daemon = await startDaemon();
		const { endpoint, instance } = daemon.state;
		await daemon.kill();
		const child = heldSocket(endpoint);
		const restarted = daemon.restart();
		await until(() => connectionsTo(endpoint) > 0, 'the system has accepted a connection');
		process.kill(child, 'SIGKILL');
		await restarted;
		expect(daemon.state.instance).not.toBe(instance);
		await daemon.connect();
	});

	test('from the command line: the others say that it runs', async () => {
		const home = temporaryFolder();
		const paths = dataPaths(home);
		const { execa } = await import('execa');
		const outcomes = await Promise.all(
			Array.from({ length: 4 }, () =>
				execa(process.execPath, [join(DIST, 'cli.js'), 'daemon', 'start'], {
					env: { SEMANTICA_HOME: home },
					reject: false,
				}),
			),
		);
		const { pid } = JSON.parse(readFileSync(paths.stateFile, 'utf8')) as StateFile;
		onTestFinished(() => void process.kill(pid, 'SIGKILL'));
		expect(outcomes.map((outcome) => outcome.exitCode)).toEqual([0, 0, 0, 0]);
		expect(outcomes.every((outcome) => outcome.stdout.includes(String(pid)))).toBe(true);
	});
});

describe('a data folder that somebody holds without answering', () => {
	/** Ours is the lock of a daemon that starts for ever; counts how often another one is tried. */
	function held() {
		const home = temporaryFolder();
		const paths = dataPaths(home);
		mkdirSync(paths.run, { recursive: true });
		const lock = acquireLock(paths.lockFile, join(DIST, 'native'));
		const starts = join(home, 'starts');
		const node = join(home, 'node');
		writeFileSync(node, `#!/bin/sh\necho >>'${starts}'\nexec '${process.execPath}' "$@"\n`, {
			mode: 0o755,
		});
		const ensureWithin = (timeoutMs: number) =>
			ensureDaemon({
				paths,
				distFolder: DIST,
				build: readBuildInfo(DIST),
				execPath: node,
				env: process.env,
				timeoutMs,
			});
		return { home, lock, ensureWithin, starts: () => readFileSync(starts, 'utf8').length };
	}

	test('is waited for without starting one daemon after the other, then its process is named', async () => {
		const { lock, ensureWithin, starts } = held();
		await expect(ensureWithin(8000)).rejects.toThrow(
			new RegExp(`process id ${process.pid} holds .* cannot be reached.*end that process`),
		);
		// After 50 ms, 100, 200 and so on.
		expect(starts()).toBeLessThan(10);
		lock?.release();
	});

	test('is taken over once it is let go', async () => {
		const { home, lock, ensureWithin, starts } = held();
		const starting = ensureWithin(60_000);
		await until(() => existsSync(join(home, 'starts')) && starts() > 1, 'the lock was found held');
		lock?.release();
		const { pid } = await starting;
		onTestFinished(() => void process.kill(pid, 'SIGKILL'));
		expect(daemonsOf(home)).toContain(pid);
	});
});

describe('small files', () => {
	test('that were damaged are made anew or passed over, with a sentence where it matters', async () => {
		const home = temporaryFolder();
		const paths = dataPaths(home);
		mkdirSync(paths.run, { recursive: true });
		writeFileSync(paths.lockFile, 'garbage '.repeat(1000));
		writeFileSync(paths.tokenFile, 'not a token', { mode: 0o644 });
		writeFileSync(paths.stateFile, '{"pid": 1');
		writeFileSync(paths.config, '{"idleExitMs": "soon"}');
		const daemon = await startDaemon({ home });
		const { warnings } = await (await daemon.connect()).request('system/status', {});
		expect(warnings).toEqual([expect.stringMatching(/config\.json is not used.*idleExitMs/s)]);
		expect(readFileSync(paths.tokenFile, 'utf8')).toMatch(/^[0-9a-f]{64}\n$/);
		expect(statSync(paths.tokenFile).mode & 0o777).toBe(0o600);
	});

	test('a token that is good stays, so that clients stay welcome', async () => {
		const daemon = await startDaemon();
		const token = readFileSync(daemon.paths.tokenFile, 'utf8');
		await daemon.kill();
		await daemon.restart();
		expect(readFileSync(daemon.paths.tokenFile, 'utf8')).toBe(token);
	});

	test('a state file that names a stranger is not believed', async () => {
		const daemon = await startDaemon();
		const stale = readFileSync(daemon.paths.stateFile, 'utf8');
		await daemon.kill();
		// As if the pid had been given to somebody else meanwhile: to us.
		writeFileSync(daemon.paths.stateFile, stale.replace(/"pid": \d+/, `"pid": ${process.pid}`));
		await daemon.restart();
		expect(daemon.state.pid).not.toBe(process.pid);
		expect((await (await daemon.connect()).request('system/status', {})).pid).toBe(
			daemon.state.pid,
		);
	});
});

describe('a place for the socket', () => {
	test('is not the runtime folder, which is emptied at the last logout', async () => {
		const runtime = temporaryFolder();
		const daemon = await startDaemon({ env: { XDG_RUNTIME_DIR: runtime } });
		for (const name of readdirSync(runtime)) rmSync(join(runtime, name), { recursive: true });
		expect(await ensure(daemon.home)).toEqual(daemon.state);
		expect(statSync(daemon.state.endpoint).mode & 0o777).toBe(0o600);
	});

	test('that is too long, and no other to be had, is told with a way out', async () => {
		const long = join(temporaryFolder(), 'r'.repeat(120));
		const home = join(long, 'data');
		expect(await refusal(home, { XDG_RUNTIME_DIR: long, TMPDIR: long })).toMatch(
			/^The socket path .* is longer than the 10[37] bytes .* shorter folder\.$/,
		);
		await until(() => daemonsOf(home).length === 0, 'no daemon stays');
	});
});

describe('a Node that is too old', () => {
	/** One whose Node-API is older than the database needs; there is none everywhere. */
	function oldNode(context: TestContext): string {
		const folders = ['/usr/bin', '/usr/local/bin', ...(process.env['PATH'] ?? '').split(':')];
		const found = folders
			.map((folder) => join(folder, 'node'))
			.find((node) => {
				const { status, stdout } = spawnSync(node, ['-p', 'process.versions.napi'], {
					encoding: 'utf8',
				});
				return status === 0 && Number(stdout) < 10;
			});
		if (found === undefined) context.skip('not proved here: there is no Node that old');
		return found ?? '';
	}

	const SENTENCE =
		/^Semantica needs Node 22\.\d+ or newer.*; this is Node [\d.]+\. Install a newer Node/m;

	test('is told so by the daemon and by the command line, without a crash', (context) => {
		const node = oldNode(context);
		const home = temporaryFolder();
		for (const args of [
			['daemon.js'],
			['cli.js', 'status'],
			['cli.js', 'index', home],
			['cli.js'],
		]) {
			const [script = '', ...more] = args;
			const { status, signal, stderr, stdout } = spawnSync(node, [join(DIST, script), ...more], {
				encoding: 'utf8',
				env: { PATH: process.env['PATH'], HOME: home, SEMANTICA_HOME: join(home, 'data') },
			});
			expect({ status, signal, stdout }, args.join(' ')).toEqual({
				status: 1,
				signal: null,
				stdout: '',
			});
			expect(stderr).toMatch(SENTENCE);
			expect(stderr.trim().split('\n')).toHaveLength(1);
		}
	});

	test('is told so to whoever starts a daemon with it', async (context) => {
		const node = oldNode(context);
		const home = temporaryFolder();
		await expect(
			ensureDaemon({
				paths: dataPaths(home),
				distFolder: DIST,
				build: readBuildInfo(DIST),
				execPath: node,
				env: process.env,
				timeoutMs: 60_000,
			}),
		).rejects.toMatchObject({ name: 'SemanticaError', message: expect.stringMatching(SENTENCE) });
	});
});

test('a program that cannot be started at all is named', async () => {
	const home = temporaryFolder();
	const sentence = await ensureDaemon({
		paths: dataPaths(home),
		distFolder: DIST,
		build: readBuildInfo(DIST),
		execPath: join(home, 'no-such-node'),
		env: process.env,
		timeoutMs: 60_000,
	}).then(
		() => 'started',
		(error: Error) => error.message,
	);
	expect(sentence).toMatch(/could not start its daemon with .*no-such-node/);
	await until(() => daemonsOf(home).length === 0, 'no daemon stays');
});

/** As in the moment between fork and exec: what listened has been killed, and its child has the socket. Resolves with that. */
function heldSocket(endpoint: string): number {
	rmSync(endpoint);
	const program = `
		const server = require('node:net').createServer().listen(${JSON.stringify(endpoint)}, () => {
			const stdio = ['ignore', 'ignore', 'ignore', server._handle.fd];
			const child = require('node:child_process').spawn('sleep', ['100'], { stdio, detached: true });
			require('node:fs').writeSync(1, String(child.pid));
			process.kill(process.pid, 'SIGKILL');
		});`;
	const { stdout } = spawnSync(process.execPath, ['-e', program], { encoding: 'utf8' });
	return Number(stdout);
}

/** Those that nobody has taken yet. */
function connectionsTo(endpoint: string): number {
	const lines = readFileSync('/proc/net/unix', 'utf8').split('\n');
	return lines.filter((line) => line.endsWith(` ${endpoint}`)).length - 1;
}
