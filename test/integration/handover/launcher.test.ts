/** bin/semantica: one path that stays, whatever build and Node are there. */
import { execFile } from 'node:child_process';
import {
	existsSync,
	mkdirSync,
	readdirSync,
	readFileSync,
	rmSync,
	symlinkSync,
	writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { readBuildInfo } from '../../../shared/build.ts';
import { removeOldBuilds, stageBuild } from '../../../shared/client/builds.ts';
import { launcherPath } from '../../../shared/client/launcher.ts';
import { dataPaths } from '../../../shared/paths.ts';
import { DIST, temporaryFolder } from '../../support/daemon.ts';

interface Said {
	readonly code: number;
	readonly out: string;
}

/** A data folder with a quote in its name, a build in it, and what its launcher says. */
async function withLauncher() {
	const home = join(temporaryFolder(), "it's here");
	mkdirSync(home, { mode: 0o700 });
	const paths = dataPaths(home);
	const build = readBuildInfo(DIST);
	await stageBuild({ paths, distFolder: DIST, build });
	const run = (args: string[], env: Record<string, string> = {}): Promise<Said> =>
		new Promise((resolve) => {
			const options = { env: { HOME: home, PATH: '/usr/bin:/bin', ...env } };
			execFile(launcherPath(paths), args, options, (error, stdout, stderr) => {
				const code = typeof error?.code === 'number' ? error.code : 0;
				resolve({ code, out: stdout + stderr });
			});
		});
	return { paths, build, run };
}

const remembered = (bin: string) => readFileSync(join(bin, 'semantica.node'), 'utf8').trim();

describe.skipIf(process.platform === 'win32')('the launcher', () => {
	test('runs the newest build on the Node that installed it, for the folder it stands in', async () => {
		const { paths, build, run } = await withLauncher();
		expect(await run(['--version'])).toEqual({ code: 0, out: `${build.version}\n` });
		expect((await run(['--help'])).out.replace(/\s+/g, ' ')).toContain(
			`Data folder: ${paths.home}`,
		);
		expect((await run(['list'])).code).toBe(3);
		// What it prints from files has come along with it.
		const rules = join(import.meta.dirname, '../../../media/monitoring/rules.yml');
		expect((await run(['metrics', '--rules'])).out).toBe(readFileSync(rules, 'utf8'));
		expect(remembered(paths.bin)).toBe(process.execPath);
		const link = join(paths.home, 'link');
		symlinkSync(launcherPath(paths), link);
		const other = await run(['--help'], { SEMANTICA_HOME: '/elsewhere' });
		expect(other.out.replace(/\s+/g, ' ')).toContain('Data folder: /elsewhere');
	});

	test('looks for another Node when its own is gone, and remembers that', async () => {
		const { paths, build, run } = await withLauncher();
		const folder = join(paths.home, 'nodes');
		mkdirSync(folder);
		symlinkSync(process.execPath, join(folder, 'node'));
		writeFileSync(join(paths.bin, 'semantica.node'), '/nowhere/node\n');
		const out = `${build.version}\n`;
		expect(await run(['--version'], { PATH: `${folder}:/usr/bin:/bin` })).toEqual({ code: 0, out });
		expect(remembered(paths.bin)).toBe(join(folder, 'node'));
		expect(await run(['--version'])).toEqual({ code: 0, out });
	});

	test('takes no Node that is too old', async () => {
		const { paths, run } = await withLauncher();
		const folder = join(paths.home, 'nodes');
		mkdirSync(folder);
		writeFileSync(join(folder, 'node'), '#!/bin/sh\n[ "$1" != -e ]\n', { mode: 0o755 });
		writeFileSync(join(paths.bin, 'semantica.node'), '/nowhere/node\n');
		const { out } = await run(['--version'], { PATH: `${folder}:/usr/bin:/bin` });
		// What else is on this machine may do.
		expect(remembered(paths.bin)).not.toBe(join(folder, 'node'));
		expect(out).not.toBe('');
	});

	test('takes what build is left when the one it was told is gone', async () => {
		const { paths, build, run } = await withLauncher();
		writeFileSync(join(paths.bin, 'semantica.build'), 'gone\n');
		expect((await run(['--version'])).out).toBe(`${build.version}\n`);
		rmSync(join(paths.bin, build.buildId), { recursive: true });
		const { code, out } = await run(['--version']);
		expect([code, out]).toEqual([1, expect.stringContaining('no build left')]);
	});

	test('is not taken back by an older build', async () => {
		const { paths, build } = await withLauncher();
		const older = { ...build, builtAt: build.builtAt - 1, buildId: `${build.version}-older` };
		await stageBuild({ paths, distFolder: DIST, build: older });
		const named = () => readFileSync(join(paths.bin, 'semantica.build'), 'utf8').trim();
		expect(named()).toBe(build.buildId);
		const newer = { ...build, builtAt: build.builtAt + 1, buildId: `${build.version}-newer` };
		await stageBuild({ paths, distFolder: DIST, build: newer });
		expect(named()).toBe(newer.buildId);
	});
});

test('a build from which somebody serves an AI tool is not removed', async () => {
	const { paths, build } = await withLauncher();
	const folder = join(paths.bin, build.buildId);
	const server = execFile(launcherPath(paths), ['mcp'], { env: { HOME: paths.home } });
	onTestFinished(() => void server.kill('SIGKILL'));
	const user = join(folder, 'users', String(server.pid));
	await expect.poll(() => existsSync(user), { timeout: 20_000 }).toBe(true);
	const newer = { ...build, builtAt: build.builtAt + 1, buildId: 'newer' };
	await removeOldBuilds(paths, newer);
	expect(existsSync(join(folder, 'mcpServer.js'))).toBe(true);
	server.stdin?.end();
	await expect.poll(() => existsSync(user), { timeout: 20_000 }).toBe(false);
	await removeOldBuilds(paths, newer);
	expect(existsSync(folder)).toBe(false);
});

test('a build of which cannot be told whether it is old and unused is not removed, and ends nothing', async () => {
	const paths = dataPaths(temporaryFolder());
	const copy = (name: string) => join(paths.bin, name);
	// Folders where files belong and the other way round: as little to be read as without a descriptor left.
	mkdirSync(join(copy('age-unknown'), 'build.json'), { recursive: true });
	mkdirSync(copy('use-unknown'));
	writeFileSync(join(copy('use-unknown'), 'users'), '');
	mkdirSync(join(copy('unused'), 'users', 'folder'), { recursive: true });
	await removeOldBuilds(paths, { buildId: 'running', builtAt: 1, version: '1.0.0' });
	expect(readdirSync(paths.bin).sort()).toEqual(['age-unknown', 'use-unknown']);
});
