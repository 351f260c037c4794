/** Places that somebody else made, or that are not Semantica's: nothing is read, run, written or told there. */
import {
	chmodSync,
	chownSync,
	cpSync,
	existsSync,
	lchownSync,
	lstatSync,
	mkdirSync,
	readdirSync,
	readFileSync,
	rmSync,
	statSync,
	symlinkSync,
	writeFileSync,
} from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { dirname, join } from 'node:path';
import Database from 'better-sqlite3';
import { type ExecaError, execa } from 'execa';
import { describe, expect, onTestFinished, test } from 'vitest';
import { readBuildInfo } from '../../../shared/build.ts';
import { ConnectionClosed, connectOver } from '../../../shared/client/connection.ts';
import { readToken } from '../../../shared/client/endpoint.ts';
import { findDaemon } from '../../../shared/client/launch.ts';
import { reachDaemon } from '../../../shared/client/reach.ts';
import { dataPaths } from '../../../shared/paths.ts';
import { proofOf } from '../../../shared/proof.ts';
import type { StateFile } from '../../../shared/protocol/requests.ts';
import { DIST, startDaemon, temporaryFolder } from '../../support/daemon.ts';
import { asStranger, give, needStrangers, STRANGER, strangersFolder } from '../../support/users.ts';
import { createCli } from '../cli/cli.ts';
import { refusal } from './launching.ts';

const mode = (path: string) => statSync(path).mode & 0o7777;

describe('a folder that a person made', () => {
	test.each([
		['0700', 0o700],
		['0755', 0o755],
	] as const)(
		'with mode %s, empty: is used as it is, and what comes into it is private',
		async (_, bits) => {
			const home = join(temporaryFolder(), 'data');
			mkdirSync(home);
			chmodSync(home, bits);
			const daemon = await startDaemon({ home });
			await (await daemon.connect()).request('system/maintain', { vacuum: true });
			expect(mode(home)).toBe(bits);
			for (const name of readdirSync(home)) {
				expect(mode(join(home, name)) & 0o077, name).toBe(0);
			}
		},
	);

	test.each([
		['1777', 0o1777],
		['0777', 0o777],
		['0775', 0o775],
	] as const)(
		'with mode %s: others may write in it, so it is refused and stays as it was',
		async (_, bits) => {
			const home = join(temporaryFolder(), 'shared');
			mkdirSync(home);
			chmodSync(home, bits);
			expect(await refusal(home)).toMatch(/Other users may write in .*chmod go-w/);
			expect(mode(home)).toBe(bits);
			expect(readdirSync(home)).toEqual([]);
		},
	);

	test('that holds other things is refused by launcher and daemon, and stays as it was', async () => {
		const home = join(temporaryFolder(), 'project');
		mkdirSync(join(home, 'bin'), { recursive: true });
		writeFileSync(join(home, 'notes.txt'), 'mine');
		chmodSync(home, 0o755);
		const sentence =
			/project holds other things \(notes\.txt\) and is no data folder .* SEMANTICA_HOME\.$/m;
		expect(await refusal(home)).toMatch(sentence);
		const byHand = await execa(process.execPath, [join(DIST, 'daemon.js')], {
			env: { SEMANTICA_HOME: home },
			reject: false,
		});
		expect(byHand).toMatchObject({ exitCode: 1, stderr: expect.stringMatching(sentence) });
		expect(readdirSync(home).sort()).toEqual(['bin', 'notes.txt']);
		expect(readdirSync(join(home, 'bin'))).toEqual([]);
		expect(mode(home)).toBe(0o755);
	});

	test('in which a daemon has been is a data folder, whatever else came into it', async () => {
		const daemon = await startDaemon();
		writeFileSync(join(daemon.home, 'notes.txt'), 'mine');
		await daemon.kill();
		await daemon.restart();
		expect(await findDaemon(daemon.paths)).toEqual(daemon.state);
	});

	test('that is a link to a folder of theirs is used', async () => {
		const target = temporaryFolder();
		const home = join(temporaryFolder(), 'link');
		symlinkSync(target, home);
		const daemon = await startDaemon({ home });
		expect((await (await daemon.connect()).request('system/status', {})).home).toBe(home);
		expect(lstatSync(home).isSymbolicLink()).toBe(true);
	});

	test.each([
		['one with tables of the same name', 'CREATE TABLE jobs (x); PRAGMA user_version = 4'],
		['one without a version', 'CREATE TABLE notes (x)'],
		['one without tables', 'PRAGMA user_version = 3'],
	])('that holds a jobs.db of another program, %s: it is told, and not changed', async (_, sql) => {
		const home = temporaryFolder();
		const { database } = dataPaths(home);
		const db = new Database(database);
		db.exec(sql);
		db.close();
		const before = readFileSync(database);
		expect(await refusal(home)).toMatch(
			/jobs\.db is the database of another program .*Move it away/,
		);
		expect(readFileSync(database)).toEqual(before);
	});
});

describe('a data folder whose place somebody else could give to another one', () => {
	const RENAME = /Other users may rename what is in .*open, and so put another folder/;

	test('below one that others may write to is refused, unless only owners may rename in it', async () => {
		const open = join(temporaryFolder(), 'open');
		mkdirSync(join(open, 'deep'), { recursive: true });
		for (const home of [join(open, 'data'), join(open, 'deep', 'data')]) {
			chmodSync(open, 0o777);
			expect(await refusal(home)).toMatch(RENAME);
			expect(existsSync(home)).toBe(false);
			chmodSync(open, 0o1777);
			await startDaemon({ home });
		}
		chmodSync(open, 0o777);
		expect(await refusal(join(open, 'data'))).toMatch(RENAME);
	});

	test('of a group counts where it is not only ours', async (context) => {
		needStrangers(context);
		const open = join(temporaryFolder(), 'open');
		mkdirSync(open);
		chmodSync(open, 0o775);
		await startDaemon({ home: join(open, 'data') });
		chownSync(open, 0, STRANGER);
		expect(await refusal(join(open, 'data'))).toMatch(RENAME);
	});

	test('as its owner, or the owner of a link on the way', async (context) => {
		needStrangers(context);
		const theirs = strangersFolder(join(temporaryFolder(), 'theirs'), 0o755);
		const home = join(theirs, 'data');
		mkdirSync(home, { mode: 0o700 });
		const whose = new RegExp(
			`^The user with uid ${STRANGER} may put another folder in the place of`,
		);
		expect(await refusal(home)).toMatch(whose);
		const shared = join(temporaryFolder(), 'shared');
		mkdirSync(shared);
		chmodSync(shared, 0o1777);
		symlinkSync(temporaryFolder(), join(shared, 'link'));
		await startDaemon({ home: join(shared, 'link') });
		lchownSync(join(shared, 'link'), STRANGER, STRANGER);
		expect(await refusal(join(shared, 'link'))).toMatch(whose);
	});
});

describe('a folder of another user', () => {
	test('is refused before anything is written, naming the owner', async (context) => {
		needStrangers(context);
		const home = strangersFolder(join(temporaryFolder(), 'theirs'), 0o755);
		const sentence = new RegExp(`belongs to the user with uid ${STRANGER}, and this is root`);
		expect(await refusal(home)).toMatch(sentence);
		const cli = createCli();
		for (const args of [['status'], ['list'], ['run', '--', 'true'], ['daemon', 'stop']]) {
			const { code, stderr } = await cli.run(args, { env: { SEMANTICA_HOME: home } });
			expect(code, args.join(' ')).toBe(1);
			expect(stderr).toMatch(sentence);
		}
		const byHand = await execa(process.execPath, [join(DIST, 'daemon.js')], {
			env: { SEMANTICA_HOME: home },
			reject: false,
		});
		expect(byHand.stderr).toMatch(sentence);
		expect(readdirSync(home)).toEqual([]);
	});

	test('is refused around a data folder that root would make', async (context) => {
		needStrangers(context);
		const theirs = strangersFolder(join(temporaryFolder(), 'theirs'), 0o755);
		const sentence = await refusal(join(theirs, 'deep', '.semantica'));
		expect(sentence).toMatch(/would be made in .*theirs, which belongs to the user with uid/);
		expect(readdirSync(theirs)).toEqual([]);
	});

	test('named as runtime folder, as sudo leaves it: root puts nothing there', async (context) => {
		needStrangers(context);
		const runtime = strangersFolder(join(temporaryFolder(), 'runtime'));
		const own = temporaryFolder();
		const home = join(own, 'x'.repeat(100));
		const daemon = await startDaemon({ home, env: { XDG_RUNTIME_DIR: runtime, TMPDIR: own } });
		expect(daemon.state.endpoint.startsWith(own)).toBe(true);
		expect(readdirSync(runtime)).toEqual([]);
	});

	test('with a daemon prepared in it: that is not run', async (context) => {
		needStrangers(context);
		for (const part of ['home', 'bin', 'build'] as const) {
			const home = temporaryFolder();
			const paths = dataPaths(home);
			const { buildId, daemonFiles } = readBuildInfo(DIST);
			const build = join(paths.bin, buildId);
			cpSync(DIST, build, { recursive: true });
			const ran = join(temporaryFolder(), 'ran');
			const program = `require('fs').writeFileSync('${ran}', '');//`;
			// As long as ours: one that is not whole is replaced.
			const size = daemonFiles.find(({ path }) => path === 'daemon.js')?.size ?? 0;
			writeFileSync(join(build, 'daemon.js'), program.padEnd(size, ' '));
			give({ home, bin: paths.bin, build }[part]);
			expect(await refusal(home), part).toMatch(/belongs to the user with uid/);
			expect(existsSync(ran), part).toBe(false);
		}
	});

	test('with a daemon in it that answers: it is not connected to', async (context) => {
		needStrangers(context);
		const daemon = await startDaemon();
		give(daemon.home);
		await expect(findDaemon(daemon.paths)).rejects.toThrow(/belongs to the user with uid/);
		await daemon.kill();
	});
});

test('a user without an entry in passwd has a daemon', async (context) => {
	needStrangers(context);
	const home = strangersFolder(join(temporaryFolder(), 'home'));
	chmodSync(dirname(home), 0o755);
	const run = (env: Record<string, string>, ...args: string[]) => {
		const [file, all] = asStranger(process.execPath, join(DIST, 'cli.js'), ...args);
		const path = process.env['PATH'] ?? '';
		return execa(file, all, { cwd: '/', extendEnv: false, env: { PATH: path, ...env } });
	};
	for (const env of [
		{ HOME: home },
		{ SEMANTICA_HOME: join(home, 'x'.repeat(100)), TMPDIR: home },
	]) {
		const { all } = await run(env, 'run', '--wait', '--', 'sh', '-c', 'echo "uid $(id -u)"').then(
			({ stdout, stderr }) => ({ all: stdout + stderr }),
		);
		expect(all).toContain(`uid ${STRANGER}`);
		const doctor = await run(env, 'doctor').catch((failed: ExecaError) => failed);
		expect(doctor.stdout).toContain('Every job runs in a process group of its own');
		await run(env, 'daemon', 'stop');
	}
});

describe('a socket outside the data folder', () => {
	/** A daemon whose socket has no room in its data folder. */
	async function startAway() {
		const runtime = temporaryFolder();
		const home = join(temporaryFolder(), 'x'.repeat(100));
		const daemon = await startDaemon({ home, env: { XDG_RUNTIME_DIR: runtime } });
		return { daemon, runtime, socketFolder: dirname(daemon.state.endpoint) };
	}

	/** Listens in the daemon's place and keeps what it is told. */
	async function impostor(endpoint: string, answer: (socket: Socket, nonce: string) => void) {
		let told = '';
		let met = 0;
		rmSync(endpoint, { force: true });
		const server = createServer((socket) => {
			met++;
			socket.on('error', () => {});
			socket.on('data', (chunk) => {
				told += chunk.toString('latin1');
				const nonce = /"nonce":"([0-9a-f]+)"/.exec(told)?.[1];
				if (nonce !== undefined) answer(socket, nonce);
			});
		});
		await new Promise<void>((resolve) => server.listen(endpoint, resolve));
		onTestFinished(() => void server.close());
		return { told: () => told, met: () => met };
	}

	test('proves itself before it is told the token, and speaks over the same connection then', async () => {
		const { daemon } = await startAway();
		expect(daemon.state.proves).toBe(true);
		const { socket, token } = await reachDaemon(daemon.paths, daemon.state);
		const connection = await connectOver(socket, { token, client: 'test', version: '0' });
		onTestFinished(() => connection.dispose());
		expect((await connection.request('system/status', {})).pid).toBe(daemon.state.pid);
	});

	test('in a folder that was made anew by somebody else is not connected to', async (context) => {
		needStrangers(context);
		const { daemon, socketFolder } = await startAway();
		await daemon.kill();
		rmSync(socketFolder, { recursive: true });
		strangersFolder(socketFolder, 0o777);
		const server = await impostor(daemon.state.endpoint, () => {});
		expect(await findDaemon(daemon.paths)).toBeUndefined();
		await expect(reachDaemon(daemon.paths, daemon.state)).rejects.toThrow(/was told nothing/);
		const { code } = await createCli().run(['status'], { env: { SEMANTICA_HOME: daemon.home } });
		expect(code).toBe(3);
		expect(server.met()).toBe(0);
	});

	const frame = (result: object) => {
		const text = JSON.stringify({ jsonrpc: '2.0', id: 0, ...result });
		return `Content-Length: ${Buffer.byteLength(text)}\r\n\r\n${text}`;
	};
	const guess = (endpoint: string, nonce: string) =>
		frame({ result: { proof: proofOf('f'.repeat(64), endpoint, nonce) } });
	const ANSWERS: [string, (endpoint: string, nonce: string, token: string) => string][] = [
		['a wrong proof', guess],
		[
			'the proof of a daemon that listens elsewhere',
			(_, nonce, token) => frame({ result: { proof: proofOf(token, '/elsewhere', nonce) } }),
		],
		['no proof', () => frame({ result: { proof: null } })],
		['that it is older', () => frame({ error: { code: -32002, message: 'initialize first' } })],
		['nonsense', () => 'HTTP/1.1 200 OK\r\n\r\n'],
		['null', () => 'Content-Length: 4\r\n\r\nnull'],
		['without end', () => 'x'.repeat(10_000)],
	];

	/** A data folder that names a daemon elsewhere. */
	function found() {
		const paths = dataPaths(temporaryFolder());
		const token = 'a'.repeat(64);
		mkdirSync(paths.run);
		writeFileSync(paths.tokenFile, `${token}\n`);
		const state: StateFile = {
			pid: 1,
			endpoint: join(temporaryFolder(), 's'),
			protocol: 1,
			version: '0',
			buildId: 'b',
			builtAt: 0,
			instance: 'i',
			startedAt: 0,
			proves: true,
		};
		return { paths, state, token };
	}

	test('a daemon that dies before it has proven itself is no stranger, but gone', async () => {
		const { paths, state } = found();
		const server = await impostor(state.endpoint, (socket) => socket.destroy());
		await expect(reachDaemon(paths, state)).rejects.toBeInstanceOf(ConnectionClosed);
		expect(server.told()).not.toContain('initialize');
	});

	test.each(ANSWERS)('whoever answers %s is told nothing', async (_, answer) => {
		const { paths, state, token } = found();
		const { endpoint } = state;
		const server = await impostor(endpoint, (socket, nonce) =>
			socket.write(answer(endpoint, nonce, token)),
		);
		await expect(reachDaemon(paths, state)).rejects.toMatchObject({
			kind: 'UNAUTHORIZED',
			message: expect.stringMatching(/is not the Semantica daemon of this data folder/),
		});
		expect(server.told()).toMatch(/system\/prove/);
		expect(server.told()).not.toContain(await readToken(paths));
		expect(server.told()).not.toContain('initialize');
	});
});
