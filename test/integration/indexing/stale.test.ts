/** What changed behind everybody's back is told from what did not, and from what is none of the index's. */
import { mkdirSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { useBundles } from './bundles.ts';
import { createSandbox } from './sandbox.ts';
import { openService } from './searching.ts';

const bundles = useBundles();

test('of paths that were seen to change, those that the index lacks or has otherwise', async () => {
	const sandbox = createSandbox();
	sandbox.git('init', '--quiet');
	sandbox.write('.gitignore', 'dist/\n');
	for (const name of ['same', 'changed', 'gone'])
		sandbox.write(`src/${name}.ts`, `const ${name} = 1;`);
	sandbox.write('old/a.ts', 'const a = 1;');
	sandbox.write('old/b.ts', 'const b = 1;');
	sandbox.write('image.bin', Buffer.alloc(10));
	await sandbox.index({ exclude: ['*.log'] });
	const service = openService(bundles, sandbox);
	const stale = (...paths: string[]) => service.stale({ workspace: sandbox.workspace, paths });

	expect(await stale('src/same.ts', 'image.bin', 'src', 'old')).toEqual({ files: [], walk: false });
	sandbox.write('src/changed.ts', 'const changed = 2;');
	sandbox.write('src/new.ts', 'const fresh = 1;');
	sandbox.write('dist/built.ts', 'const built = 1;');
	sandbox.write('run.log', 'a line');
	sandbox.remove('src/gone.ts');
	expect(
		await stale(
			...['src/changed.ts', 'src/new.ts', 'src/gone.ts', 'src/same.ts', 'dist/built.ts', 'dist'],
			...['run.log', 'never/there', '../outside', '.git/HEAD', '', '/etc/passwd'],
		),
	).toEqual({ files: ['src/changed.ts', 'src/gone.ts', 'src/new.ts'], walk: false });

	// Rules that changed let in and leave out what nobody told of.
	sandbox.write('.gitignore', 'dist/\nsrc/new.ts\n');
	expect(await stale('.gitignore')).toEqual({ files: [], walk: true });
	sandbox.write('.gitignore', 'dist/\n');
	await sandbox.indexFiles('.gitignore');

	// Of folders only their own name may be told.
	renameSync(join(sandbox.root, 'old'), join(sandbox.root, 'renamed'));
	expect(await stale('old', 'renamed')).toEqual({
		files: ['old/a.ts', 'old/b.ts', 'renamed/a.ts', 'renamed/b.ts'],
		walk: false,
	});
	const { files } = await stale('old', 'renamed', 'src');
	await sandbox.indexFiles(...files);
	expect(await stale('old', 'renamed', 'src')).toEqual({ files: [], walk: false });
	expect(sandbox.indexed()).toEqual([
		...['.gitignore', 'renamed/a.ts', 'renamed/b.ts'],
		...['src/changed.ts', 'src/new.ts', 'src/same.ts'],
	]);

	mkdirSync(join(sandbox.root, 'many'));
	for (let n = 0; n < 600; n++) sandbox.write(`many/f${n}.ts`, `const f = ${n};`);
	expect(await stale('many')).toEqual({ files: [], walk: true });
	renameSync(join(sandbox.root, 'many'), join(sandbox.root, 'dist/many'));
	expect(await stale('dist/many', 'dist')).toEqual({ files: [], walk: false });
	await expect(service.stale({ workspace: 'file:///nowhere', paths: ['a'] })).rejects.toMatchObject(
		{ kind: 'NOT_FOUND' },
	);
});
