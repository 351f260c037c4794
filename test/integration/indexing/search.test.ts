import { readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, test } from 'vitest';
import { DATABASE_FILE, indexFolder } from '../../../daemon/indexing/catalogue/location.ts';
import { readMap } from '../../../daemon/indexing/segments/format.ts';
import type { IndexService } from '../../../daemon/indexing/service.ts';
import type { Params } from '../../../shared/protocol/requests.ts';
import { startIndexer, useBundles } from './bundles.ts';
import { createSandbox, type Sandbox } from './sandbox.ts';
import { openService, type ServiceOptions } from './searching.ts';

const bundles = useBundles();

const serviceOf = (sandbox: Sandbox, options?: ServiceOptions) =>
	openService(bundles, sandbox, options);

const search = (service: IndexService, query: string, more: Partial<Params<'index/search'>> = {}) =>
	service.search({ query, kind: 'words', limit: 20, contextLines: 0, ...more });

const places = async (service: IndexService, query: string): Promise<string[]> =>
	(await search(service, query)).hits.map(({ path, line, column }) => `${path}:${line}:${column}`);

describe('hits', () => {
	test('are at the right line and column, best first', async () => {
		const sandbox = createSandbox();
		sandbox.write(
			'src/queue.ts',
			'import x;\n\nexport function claimNextJob() {\n\treturn 1;\n}\n',
		);
		sandbox.write('src/other.ts', '// calls\nclaimNextJob();\n');
		sandbox.write('docs/jobs.md', '# Jobs\r\n\r\nSee `claim_next_job`.\r\n');
		sandbox.write('utf16.txt', Buffer.from('\ufefffirst\nüber claimNextJob', 'utf16le'));
		await sandbox.index();
		const service = serviceOf(sandbox);
		const { hits, nextCursor } = await search(service, 'claimNextJob');
		expect(nextCursor).toBeNull();
		const byPath = Object.fromEntries(hits.map((hit) => [hit.path, hit]));
		expect(byPath['src/queue.ts']).toEqual({
			workspace: sandbox.workspace,
			path: 'src/queue.ts',
			line: 3,
			column: 17,
			snippet: 'export function claimNextJob() {',
			score: expect.any(Number),
		});
		expect(byPath['src/other.ts']).toMatchObject({ line: 2, column: 1 });
		expect(byPath['utf16.txt']).toMatchObject({ line: 2, column: 6 });
		expect(byPath['docs/jobs.md']).toMatchObject({
			line: 3,
			snippet: 'See `claim_next_job`.',
		});
		expect(hits.map(({ score }) => score)).toEqual(
			hits.map(({ score }) => score).sort((a, b) => b - a),
		);
	});

	test('are files whose text is not indexed, by their names, behind what has the name in its text', async () => {
		const sandbox = createSandbox();
		sandbox.write('media/company-logo.png', Buffer.from([0x89, 0x50, 0, 1, 2, 3]));
		sandbox.write('dumps/companyLogo.sql', 'insert;'.repeat(100_000));
		sandbox.write('src/logo.ts', 'export function companyLogo() {}\n');
		await sandbox.index({ maxFileBytes: 10_000 });
		const service = serviceOf(sandbox);
		const found = async (query: string) =>
			(await search(service, query)).hits.map(({ path, skipped }) => [path, skipped]);
		expect(await found('companyLogo')).toEqual([
			['src/logo.ts', undefined],
			['dumps/companyLogo.sql', 'too-large'],
			['media/company-logo.png', 'binary'],
		]);
		const [hit] = (await search(service, 'company logo path:*.png')).hits;
		expect(hit).toMatchObject({ line: 1, column: 1, skipped: 'binary' });
		expect(hit?.snippet).toBe('Found by its name; not indexed, because it is binary.');
		expect(await found('company logo -insert')).toEqual([['src/logo.ts', undefined]]);

		sandbox.remove('media/company-logo.png');
		sandbox.write('media/company-logo-2.png', Buffer.from([0x89, 0x50, 0, 1, 2, 3]));
		expect(await found('logo path:media')).toEqual([]);
		await sandbox.index({ maxFileBytes: 10_000 });
		expect(await found('logo path:media')).toEqual([['media/company-logo-2.png', 'binary']]);
	});

	test('are where several words are one name that is defined, before texts that have them', async () => {
		const sandbox = createSandbox();
		sandbox.write('src/a.ts', '// One orbit camera for all, and another orbit camera.\n');
		sandbox.write('src/b.ts', '// An orbit camera.\nimport x;\nexport class OrbitCamera {\n}\n');
		sandbox.write('src/c.ts', 'const it = new OrbitCamera();\n');
		await sandbox.index();
		const service = serviceOf(sandbox);
		const found = await places(service, 'orbit camera');
		expect(found).toEqual(['src/b.ts:3:14', 'src/a.ts:1:8', 'src/c.ts:1:16']);
		const paged: string[] = [];
		let cursor: string | null = null;
		do {
			const more = { limit: 1, ...(cursor === null ? {} : { cursor }) };
			const page: Awaited<ReturnType<typeof search>> = await search(service, 'orbit camera', more);
			paged.push(...page.hits.map(({ path }) => path));
			cursor = page.nextCursor;
		} while (cursor !== null && paged.length < 10);
		expect(paged.toSorted()).toEqual([...new Set(paged)].toSorted());
	});

	test('of many such files come with the others of their page, none twice', async () => {
		const sandbox = createSandbox();
		for (let n = 0; n < 60; n++) sandbox.write(`icons/arrow-${n}.png`, Buffer.from([0, n]));
		for (let n = 0; n < 5; n++) sandbox.write(`src/use${n}.ts`, `show('arrow', ${n});\n`);
		await sandbox.index();
		const service = serviceOf(sandbox);
		const paths: string[] = [];
		let cursor: string | null = null;
		do {
			const more = cursor === null ? {} : { cursor };
			const page: Awaited<ReturnType<typeof search>> = await search(service, 'arrow', more);
			paths.push(...page.hits.map(({ path }) => path));
			cursor = page.nextCursor;
		} while (cursor !== null);
		expect(paths.slice(0, 5).sort()).toEqual([0, 1, 2, 3, 4].map((n) => `src/use${n}.ts`));
		expect(paths).toHaveLength(65);
		expect(new Set(paths).size).toBe(65);
	});

	test('come with the lines around them where these are asked for', async () => {
		const sandbox = createSandbox();
		sandbox.write('long.ts', `one\r\ntwo\nthree claimNextJob\n${'x'.repeat(300)}\nfive\n`);
		await sandbox.index();
		const service = serviceOf(sandbox);
		const [hit] = (await search(service, 'claimNextJob', { contextLines: 2 })).hits;
		expect(hit).toMatchObject({ line: 3, before: ['one', 'two'] });
		expect(hit?.after).toEqual([`${'x'.repeat(200)}…`, 'five']);
		const [bare] = (await search(service, 'claimNextJob')).hits;
		expect(bare).not.toHaveProperty('before');
	});

	test('are found by the name of the file', async () => {
		const sandbox = createSandbox();
		sandbox.write('src/paymentGateway.ts', '\n  first line\n');
		sandbox.write('src/other.ts', 'text\n');
		await sandbox.index();
		expect(await places(serviceOf(sandbox), 'payment gateway')).toEqual([
			'src/paymentGateway.ts:2:3',
		]);
	});

	test('are of the files as they are now', async () => {
		const sandbox = createSandbox();
		for (const name of ['moved', 'gone', 'rewritten', 'same']) sandbox.write(name, 'the needle\n');
		await sandbox.index();
		sandbox.write('moved', '\n\nanother line\nthe needle\n');
		sandbox.write('rewritten', 'only hay\n');
		sandbox.remove('gone');
		expect((await places(serviceOf(sandbox), 'needle')).sort()).toEqual(['moved:4:5', 'same:1:5']);
	});

	test('come also from segments that are damaged or gone, until the next walk has read their files', async () => {
		const sandbox = createSandbox();
		for (const name of ['a', 'b', 'needle.ts']) sandbox.write(name, `the ${name} needle and hay\n`);
		sandbox.write('other', 'hay\n');
		await sandbox.index();
		const folder = join(indexFolder(sandbox.home.paths, sandbox.workspace), 'segments');
		const harms: ((file: string) => void)[] = [
			(file) => rmSync(file),
			(file) => {
				// In the lengths of the documents, which a checksum covers.
				const bytes = readFileSync(file);
				const { from } = readMap((at, count) => bytes.subarray(at, at + count)).words;
				bytes[from + 32] = (bytes[from + 32] ?? 0) ^ 1;
				writeFileSync(file, bytes);
			},
			(file) => {
				// In postings, which are only looked at when they are read.
				const bytes = readFileSync(file);
				bytes.fill(0xff, bytes.length - 20);
				writeFileSync(file, bytes);
			},
		];
		for (const harm of harms) {
			const service = serviceOf(sandbox);
			const before = await places(service, 'needle');
			expect(before[0]).toBe('needle.ts:1:5');
			expect(before).toHaveLength(3);
			await service.close();
			for (const name of readdirSync(folder)) harm(join(folder, name));
			const other = serviceOf(sandbox);
			expect(await places(other, 'needle')).toEqual(before);
			expect(await places(other, 'the needle')).toHaveLength(3);
			await other.close();
			expect((await sandbox.index()).read).toHaveLength(4);
		}
	});

	test('never come from where a link leads out, even if it did not when the file was indexed', async () => {
		const sandbox = createSandbox();
		sandbox.write('sub/file', 'the needle\n');
		await sandbox.index();
		sandbox.remove('sub');
		const elsewhere = createSandbox();
		elsewhere.write('file', 'the needle of somebody else\n');
		symlinkSync(elsewhere.root, join(sandbox.root, 'sub'));
		expect(await places(serviceOf(sandbox), 'needle')).toEqual([]);
	});

	test('have the word that was typed before others of its stem', async () => {
		const sandbox = createSandbox();
		for (let i = 0; i < 100; i++) sandbox.write(`g${i}`, 'generating generating generated');
		sandbox.write('z', `generate ${'and much more of other things '.repeat(40)}`);
		await sandbox.index();
		const { hits } = await search(serviceOf(sandbox), 'generate', { limit: 3 });
		expect(hits.map(({ path }) => path)).toEqual(['z', expect.any(String), expect.any(String)]);
		const scores = hits.map(({ score }) => score);
		expect(scores).toEqual(scores.toSorted((a, b) => b - a));
	});

	test('have several words where they are one name, and where that is defined', async () => {
		const sandbox = createSandbox();
		for (let i = 0; i < 70; i++) {
			sandbox.write(`use${i}.c`, 'open the socket; socket open\n'.repeat(5));
		}
		sandbox.write('net/deep.c', `${'other();\n'.repeat(300)}int open_socket(int x)\n{\n}\n`);
		await sandbox.index();
		expect((await places(serviceOf(sandbox), 'socket open'))[0]).not.toBe('net/deep.c:301:5');
		expect((await places(serviceOf(sandbox), 'Open socket'))[0]).toBe('net/deep.c:301:5');
	});

	test('have a name where it is defined, however often it is used', async () => {
		const sandbox = createSandbox();
		const other = 'other();\n'.repeat(300);
		for (let i = 0; i < 70; i++) sandbox.write(`use${i}.ts`, 'openLock(); '.repeat(5));
		sandbox.write('src/deep/locks.ts', `${other}export function openLock() {\n}\n`);
		sandbox.write('test/fake.ts', 'readLock();\nfunction readLock() {}\n');
		sandbox.write('src/real.ts', `${other}function readLock() {\n}\n`);
		sandbox.write('src/use.ts', 'readLock(); '.repeat(5));
		await sandbox.index();
		const service = serviceOf(sandbox);
		expect((await places(service, 'openLock'))[0]).toBe('src/deep/locks.ts:301:17');
		expect(await places(service, 'readLock')).toEqual([
			...['src/real.ts:301:10', 'test/fake.ts:2:10', 'src/use.ts:1:1'],
		]);
	});

	test('are found by a file name that hyphens divide, written as a name', async () => {
		const sandbox = createSandbox();
		sandbox.write('src/payment-gateway.service.ts', 'text\n');
		sandbox.write('other.ts', 'the payment, and later its gateway\n');
		await sandbox.index();
		const service = serviceOf(sandbox);
		for (const query of ['PaymentGatewayService', 'payment gateway']) {
			expect((await places(service, query))[0]).toBe('src/payment-gateway.service.ts:1:1');
		}
	});

	test('are in one order, whatever the size of a page', async () => {
		const sandbox = createSandbox();
		for (let i = 0; i < 90; i++) {
			sandbox.write(
				`f${i}`,
				i % 3 === 0 ? `needle = ${i}` : `x${i} needle needles ${'y '.repeat(i)}`,
			);
		}
		await sandbox.index();
		const service = serviceOf(sandbox);
		const whole = (await search(service, 'needle', { limit: 200 })).hits.map(({ path }) => path);
		expect(whole).toHaveLength(90);
		const found: string[] = [];
		let cursor: string | undefined;
		do {
			const page = await search(service, 'needle', { limit: 7, ...(cursor ? { cursor } : {}) });
			found.push(...page.hits.map(({ path }) => path));
			cursor = page.nextCursor ?? undefined;
		} while (cursor !== undefined);
		expect(found).toEqual(whole);
	});

	test('come page by page, each once', async () => {
		const sandbox = createSandbox();
		const names = Array.from({ length: 95 }, (_, i) => `file${i}`);
		for (const name of names) sandbox.write(name, 'the needle\n');
		await sandbox.index();
		for (const name of names.slice(0, 30)) sandbox.remove(name);
		const service = serviceOf(sandbox);
		const found: string[] = [];
		let cursor: string | undefined;
		do {
			const page = await search(service, 'needle', { limit: 10, ...(cursor ? { cursor } : {}) });
			found.push(...page.hits.map(({ path }) => path));
			expect(page.hits.length).toBeLessThanOrEqual(10);
			cursor = page.nextCursor ?? undefined;
		} while (cursor !== undefined);
		expect(found.sort()).toEqual(names.slice(30).sort());
	});
});

describe('what is asked', () => {
	test('a workspace by any of its names', async () => {
		const sandbox = createSandbox();
		sandbox.write('a', 'needle');
		await sandbox.index();
		const service = serviceOf(sandbox);
		const link = join(sandbox.root, '..', 'link');
		symlinkSync(sandbox.root, link);
		for (const workspace of [`${sandbox.workspace}/`, pathToFileURL(link).href]) {
			expect((await search(service, 'needle', { workspace })).hits).toHaveLength(1);
			expect((await service.status({ workspace })).indexes).toHaveLength(1);
		}
	});

	test('a folder inside an indexed one', async () => {
		const sandbox = createSandbox();
		for (const path of ['a', 'sub/b', 'sub/deep/c', 'subway/d']) sandbox.write(path, 'needle');
		await sandbox.index();
		const workspace = `${sandbox.workspace}/sub`;
		const { hits } = await search(serviceOf(sandbox), 'needle', { workspace });
		expect(hits.map(({ path }) => path).sort()).toEqual(['sub/b', 'sub/deep/c']);
		expect(new Set(hits.map((hit) => hit.workspace))).toEqual(new Set([sandbox.workspace]));
	});

	test('all of them, where a file that is in two counts once', async () => {
		const sandbox = createSandbox();
		for (const path of ['a', 'sub/b', 'sub/c']) sandbox.write(path, 'needle');
		await sandbox.index();
		const inner = { ...sandbox, workspace: `${sandbox.workspace}/sub` };
		const payload = { files: ['b', 'c'], maxFileBytes: 1000 };
		await startIndexer(bundles, inner, 'files', payload).ended;
		const { hits } = await search(serviceOf(sandbox), 'needle');
		const files = hits.map(({ workspace, path }) => `${workspace}/${path}`);
		expect(files.map((file) => file.slice(sandbox.workspace.length)).sort()).toEqual([
			'/a',
			'/sub/b',
			'/sub/c',
		]);
	});

	test('all of them, where a small index has its place beside a large one', async () => {
		const large = createSandbox();
		const small = { ...createSandbox(), home: large.home };
		for (let i = 0; i < 50; i++) large.write(`f${i}`, i < 30 ? 'needle and hay' : 'only hay');
		await large.index();
		small.write('needle', 'needle');
		const payload = { files: ['needle'], maxFileBytes: 1000 };
		await startIndexer(bundles, small, 'files', payload).ended;
		const { hits } = await search(serviceOf(large), 'needle', { limit: 2 });
		expect(hits.map(({ workspace }) => workspace)).toContain(small.workspace);
		expect(hits.map(({ score }) => score)).toEqual([1, 1]);
	});

	test('all of them at once, merged by rank', async () => {
		const one = createSandbox();
		const other = { ...createSandbox(), home: one.home };
		one.write('a', 'needle and hay '.repeat(20));
		one.write('b', 'needle');
		await one.index();
		const service = serviceOf(one);
		expect((await search(service, 'needle')).hits).toHaveLength(2);
		other.write('c', 'needle '.repeat(9));
		const payload = { files: ['c'], maxFileBytes: 1000 };
		await startIndexer(bundles, other, 'files', payload).ended;
		const { hits } = await search(service, 'needle');
		expect(hits.map(({ path }) => path).sort()).toEqual(['a', 'b', 'c']);
		expect(new Set(hits.map(({ workspace }) => workspace))).toEqual(
			new Set([one.workspace, other.workspace]),
		);
	});

	test('a folder that is not indexed, or not a folder', async () => {
		const sandbox = createSandbox();
		const service = serviceOf(sandbox);
		const { workspace, root } = sandbox;
		await expect(search(service, 'x', { workspace })).rejects.toMatchObject({
			kind: 'NOT_FOUND',
			message: `${root} is not indexed yet. Run \`semantica index ${root}\` first.`,
		});
		await expect(search(service, 'x', { workspace: 'https://x.org' })).rejects.toMatchObject({
			kind: 'VALIDATION',
			data: { path: 'workspace' },
		});
		expect(await search(service, 'x')).toEqual({ hits: [], nextCursor: null });
		expect(await service.status({ workspace })).toEqual({ indexes: [] });
	});

	test('foreign cursors are refused', async () => {
		const sandbox = createSandbox();
		sandbox.write('a', 'needle');
		await sandbox.index();
		const service = serviceOf(sandbox);
		await expect(search(service, 'needle', { cursor: 'abc' })).rejects.toMatchObject({
			kind: 'VALIDATION',
			data: { path: 'cursor' },
		});
	});
});

test('numbers of the indexes', async () => {
	const sandbox = createSandbox();
	sandbox.write('a', 'needle');
	sandbox.write('b', Buffer.alloc(10));
	const before = Date.now();
	await sandbox.index();
	const { indexes } = await serviceOf(sandbox).status({});
	expect(indexes).toEqual([
		{
			workspace: sandbox.workspace,
			files: 1,
			bytes: 6,
			skipped: { binary: 1 },
			pending: 0,
			walkedAt: expect.any(Number),
			databaseBytes: expect.any(Number),
			problem: null,
			rules: { exclude: [], defaultExcludes: true, maxFileBytes: 1024 * 1024 },
		},
	]);
	expect(indexes[0]?.walkedAt).toBeGreaterThanOrEqual(before);
	expect(indexes[0]?.databaseBytes).toBeGreaterThan(4096);
});

test('an index whose folder is gone says so, and is deleted when asked, but not while it is written', async () => {
	const sandbox = createSandbox();
	sandbox.write('a', 'needle');
	await sandbox.index();
	const { workspace, root } = sandbox;
	const busy = new Set([workspace]);
	const service = serviceOf(sandbox, { isBusy: (one) => busy.has(one) });
	rmSync(root, { recursive: true });
	expect((await service.status({})).indexes).toMatchObject([
		{ workspace, files: 1, problem: expect.stringContaining(`${root} is not there`) },
	]);
	await expect(service.delete({ workspace: `${workspace}/` })).rejects.toMatchObject({
		kind: 'CONFLICT',
		message: expect.stringContaining('is being indexed'),
	});
	busy.clear();
	expect(await service.delete({ workspace: `${workspace}/` })).toEqual({ deleted: true });
	expect(await service.delete({ workspace })).toEqual({ deleted: false });
	expect(await service.status({})).toEqual({ indexes: [] });
});

test('a damaged index has a sentence, does not hide the others, and is seen anew once it is', async () => {
	const sandbox = createSandbox();
	sandbox.write('a', 'needle');
	await sandbox.index();
	const file = join(indexFolder(sandbox.home.paths, sandbox.workspace), DATABASE_FILE);
	const service = serviceOf(sandbox);
	expect((await search(service, 'needle')).hits).toHaveLength(1);
	rmSync(`${file}-wal`, { force: true });
	rmSync(file);
	writeFileSync(file, 'no database '.repeat(1000));
	const { workspace } = sandbox;
	await expect(search(service, 'needle', { workspace })).rejects.toMatchObject({
		kind: 'STORE',
		message: expect.stringContaining('is damaged. Run `semantica index'),
	});
	expect((await service.status({})).indexes).toMatchObject([
		{ workspace, files: 0, problem: expect.stringContaining('is damaged') },
	]);
	const other = { ...createSandbox(), home: sandbox.home };
	other.write('b', 'needle');
	const payload = { files: ['b'], maxFileBytes: 1000 };
	await startIndexer(bundles, other, 'files', payload).ended;
	expect(await search(service, 'needle')).toMatchObject({
		hits: [{ path: 'b' }],
		problems: [expect.stringContaining(`${sandbox.root} is damaged`)],
	});
	await sandbox.index();
	expect((await search(service, 'needle', { workspace })).hits).toHaveLength(1);
	expect((await service.status({ workspace })).indexes).toMatchObject([
		{ files: 1, problem: null },
	]);
});
