import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Result } from '../../../shared/protocol/requests.ts';
import { temporaryFolder } from '../../support/daemon.ts';
import { createCli } from './cli.ts';

type Found = Result<'index/search'>;

function folderWith(files: Readonly<Record<string, string | Buffer>>): string {
	const folder = temporaryFolder();
	for (const [path, content] of Object.entries(files)) {
		mkdirSync(join(folder, path, '..'), { recursive: true });
		writeFileSync(join(folder, path), content);
	}
	return folder;
}

describe('index and search', () => {
	it('index a folder and find what is in it', async () => {
		const cli = createCli();
		const folder = folderWith({
			'src/net/open.ts': 'const a = 1;\nexport function openSocketQuietly() {}\n',
			'src/other.ts': 'nothing of interest',
			'image.bin': Buffer.from([0, 1, 2, 0]),
		});
		const indexed = await cli.run(['index', folder, '--wait']);
		expect([indexed.code, indexed.stderr]).toEqual([0, '']);
		expect(indexed.stdout).toMatch(
			/^job [0-9a-f-]{36}\n(.*\n)*succeeded .*\n {2}2 files · .*\n {2}skipped 1 file: 1 binary\n$/,
		);

		const found = await cli.run(['search', 'socket', 'quietly'], { cwd: join(folder, 'src') });
		expect([found.code, found.stderr]).toEqual([0, '']);
		expect(found.stdout).toMatch(/^net\/open\.ts:2:\d+:.*openSocketQuietly/);
		const { hits } = await cli.json<Found>(['search', 'socket', '--folder', folder]);
		expect(hits).toMatchObject([{ path: 'src/net/open.ts', line: 2 }]);

		const status = await cli.run(['index', 'status', '--skipped'], { cwd: join(folder, 'src') });
		expect([status.code, status.stderr]).toEqual([0, '']);
		expect(status.stdout).toMatch(
			/^\/.*\n {2}files {5}2, \d+ bytes of text\n {2}left out {2}1 binary\n {14}image\.bin\n {2}rule {6}files up to 1\.0 MB\n {2}stale {5}none known\n {2}size .* on disk\n {2}last run {2}\S.*\n$/,
		);
		expect(
			(await cli.json<{ indexes: unknown[] }>(['index', 'status', folder])).indexes,
		).toHaveLength(1);
		expect(await cli.run(['index', 'status', '/nowhere'])).toMatchObject({
			code: 1,
			stderr: expect.stringContaining('/nowhere is not indexed.'),
		});
		for (const all of ['/', '~']) {
			const home = temporaryFolder();
			const asked = await cli.run(['index', all === '~' ? home : all], { env: { HOME: home } });
			expect([asked.code, asked.stderr]).toEqual([1, expect.stringContaining('seldom meant')]);
		}

		const nothing = await cli.run(['search', 'zebra']);
		expect([nothing.code, nothing.stdout]).toEqual([0, '']);
		expect(nothing.stderr).toBe('Nothing found for "zebra".\n');

		const again = await cli.run(['index', '--wait'], { cwd: folder });
		expect(again.stdout).toContain('nothing changed');
		expect((await cli.run(['status'])).stdout).toContain(folder);
	});

	it('keeps what was said of a folder until something else is said', async () => {
		const cli = createCli();
		const folder = folderWith({
			'a.ts': 'word',
			'gen/b.ts': 'word',
			'gen/c.ts': 'word '.repeat(300),
		});
		const rules = async () => {
			const { stdout } = await cli.run(['index', 'status', folder]);
			return stdout.split('\n').flatMap((line) => /^ {2}rule {6}(.*)$/.exec(line)?.[1] ?? []);
		};
		const index = (...args: string[]) => cli.run(['index', folder, '--wait', ...args]);
		expect(
			(await index('-x', 'gen/c*', '--max-file-size', '1k', '--no-default-excludes')).code,
		).toBe(0);
		const all = [
			'not gen/c*',
			'also what is left out elsewhere, like node_modules',
			'files up to 1.0 kB',
		];
		expect(await rules()).toEqual(all);
		expect((await index()).stdout).toContain('nothing changed');
		expect(await rules()).toEqual(all);
		expect((await index('--no-exclude', '--default-excludes')).stdout).toContain('1 too large');
		expect(await rules()).toEqual(['files up to 1.0 kB']);
	});

	it('finds text as it stands and patterns, in the folder where one is', async () => {
		const cli = createCli();
		const folder = folderWith({
			'src/a.c': 'int x;\nif (x == NULL)\n\treturn;\nif (y == NULL)\n',
			'src/s.c': 'static int open_it(void)\n{\n\treturn open_it();\n}\n',
			'src/b.h': 'if (x == null)\n',
		});
		const other = folderWith({ 'c.c': 'if (x == NULL)\n' });
		await cli.run(['index', folder, '--wait']);
		await cli.run(['index', other, '--wait']);
		const cwd = join(folder, 'src');
		const run = async (...args: string[]) => {
			const { code, stdout, stderr } = await cli.run(['search', ...args], { cwd });
			expect([code, stderr]).toEqual([0, '']);
			return stdout;
		};
		expect(await run('--symbols', 'open')).toBe('s.c:1:12:static int open_it(void)\n');
		expect(await run('-F', 'if (x == NULL)')).toBe(
			'a.c:2:1:if (x == NULL)\nb.h:1:1:if (x == null)\n',
		);
		expect(await run('-s', '-F', '(x == NULL)', '--context', '1')).toBe(
			'a.c-1-int x;\na.c:2:4:if (x == NULL)\na.c-3-return;\n',
		);
		expect(await run('--regex', 'if \\([xy] ==', '--count')).toBe('a.c:2\nb.h:1\n');
		expect(await run('-e', 'if \\([xy] ==', '-l', '--path', '*.h')).toBe('b.h\n');
		expect(await run('--all', '-l', '"== NULL" lang:c case:yes')).toContain('c.c');
		const refused = await cli.run(['search', '-e', 'a(?=b)'], { cwd });
		expect([refused.code, refused.stderr]).toEqual([1, expect.stringContaining('character 2')]);
	});

	it('leaves out what is asked for', async () => {
		const cli = createCli();
		const folder = folderWith({
			'a.txt': 'apple',
			'vendor/b.txt': 'apple',
			'big.txt': 'apple '.repeat(500),
		});
		await cli.run(['index', folder, '--wait', '-x', 'vendor/', '--max-file-size', '1k']);
		const { hits } = await cli.json<Found>(['search', 'apple']);
		expect(hits.map((hit) => hit.path)).toEqual(['a.txt']);
	});

	it('says what to do when nothing is indexed', async () => {
		const cli = createCli();
		const { stderr } = await cli.run(['search', 'apple']);
		expect(stderr).toContain('semantica index FOLDER');
		const { code, stderr: other } = await cli.run(['search', 'apple', '-f', temporaryFolder()]);
		expect(code).toBe(1);
		expect(other).toContain('not indexed');
	});

	it('points out a folder that is gone, and deletes its index', async () => {
		const cli = createCli();
		const folder = folderWith({ 'a.txt': 'apple' });
		await cli.run(['index', folder, '--wait']);
		rmSync(folder, { recursive: true });
		expect((await cli.run(['status'])).stdout).toContain(`semantica index --delete ${folder}`);
		const looked = await cli.run(['search', 'apple', '-f', folder]);
		expect([looked.code, looked.stderr]).toEqual([
			2,
			`--folder ${folder}: there is no such folder.\n`,
		]);
		const deleted = await cli.run(['index', '--delete', folder]);
		expect([deleted.code, deleted.stdout]).toEqual([0, `Deleted the index of ${folder}.\n`]);
		const again = await cli.run(['index', '--delete', folder]);
		expect([again.code, again.stderr]).toEqual([1, expect.stringContaining('has no index')]);
	});

	it('goes on after kill -9 of the daemon in the middle', async () => {
		const cli = createCli();
		const files = Array.from({ length: 3000 }, (_, index) => [
			`f${index}.txt`,
			`word${index} pear`,
		]);
		const folder = folderWith(Object.fromEntries(files));
		const following = cli.start(['index', folder, '--wait']);
		await following.saw('running');
		process.kill((await cli.daemonPid()) ?? 0, 'SIGKILL');
		const { code, stdout, stderr } = await following.finished;
		expect([code, stderr]).toEqual([0, '']);
		expect(stdout).toContain('runs again');
		expect(stdout).toContain('3,000 files');
	});
});
