/** An indexer without a descriptor left: what it cannot look at is not taken for absent. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { execa } from 'execa';
import { expect, it } from 'vitest';
import { temporaryFolder } from '../../support/daemon.ts';

const ROOT = resolve(import.meta.dirname, '../../..');

/** What each says in a process that has no descriptor left. */
async function withoutDescriptors(folder: string): Promise<Record<string, string>> {
	const script = `
		import { openSync } from 'node:fs';
		import { readContent } from '${ROOT}/daemon/indexing/files/content.ts';
		import { walkableFiles } from '${ROOT}/daemon/indexing/files/walker.ts';
		import { createIndexes } from '${ROOT}/daemon/indexing/searcher/indexes.ts';
		import { dataPaths } from '${ROOT}/shared/paths.ts';
		const root = '${folder}/work';
		const scope = { root, isOutside: () => false };
		const indexes = createIndexes({ paths: dataPaths('${folder}/home'), nativeFolder: undefined });
		const look = {
			file: () => readContent(scope, 'kept.txt', 1000).kind,
			rules: () => walkableFiles(root, { personal: '', isLeftOut: () => false }, ['a.secret']).length,
			indexes: () => indexes.workspaces().length,
		};
		const say = () => Object.fromEntries(Object.entries(look).map(([name, ask]) => {
			try { return [name, String(ask())]; } catch (error) { return [name, error.code]; }
		}));
		const before = say();
		try { for (;;) openSync('/dev/null', 'r'); } catch {}
		const after = say();
		console.log(JSON.stringify({ before, after }));
	`;
	const file = join(folder, 'script.mjs');
	writeFileSync(file, script);
	const line = 'ulimit -n 64; exec "$0" --disable-warning=MODULE_TYPELESS_PACKAGE_JSON "$1"';
	const { stdout } = await execa('sh', ['-c', line, process.execPath, file]);
	return JSON.parse(stdout);
}

it('fails rather than drop files, rules and indexes that it cannot open', async () => {
	const folder = temporaryFolder();
	const write = (path: string, text: string) => {
		mkdirSync(dirname(join(folder, path)), { recursive: true });
		writeFileSync(join(folder, path), text);
	};
	write('work/kept.txt', 'text');
	write('work/.gitignore', '*.secret\n');
	write('home/indexes/0/workspace', 'file:///w');
	expect(await withoutDescriptors(folder)).toEqual({
		before: { file: 'text', rules: '0', indexes: '1' },
		after: { file: 'EMFILE', rules: 'EMFILE', indexes: 'EMFILE' },
	});
});
