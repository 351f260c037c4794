/** Text as it stands, and patterns: what is found, where, and that it is true of the files of now. */
import { closeSync, openSync, readdirSync, truncateSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { indexFolder } from '../../../daemon/indexing/catalogue/location.ts';
import type { IndexService } from '../../../daemon/indexing/service.ts';
import type { Params } from '../../../shared/protocol/requests.ts';
import { useBundles } from './bundles.ts';
import { createSandbox, dump, type Sandbox } from './sandbox.ts';
import { openService } from './searching.ts';

const bundles = useBundles();

const serviceOf = (sandbox: Sandbox) => openService(bundles, sandbox);

type More = Partial<Params<'index/search'>>;
const search = (service: IndexService, query: string, more: More = {}) =>
	service.search({ query, kind: 'words', limit: 20, contextLines: 0, ...more });
const places = async (service: IndexService, query: string, more: More = {}) =>
	(await search(service, query, more)).hits.map(
		({ path, line, column, endColumn }) => `${path}:${line}:${column}-${endColumn}`,
	);
const segmentsOf = ({ home, workspace }: Sandbox): string[] => {
	const folder = join(indexFolder(home.paths, workspace), 'segments');
	return readdirSync(folder).map((name) => join(folder, name));
};

const FILLER = Array.from({ length: 500 }, (_, n) => `const filler${n} = ${n * n};`).join('\n');

function project(): Sandbox {
	const sandbox = createSandbox();
	sandbox.write('src/lock.c', `${FILLER}\n\tif (mutex->lock == NULL)\n\t\treturn -1;\n${FILLER}\n`);
	sandbox.write(
		'src/other.c',
		'if (mutex->LOCK == null) {}\nmutex_lock(&a->lock);\nMutex_unlock(&b->lock);\n',
	);
	sandbox.write('test/lock_test.c', 'if (mutex->lock == NULL)\r\n');
	sandbox.write('docs/zh.md', '\ufeff# 数据\n索引是真的,会被找到。\n');
	sandbox.write('docs/cafe.md', 'cafe\u0301 au lait\nCAFÉ noir\n');
	sandbox.write('old.txt', Buffer.from('\ufeffutf sixteen mutex->lock', 'utf16le'));
	return sandbox;
}

describe('text as it stands', () => {
	test('is found wherever it is, with its place, sources first', async () => {
		const sandbox = project();
		await sandbox.index();
		const service = serviceOf(sandbox);
		expect(await places(service, '"mutex->lock == NULL"')).toEqual([
			'src/lock.c:501:6-25',
			'src/other.c:1:5-24',
			'test/lock_test.c:1:5-24',
		]);
		expect(await places(service, '"mutex->lock" case:yes path:src/')).toEqual([
			'src/lock.c:501:6-17',
		]);
		expect(await places(service, 'sixteen mutex->lock', { kind: 'text' })).toEqual([
			'old.txt:1:5-24',
		]);
		expect(await places(service, 'tex_lo', { kind: 'text' })).toEqual(['src/other.c:2:3-9']);
		expect(await places(service, '没', { kind: 'text' })).toEqual([]);
		expect(await places(service, '真', { kind: 'text' })).toEqual(['docs/zh.md:2:4-5']);
		expect(await places(service, 'é', { kind: 'text' })).toEqual([
			'docs/cafe.md:1:4-6',
			'docs/cafe.md:2:4-5',
		]);
		expect(await places(service, 'CAFÉ', { kind: 'text', caseSensitive: true })).toEqual([
			'docs/cafe.md:2:1-5',
		]);
		const [hit] = (await search(service, '"return -1"', { contextLines: 1 })).hits;
		expect(hit).toMatchObject({
			snippet: 'return -1;',
			kind: 'text',
			before: ['\tif (mutex->lock == NULL)'],
			after: ['const filler0 = 0;'],
		});
	});

	test('stands in front of words that are ranked', async () => {
		const sandbox = createSandbox();
		sandbox.write('a.txt', 'handle kernel unable to\n'.repeat(30));
		sandbox.write('z.txt', `${FILLER}\nunable to handle kernel paging\n`);
		await sandbox.index();
		const service = serviceOf(sandbox);
		const { hits } = await search(service, 'unable to handle kernel');
		expect(hits.map(({ path, line }) => [path, line])).toEqual([
			['z.txt', 501],
			['a.txt', 1],
		]);
		expect(hits[0]?.score).toBeGreaterThan(hits[1]?.score ?? 0);
	});

	test('is left out where the file has what it must not', async () => {
		const sandbox = project();
		await sandbox.index();
		const service = serviceOf(sandbox);
		expect(await places(service, '"mutex->lock" -unlock -path:test')).toEqual([
			'old.txt:1:13-24',
			'src/lock.c:501:6-17',
		]);
		const { hits } = await search(service, 'mutex lang:c -filler7');
		expect(hits.map(({ path }) => path).sort()).toEqual(['src/other.c', 'test/lock_test.c']);
	});
});

describe('patterns', () => {
	test('match line by line, in linear time', async () => {
		const sandbox = project();
		sandbox.write('bad.txt', `${'a'.repeat(5000)}!\n`);
		await sandbox.index();
		const service = serviceOf(sandbox);
		expect(await places(service, '/mutex_(un)?lock\\(&\\w+->lock\\)/')).toEqual([
			'src/other.c:2:1-21',
			'src/other.c:3:1-23',
		]);
		expect(await places(service, '^if .*\\)$', { kind: 'regex' })).toEqual([
			'test/lock_test.c:1:1-25',
		]);
		expect(await places(service, '^(a+)+$', { kind: 'regex', path: ['bad'] })).toEqual([]);
		const { hits } = await search(service, 'filler\\d{2}\\b', {
			kind: 'regex',
			limit: 200,
			perFile: 3,
		});
		expect(hits.map(({ line }) => line)).toEqual([11, 12, 13]);
	});

	test('that no linear engine can have are refused, with the place', async () => {
		const sandbox = project();
		await sandbox.index();
		await expect(search(serviceOf(sandbox), 'a(?=b)', { kind: 'regex' })).rejects.toMatchObject({
			message: expect.stringMatching(/character 2.*Lookaround/),
			data: { path: 'query' },
		});
	});

	test('come page by page, each line once', async () => {
		const sandbox = project();
		await sandbox.index();
		const service = serviceOf(sandbox);
		const seen: string[] = [];
		let cursor: string | undefined;
		do {
			const more = cursor === undefined ? {} : { cursor };
			const page = await search(service, '/filler/', { limit: 190, ...more });
			seen.push(...page.hits.map(({ path, line }) => `${path}:${line}`));
			cursor = page.nextCursor ?? undefined;
		} while (cursor !== undefined);
		expect([seen.length, new Set(seen).size]).toEqual([1000, 1000]);
	});

	test('end when nobody waits for them any more', async () => {
		const sandbox = createSandbox();
		const line = `${'ab '.repeat(300)}\n`;
		for (let file = 0; file < 40; file++) sandbox.write(`f${file}.txt`, line.repeat(800));
		await sandbox.index();
		const service = serviceOf(sandbox);
		const controller = new AbortController();
		const params = { kind: 'regex', limit: 200, contextLines: 0 } as const;
		const slow = service.search({ query: '(a|b|ab)+\\s\\d', ...params }, controller.signal);
		const begun = performance.now();
		controller.abort();
		await expect(slow).rejects.toMatchObject({ name: 'AbortError' });
		// The thread has turned to the next one: what was aborted would take it seconds.
		await search(service, 'zebra', { kind: 'text' });
		expect(performance.now() - begun).toBeLessThan(4000);
	});
});

describe('hits are true of the files of now', () => {
	test('changed, gone and new ones', async () => {
		const sandbox = project();
		await sandbox.index();
		const service = serviceOf(sandbox);
		sandbox.write('src/lock.c', `new first line\n${FILLER}\nmutex->lock == NULL\n`);
		sandbox.remove('test/lock_test.c');
		expect(await places(service, '"mutex->lock == NULL"')).toEqual([
			'src/lock.c:502:1-20',
			'src/other.c:1:5-24',
		]);
		sandbox.write('src/lock.c', 'brand new text');
		sandbox.write('added.c', 'brand new file');
		await sandbox.indexFiles('src/lock.c', 'added.c');
		expect(await places(service, '"brand new"')).toEqual(['added.c:1:1-10', 'src/lock.c:1:1-10']);
		expect(await places(service, '"mutex->lock == NULL" path:src/lock.c')).toEqual([]);
	});

	test('many saves become few segments, and the index is as a clean one', async () => {
		const sandbox = project();
		await sandbox.index();
		for (let save = 0; save < 30; save++) {
			sandbox.write('src/saved.c', `int saved_${save};\n`);
			await sandbox.indexFiles('src/saved.c');
		}
		expect(segmentsOf(sandbox).length).toBeLessThan(20);
		const service = serviceOf(sandbox);
		expect(await places(service, 'saved_29', { kind: 'text' })).toEqual(['src/saved.c:1:5-13']);
		expect(await places(service, 'saved_28', { kind: 'text' })).toEqual([]);
		const fresh = { ...sandbox.home, paths: createSandbox().home.paths };
		const before = dump(sandbox.home, sandbox.workspace);
		await sandbox.index();
		expect(dump(sandbox.home, sandbox.workspace)).toEqual(before);
		expect(dump(fresh, sandbox.workspace)).toEqual([]);
	});

	test('a damaged or lost segment hides nothing, and is made again by the next walk', async () => {
		const sandbox = project();
		await sandbox.index();
		const before = dump(sandbox.home, sandbox.workspace);
		const damage: ((file: string) => void)[] = [
			(file) => truncateSync(file, 50),
			(file) => writeFileSync(file, Buffer.alloc(5000)),
			(file) => {
				// In the postings, which no checksum covers.
				const fd = openSync(file, 'r+');
				writeSync(fd, Buffer.alloc(2000, 0xff), 0, 2000, 70_000);
				closeSync(fd);
			},
		];
		for (const harm of damage) {
			for (const file of segmentsOf(sandbox)) harm(file);
			const service = serviceOf(sandbox);
			expect(await places(service, '"mutex->lock == NULL" path:src/other')).toEqual([
				'src/other.c:1:5-24',
			]);
			await service.close();
			await sandbox.index();
			expect(dump(sandbox.home, sandbox.workspace)).toEqual(before);
		}
	});

	test('what a killed indexer left is swept', async () => {
		const sandbox = project();
		await sandbox.index();
		const before = segmentsOf(sandbox);
		const [some = ''] = before;
		writeFileSync(join(some, '..', '999.seg'), 'stray');
		writeFileSync(join(some, '..', '7.seg.tmp'), 'stray');
		await sandbox.index();
		expect(segmentsOf(sandbox)).toEqual(before);
	});
});
