/** `semantica index --watch` on a real folder: what others change is found, and a folder that is gone forgets nothing. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, realpathSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, test } from 'vitest';
import { indexFolder } from '../../../daemon/indexing/catalogue/location.ts';
import { dataPaths } from '../../../shared/paths.ts';
import type { Result } from '../../../shared/protocol/requests.ts';
import { temporaryFolder } from '../../support/daemon.ts';
import { createCli } from './cli.ts';

test('what others change in a followed folder is found', async () => {
	const cli = createCli();
	const folder = join(temporaryFolder(), 'project');
	const write = (path: string, text: string) => {
		mkdirSync(join(folder, path, '..'), { recursive: true });
		writeFileSync(join(folder, path), text);
	};
	const git = (...args: string[]) => execFileSync('git', args, { cwd: folder, stdio: 'ignore' });
	const jobsOf = async (name: string) => {
		const { jobs } = await cli.json<Result<'job/list'>>(['list', '--type', 'index.*', '--all']);
		return jobs.filter(({ title }) => title.includes(name));
	};
	const found = async (word: string) => {
		const { hits } = await cli.json<Result<'index/search'>>(['search', word, '-f', folder]);
		return hits.map(({ path }) => path);
	};
	write('src/one.ts', 'const alpha = 1;');
	write('.gitignore', 'built/\n');
	write('built/out.ts', 'const alpha = 2;');
	git('init', '--quiet');

	const watching = cli.start(['index', folder, '--watch']);
	await watching.saw('Watching ');
	write('built/more.ts', 'const beta = 0;');
	write('src/two.ts', 'const beta = 1;');
	await watching.saw('src/two.ts: ');
	// A folder that comes is followed from then on.
	write('new/inner/three.ts', 'const gamma = 1;');
	await watching.saw('new/inner/three.ts: ');
	write('new/inner/four.ts', 'const gamma = 2;');
	await watching.saw('new/inner/four.ts: ');
	renameSync(join(folder, 'new'), join(folder, 'renamed'));
	await watching.saw('renamed/inner/four.ts');
	write('.gitignore', 'built/\nsrc/one.ts\n');
	await watching.saw('looking at everything: ');
	const allRead = async () => cli.run(['wait', ...(await jobsOf('')).map(({ id }) => id)]);
	await allRead();

	expect(await found('beta')).toEqual(['src/two.ts']);
	expect((await found('gamma')).sort()).toEqual([
		'renamed/inner/four.ts',
		'renamed/inner/three.ts',
	]);
	expect(await found('alpha')).toEqual([]);
	expect(await jobsOf('more.ts')).toEqual([]);

	// What the rules let in is followed, whoever changes them.
	write('.gitignore', 'src/one.ts\n');
	await watching.saw('other rules, watching 5 folders; looking at everything: ');
	await allRead();
	write('built/later.ts', 'const delta = 1;');
	await watching.saw('built/later.ts: ');
	await cli.run(['index', folder, '-x', 'renamed/']);
	await watching.saw('other rules, watching 3 folders; looking at everything: ');
	await cli.run(['index', folder, '--no-exclude']);
	await watching.saw('other rules, watching 5 folders; looking at everything: ', 2);
	await allRead();
	write('renamed/inner/five.ts', 'const delta = 2;');
	await watching.saw('renamed/inner/five.ts: ');

	renameSync(folder, `${folder} away`);
	const { code, stderr } = await watching.finished;
	expect([code, stderr]).toEqual([1, expect.stringContaining('nothing was removed')]);
	renameSync(`${folder} away`, folder);
	expect((await found('beta')).sort()).toEqual(['built/more.ts', 'src/two.ts']);

	const again = cli.start(['index', folder, '--watch']);
	await again.saw('Watching ');
	git('symbolic-ref', 'HEAD', 'refs/heads/other');
	await again.saw('looking at everything: ');
	again.child.kill('SIGINT');
	const end = await again.finished;
	expect([end.code, end.stderr]).toEqual([0, '']);
});

test('rules are heard of also where a damaged index was built anew meanwhile', async () => {
	const cli = createCli();
	const folder = join(temporaryFolder(), 'project');
	for (const path of ['src/one.ts', 'built/out.ts']) {
		mkdirSync(join(folder, path, '..'), { recursive: true });
		writeFileSync(join(folder, path), 'const alpha = 1;');
	}
	const watching = cli.start(['index', folder, '--watch']);
	await watching.saw('Watching ');
	const index = indexFolder(dataPaths(cli.home), pathToFileURL(realpathSync(folder)).href);
	writeFileSync(join(index, 'damaged'), '');
	expect(await cli.run(['index', folder, '--wait'])).toMatchObject({ code: 0 });
	expect(readdirSync(dataPaths(cli.home).damaged)).toHaveLength(1);
	await cli.run(['index', folder, '-x', 'built/']);
	await watching.saw('other rules, watching 2 folders; looking at everything: ');
	watching.child.kill('SIGINT');
	expect(await watching.finished).toMatchObject({ code: 0 });
});
