/** What few folders have, and nobody may be held up by: endless lines, enormous files, crowded folders. */
import { truncateSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { Params } from '../../../shared/protocol/requests.ts';
import { useBundles } from './bundles.ts';
import { createSandbox, problemsOf, type Sandbox } from './sandbox.ts';
import { openService } from './searching.ts';

const bundles = useBundles();

function searching(sandbox: Sandbox) {
	const service = openService(bundles, sandbox);
	return async (query: string, kind: Params<'index/search'>['kind'] = 'words') =>
		(await service.search({ query, kind, limit: 20, contextLines: 0 })).hits;
}

test('a line of 20 MB is found by words, text and pattern, and shown in part', async () => {
	const sandbox = createSandbox();
	const filler = 'const a=1;'.repeat(1_000_000);
	sandbox.write('packed.js', `first();\n${filler}function needleInHay(){}${filler}\nlast();\n`);
	const { shards } = await sandbox.index({ maxFileBytes: 64 * 1024 * 1024 });
	expect(shards.map(({ indexed }) => indexed)).toEqual([1]);
	const search = searching(sandbox);
	for (const [query, kind] of [
		['needle in hay', 'words'],
		['function needleInHay()', 'text'],
		['needle\\w+Hay', 'regex'],
	] as const) {
		const [hit] = await search(query, kind);
		expect(hit).toMatchObject({ path: 'packed.js', line: 2 });
		expect(hit?.snippet).toContain('needleInHay');
		expect(hit?.snippet.length).toBeLessThan(2000);
	}
	expect(await search('last();', 'text')).toMatchObject([{ line: 3 }]);
});

test('a file of 200 MB is skipped with its reason, and one that has grown to that is not read', async () => {
	const sandbox = createSandbox();
	sandbox.write('huge.c', 'int needle;');
	sandbox.write('small.c', 'int needle;');
	truncateSync(join(sandbox.root, 'huge.c'), 200_000_000);
	await sandbox.index();
	expect(sandbox.skipped()).toEqual({ 'huge.c': 'too-large' });
	const search = searching(sandbox);
	expect((await search('int needle', 'text')).map(({ path }) => path)).toEqual(['small.c']);
	truncateSync(join(sandbox.root, 'small.c'), 200_000_000);
	for (const kind of ['words', 'text', 'regex'] as const) {
		expect(await search('needle', kind)).toEqual([]);
	}
	await sandbox.index();
	expect(sandbox.indexed()).toEqual([]);
});

/** 100,000 where there is time. */
const FILES = Number(process.env['SEMANTICA_FOLDER_FILES'] ?? 5000);

test('a folder with very many files is one like others', async () => {
	const sandbox = createSandbox();
	for (let n = 0; n < FILES; n++) sandbox.write(`all/file${n}.txt`, `needle${n} in hay`);
	const { walk } = await sandbox.index();
	expect(walk).toMatchObject({ files: FILES, changed: FILES });
	expect(await searching(sandbox)(`needle${FILES - 1}`)).toMatchObject([
		{ path: `all/file${FILES - 1}.txt` },
	]);
	expect((await sandbox.index()).walk).toMatchObject({ files: FILES, changed: 0 });
	expect(problemsOf(sandbox.open())).toEqual([]);
}, 600_000);

test('two windows with different excludes take turns, and each walk leaves what it says', async () => {
	const sandbox = createSandbox();
	for (const path of ['src/a.ts', 'docs/a.md', 'vendor/a.c']) sandbox.write(path, 'needle');
	const excludes = [['docs/'], ['vendor/'], []];
	for (let turn = 0; turn < 6; turn++) await sandbox.index({ exclude: excludes[turn % 3] ?? [] });
	await sandbox.index({ exclude: ['docs/'] });
	expect(sandbox.indexed()).toEqual(['src/a.ts', 'vendor/a.c']);
	// Saves are by the folder's rules, whichever window they come from.
	await sandbox.indexFiles('docs/a.md', 'vendor/a.c', 'src/a.ts');
	expect(sandbox.indexed()).toEqual(['src/a.ts', 'vendor/a.c']);
	expect(problemsOf(sandbox.open())).toEqual([]);
});
