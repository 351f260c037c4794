/** Builds that cannot work together: another protocol, a newer schema, a damaged copy, a Node that is gone. */
import { execFileSync } from 'node:child_process';
import {
	appendFileSync,
	copyFileSync,
	linkSync,
	mkdirSync,
	readFileSync,
	rmSync,
	statSync,
	writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { Client, ConnectOptions } from '../../../sdk/api.ts';
import { stageBuild } from '../../../shared/client/builds.ts';
import { connectOver, type DaemonConnection } from '../../../shared/client/connection.ts';
import { openSocket, readStateFile, readToken } from '../../../shared/client/endpoint.ts';
import { isOutdated } from '../../../shared/outdated.ts';
import { dataPaths } from '../../../shared/paths.ts';
import type { Result } from '../../../shared/protocol/requests.ts';
import { PROTOCOL_VERSION } from '../../../shared/protocol/version.ts';
import {
	buildAs,
	copyOf,
	rebuiltWith,
	runningBuild,
	type TestBuild,
} from '../../support/builds.ts';
import { DIST, gone, readWholeLog, temporaryFolder } from '../../support/daemon.ts';
import { commandLineOf, until } from '../../support/processes.ts';
import { type Cli, createCli } from '../cli/cli.ts';
import { reached, window } from '../extension/window.ts';

const current = buildAs('9.9.0');
const foreign = buildAs('9.10.0', { protocol: PROTOCOL_VERSION + 1 });
const further = rebuiltWith(
	buildAs('9.11.0'),
	'migrations/999_later.sql',
	'CREATE TABLE later (id INTEGER) STRICT;',
);

const newHome = () => join(temporaryFolder(), 'home');
const cliOf = ({ dist }: TestBuild, home: string): Cli => createCli({ dist, home });
const windowOf = ({ dist }: TestBuild, home: string) => window(home, { distFolder: dist }).link;
const pidOf = (home: string): number => runningBuild(home)?.pid ?? 0;
const versionOf = (home: string) => runningBuild(home)?.version;

/** A program with the SDK of that build. */
async function programOf({ dist }: TestBuild, home: string): Promise<Client> {
	const { connect } = (await import(pathToFileURL(join(dist, 'client.mjs')).href)) as {
		readonly connect: (options: ConnectOptions) => Promise<Client>;
	};
	const client = await connect({ home });
	onTestFinished(() => client.close());
	return client;
}

/** A job that ends when its gate is open. */
async function gated(cli: Cli) {
	const gate = join(cli.home, 'gate');
	const line = `echo begun; until [ -e '${gate}' ]; do sleep 0.02; done`;
	const { stdout } = await cli.run(['run', '--', '/bin/sh', '-c', line]);
	await cli.start(['logs', '-f', stdout.trim()]).saw('begun');
	return { id: stdout.trim(), open: () => writeFileSync(gate, '') };
}

describe('a daemon of a newer protocol', () => {
	test('is left alone by older clients, which say what to do', async () => {
		const home = newHome();
		await cliOf(foreign, home).run(['daemon', 'start']);
		const pid = pidOf(home);
		const sentence =
			'The Semantica daemon is version 9.10.0 and speaks a newer protocol than this version 9.9.0. Update Semantica.\n';
		const old = cliOf(current, home);
		for (const args of [['list'], ['status'], ['index', home], ['run', '--', 'true']]) {
			expect(await old.run(args), args.join(' ')).toEqual({
				code: 1,
				stdout: '',
				stderr: sentence,
			});
		}
		expect(JSON.parse((await old.run(['list', '--json'])).stderr).error).toMatchObject({
			code: 5002,
			data: { kind: 'SYSTEM', outdated: true },
		});
		await expect(programOf(current, home)).rejects.toThrow(sentence.trim());
		const link = windowOf(current, home);
		const error = await link.request('queue/list', {}).catch((error: unknown) => error);
		expect(String(error)).toContain('9.10.0 and speaks a newer protocol');
		expect(isOutdated(error)).toBe(true);
		expect(link.state.kind).toBe('outdated');
		expect(pidOf(home)).toBe(pid);
		// What every build understands, every build may ask.
		expect((await old.run(['daemon', 'stop'])).code).toBe(0);
	});

	test('that takes over puts the older windows into a state of their own', async () => {
		const home = newHome();
		const link = windowOf(current, home);
		await link.request('queue/list', {});
		const outdated = reached(link, 'outdated');
		expect((await cliOf(foreign, home).run(['run', '--wait', '--', 'true'])).code).toBe(0);
		expect(await outdated).toMatchObject({ error: { data: { outdated: true } } });
		expect(versionOf(home)).toBe('9.10.0');
	});
});

describe('a daemon of an older protocol', () => {
	test('in which nothing runs makes way at once', async () => {
		const home = newHome();
		await cliOf(current, home).run(['daemon', 'start']);
		expect((await cliOf(foreign, home).run(['run', '--wait', '--', 'true'])).code).toBe(0);
		expect(versionOf(home)).toBe('9.10.0');
	});

	test('finishes what runs; newer clients say so, and what hastens it', async () => {
		const home = newHome();
		const running = await gated(cliOf(current, home));
		const first = pidOf(home);
		const young = cliOf(foreign, home);
		const asked = await young.run(['run', '--', 'true']);
		expect(asked.code).toBe(1);
		expect(asked.stderr).toMatch(
			/version 9\.9\.0 and speaks an older protocol than this version 9\.10\.0\. It makes way when.*semantica daemon restart/,
		);
		await expect(programOf(foreign, home)).rejects.toThrow(
			/\(9\.9\.0\) is older than this client \(9\.10\.0\) and speaks another protocol/,
		);
		running.open();
		await gone(first);
		await until(() => versionOf(home) === '9.10.0', 'the newer one runs');
		const shown = await young.json<Result<'job/get'>>(['show', running.id]);
		expect(shown.job.state).toBe('succeeded');
	});
});

test('a database that a newer build has changed: older clients say so and leave it alone', async () => {
	const home = newHome();
	await cliOf(further, home).run(['daemon', 'start']);
	await cliOf(further, home).run(['daemon', 'stop']);
	// As where the newer build was removed.
	rmSync(join(home, 'bin'), { recursive: true });
	const sentence =
		/jobs\.db was written by a newer Semantica \(schema \d+; this one knows \d+\)\. Update Semantica/;
	const { code, stderr } = await cliOf(current, home).run(['run', '--', 'true']);
	expect(code).toBe(1);
	expect(stderr).toMatch(sentence);
	const link = windowOf(current, home);
	await expect(link.request('queue/list', {})).rejects.toThrow(sentence);
	expect(link.state.kind).toBe('outdated');
	// Once the newer one is there again, the older client starts it.
	await cliOf(further, home).run(['daemon', 'start']);
	await cliOf(further, home).run(['daemon', 'stop']);
	expect((await cliOf(current, home).run(['run', '--wait', '--', 'true'])).code).toBe(0);
	expect(versionOf(home)).toBe('9.11.0');
});

describe('a damaged copy under bin/', () => {
	const staged = (home: string, { info }: TestBuild, file: string) =>
		join(home, 'bin', info.buildId, file);

	async function ready(): Promise<{ home: string; cli: Cli }> {
		const home = newHome();
		const cli = cliOf(current, home);
		await cli.run(['daemon', 'start']);
		await cli.run(['daemon', 'stop']);
		return { home, cli };
	}

	test.each<[string, (file: string) => void]>([
		['cut short', (file) => writeFileSync(file, 'cut short')],
		['missing', (file) => rmSync(file)],
		['changed in place', (file) => writeFileSync(file, 'x'.repeat(statSync(file).size))],
	])('%s is made anew', async (_, damage) => {
		const { home, cli } = await ready();
		const file = staged(home, current, 'daemon.js');
		damage(file);
		expect((await cli.run(['run', '--wait', '--', 'true'])).code).toBe(0);
		expect(readFileSync(file, 'utf8')).toBe(readFileSync(join(current.dist, 'daemon.js'), 'utf8'));
	});

	test('of a newer build does not keep an older one from working', async () => {
		const { home, cli } = await ready();
		await cliOf(foreign, home).run(['daemon', 'start']);
		await cliOf(foreign, home).run(['daemon', 'stop']);
		writeFileSync(staged(home, foreign, 'daemon.js'), 'x');
		expect((await cli.run(['run', '--wait', '--', 'true'])).code).toBe(0);
		expect(versionOf(home)).toBe('9.9.0');
	});

	test('whose original is damaged too is told in one sentence', async () => {
		const home = newHome();
		const broken = copyOf(current);
		appendFileSync(join(broken.dist, 'searcher.js'), '//');
		const { code, stderr } = await cliOf(broken, home).run(['run', '--', 'true']);
		expect(code).toBe(1);
		expect(stderr).toMatch(
			/^Semantica's installation is damaged: .*searcher\.js is not what was built\. Reinstall.*\.\n$/,
		);
	});

	test('a build that cannot start is told with its reason, in one sentence without a stack', async () => {
		const home = newHome();
		const broken = rebuiltWith(
			copyOf(current),
			'daemon.js',
			'throw new TypeError("no such luck");',
		);
		const { code, stderr } = await cliOf(broken, home).run(['run', '--', 'true']);
		expect(code).toBe(1);
		const log = join(home, 'daemon.log').replaceAll('.', '\\.');
		expect(stderr).toMatch(
			new RegExp(`^The Semantica daemon ended while starting: no such luck\\. See ${log}\\.\n$`),
		);
	});
});

test('a newer build that cannot start is named, with the way back', async () => {
	const home = newHome();
	const broken = rebuiltWith(copyOf(further), 'daemon.js', 'throw new Error("no such luck");');
	const cli = cliOf(current, home);
	const { folder } = await stageBuild({
		paths: dataPaths(home),
		distFolder: broken.dist,
		build: broken.info,
	});
	const { code, stderr } = await cli.run(['run', '--', 'true']);
	expect(code).toBe(1);
	expect(stderr).toContain('ended while starting: no such luck.');
	expect(stderr).toContain(
		`It is version 9.11.0, brought by a newer Semantica; to go back, remove ${folder}.`,
	);
	rmSync(folder, { recursive: true });
	expect((await cli.run(['run', '--wait', '--', 'true'])).code).toBe(0);
});

test('a newer client that cannot bring its build works with the older daemon, and says why', async () => {
	const home = newHome();
	await cliOf(current, home).run(['daemon', 'start']);
	const broken = copyOf(further);
	appendFileSync(join(broken.dist, 'searcher.js'), '//');
	const { code, stderr } = await cliOf(broken, home).run(['run', '--wait', '--', 'true']);
	expect(code).toBe(0);
	expect(stderr).toMatch(
		/^The daemon stays at version 9\.9\.0\. Semantica's installation is damaged/,
	);
	expect(versionOf(home)).toBe('9.9.0');
});

describe('the Node that the daemon runs on is removed', () => {
	/** A daemon that was started with a Node of its own, which is gone by now. */
	async function orphaned() {
		const home = newHome();
		const node = join(temporaryFolder(), 'node');
		link(process.execPath, node);
		mkdirSync(home, { recursive: true });
		execFileSync(node, [join(DIST, 'cli.js'), 'daemon', 'start'], {
			env: { ...process.env, SEMANTICA_HOME: home },
		});
		const pid = pidOf(home);
		onTestFinished(() => {
			try {
				process.kill(pid, 'SIGKILL');
			} catch {
				// It has left.
			}
		});
		expect(commandLineOf(pid)).toContain(node);
		// With its folder, as where a version is uninstalled.
		rmSync(dirname(node), { recursive: true });
		return { home, node, pid };
	}

	test('index jobs and maintenance go on, and doctor says what is the matter', async () => {
		const { home, node, pid } = await orphaned();
		const cli = createCli({ home });
		const project = temporaryFolder();
		writeFileSync(join(project, 'a.txt'), 'quokka');
		execFileSync('git', ['-C', project, 'init', '--quiet']);
		const connection = await strangerTo(home);
		const { jobs } = await connection.request('job/enqueue', {
			jobs: [{ type: 'index.workspace', workspace: `file://${project}` }],
		});
		const id = jobs[0]?.id ?? '';
		const state = async () => (await connection.request('job/get', { id })).job.state;
		while (['queued', 'running'].includes(await state()));
		expect(await state()).toBe('succeeded');
		// What it starts in turn finds its place too.
		expect(await readWholeLog(connection, id)).not.toContain('git');
		connection.dispose();
		const doctor = (await cli.run(['doctor'])).stdout.replaceAll(/\s+/g, ' ');
		expect(doctor).toContain(
			`Node: The Node that the daemon was started with, ${node}, has been removed.`,
		);
		expect(doctor).toContain('semantica daemon restart');
		expect(doctor).toContain('jobs.db is sound');
		expect(pidOf(home)).toBe(pid);
	});

	test('who next needs the daemon has it make way for one that runs on another Node', async () => {
		const { home, pid } = await orphaned();
		const cli = createCli({ home });
		expect((await cli.run(['run', '--wait', '--', 'true'])).code).toBe(0);
		await gone(pid);
		expect(pidOf(home)).not.toBe(pid);
		expect(commandLineOf(pidOf(home))).toContain(process.execPath);
	});
});

/** A client that says nothing of its own Node. */
async function strangerTo(home: string): Promise<DaemonConnection> {
	const paths = dataPaths(home);
	const { endpoint = '' } = (await readStateFile(paths)) ?? {};
	const token = await readToken(paths);
	return connectOver(await openSocket(endpoint), { token, client: 'test', version: '0' });
}

function link(from: string, to: string): void {
	try {
		linkSync(from, to);
	} catch {
		// Another file system.
		copyFileSync(from, to);
	}
}
