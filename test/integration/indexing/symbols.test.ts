/** Names by where they are defined, true of the files of now. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { indexFolder } from '../../../daemon/indexing/catalogue/location.ts';
import { readMap } from '../../../daemon/indexing/segments/format.ts';
import type { IndexService } from '../../../daemon/indexing/service.ts';
import type { Params } from '../../../shared/protocol/requests.ts';
import { useBundles } from './bundles.ts';
import { createSandbox, type Sandbox } from './sandbox.ts';
import { openService } from './searching.ts';

const bundles = useBundles();

const serviceOf = (sandbox: Sandbox) => openService(bundles, sandbox);

const search = (service: IndexService, query: string, more: Partial<Params<'index/search'>> = {}) =>
	service.search({ query, kind: 'symbols', limit: 20, contextLines: 0, ...more });
const found = async (...of: Parameters<typeof search>): Promise<string[]> =>
	(await search(...of)).hits.map(
		({ path, line, column, endColumn, symbol }) =>
			`${symbol?.container ?? ''}.${symbol?.name} ${symbol?.kind} ${path}:${line}:${column}-${endColumn}`,
	);

function project(): Sandbox {
	const sandbox = createSandbox();
	sandbox.write('src/socket.ts', 'export class Socket {\n\topen(): void {}\n\tclose() {}\n}\n');
	sandbox.write(
		'src/file.py',
		'class File:\n    def open(self):\n        pass\n\ndef reopen(): pass\n',
	);
	sandbox.write('test/socket.test.ts', 'function open() {}\n');
	sandbox.write('docs/open.md', '\ufeff# Open\n');
	sandbox.write('src/ünïcode.ts', 'const größe = 1;\nconst cafe\u0301 = 2;\n');
	return sandbox;
}

test('names are found by what was typed of them, sources first, with kind and container', async () => {
	const sandbox = project();
	await sandbox.index();
	const service = serviceOf(sandbox);
	expect(await found(service, 'open')).toEqual([
		'File.open method src/file.py:2:9-13',
		'Socket.open method src/socket.ts:2:2-6',
		'.open function test/socket.test.ts:1:10-14',
		'.Open heading docs/open.md:1:3-7',
		'.reopen function src/file.py:5:5-11',
	]);
	expect(await found(service, 'Socket.open')).toEqual(['Socket.open method src/socket.ts:2:2-6']);
	expect(await found(service, 'open lang:py')).toHaveLength(2);
	expect(await found(service, 'sym:open class path:src/', { kind: 'words' })).toEqual([
		'File.open method src/file.py:2:9-13',
		'Socket.open method src/socket.ts:2:2-6',
		'.reopen function src/file.py:5:5-11',
	]);
	expect(await found(service, 'open -close', { path: ['*.ts'] })).toEqual([
		'.open function test/socket.test.ts:1:10-14',
	]);
	expect(await found(service, 'CAFÉ')).toEqual(['.café constant src/ünïcode.ts:2:7-11']);
	expect(await found(service, 'GRÖSSE')).toEqual([]);
	expect(await found(service, 'größ')).toHaveLength(1);
	expect(await found(service, 'path:src/')).toEqual([]);
	expect(await found(service, 'nothing')).toEqual([]);
	const [hit] = (await search(service, 'close', { contextLines: 1 })).hits;
	expect(hit).toMatchObject({
		kind: 'symbol',
		snippet: 'close() {}',
		before: ['\topen(): void {}'],
		after: ['}'],
	});
});

test('pages give every definition once', async () => {
	const sandbox = createSandbox();
	for (let n = 0; n < 30; n++) sandbox.write(`f${n}.c`, `int part_${n}(void) { return ${n}; }\n`);
	await sandbox.index();
	const service = serviceOf(sandbox);
	const all: string[] = [];
	let cursor: string | null | undefined;
	while (cursor !== null) {
		const page = await search(service, 'part_', {
			limit: 7,
			...(cursor === undefined ? {} : { cursor }),
		});
		all.push(...page.hits.map(({ path }) => path));
		cursor = page.nextCursor;
	}
	expect(all).toHaveLength(30);
	expect(new Set(all).size).toBe(30);
});

test('what changed since is shown where it is now, what is gone is not', async () => {
	const sandbox = project();
	await sandbox.index();
	const service = serviceOf(sandbox);
	// Nobody was told of these.
	sandbox.write('src/socket.ts', '// a\n// b\nexport class Socket {\n\n\topen(): void {}\n}\n');
	sandbox.write('src/file.py', 'def other(): pass\n');
	sandbox.remove('docs/open.md');
	expect(await found(service, 'open')).toEqual([
		'Socket.open method src/socket.ts:5:2-6',
		'.open function test/socket.test.ts:1:10-14',
	]);
	// Of these a walk knew, and was killed before they were read.
	sandbox.write('src/file.py', 'class Later:\n    def open_later(self): pass\n');
	const db = sandbox.open();
	db.prepare("UPDATE files SET pending = 1 WHERE path = 'src/file.py'").run();
	expect(await found(service, 'open_later')).toEqual([
		'Later.open_later method src/file.py:2:9-19',
	]);
	await sandbox.index();
	expect(await found(service, 'open_later')).toEqual([
		'Later.open_later method src/file.py:2:9-19',
	]);
	expect(await found(service, 'close')).toEqual([]);
});

test('symbols that are damaged hide nothing, and are read again alone', async () => {
	const sandbox = project();
	await sandbox.index();
	const folder = join(indexFolder(sandbox.home.paths, sandbox.workspace), 'segments');
	for (const name of readdirSync(folder)) {
		const bytes = readFileSync(join(folder, name));
		const { from, length } = readMap((at, count) => bytes.subarray(at, at + count)).symbols;
		bytes[from + length - 1] = (bytes[from + length - 1] ?? 0) ^ 1;
		writeFileSync(join(folder, name), bytes);
	}
	const service = serviceOf(sandbox);
	expect(await found(service, 'Socket.open')).toEqual(['Socket.open method src/socket.ts:2:2-6']);
	const { read } = await sandbox.index();
	expect(read).toHaveLength(5);
	expect(await found(service, 'Socket.open')).toEqual(['Socket.open method src/socket.ts:2:2-6']);
});
