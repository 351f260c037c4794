import { execFileSync } from 'node:child_process';
import {
	chmodSync,
	mkdirSync,
	renameSync,
	rmSync,
	symlinkSync,
	truncateSync,
	writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { createCatalogue, readNumbers } from '../../../daemon/indexing/catalogue/catalogue.ts';
import { enqueueChildren } from '../../../daemon/indexing/worker/children.ts';
import { resultIn, startIndexer, useBundles } from './bundles.ts';
import { startFakeDaemon } from './fakeDaemon.ts';
import { createSandbox, dump } from './sandbox.ts';

const bundles = useBundles();

describe('a second run reads only what changed', () => {
	test('nothing, a change, a new file, a deletion, a rename', async () => {
		const sandbox = createSandbox();
		sandbox.git('init', '-q');
		for (const name of ['a', 'b', 'c', 'sub/d']) sandbox.write(name, `text of ${name}`);
		const first = await sandbox.index();
		expect(first.walk).toMatchObject({ files: 4, changed: 4, removed: 0, skipped: {} });
		expect((await sandbox.index()).walk).toMatchObject({ files: 4, changed: 0, bytes: 0 });

		sandbox.write('b', 'another text');
		sandbox.write('e', 'a new text');
		sandbox.remove('c');
		renameSync(join(sandbox.root, 'sub/d'), join(sandbox.root, 'sub/f'));
		const second = await sandbox.index();
		expect(second.walk).toMatchObject({ files: 4, changed: 3, removed: 2 });
		expect([...second.read].sort()).toEqual(['b', 'e', 'sub/f']);
		expect(sandbox.indexed()).toEqual(['a', 'b', 'e', 'sub/f']);

		const fresh = createSandbox();
		for (const name of sandbox.indexed()) {
			fresh.write(name, execFileSync('cat', [join(sandbox.root, name)]));
		}
		await fresh.index();
		expect(dump(sandbox.home, sandbox.workspace)).toEqual(dump(fresh.home, fresh.workspace));
	});

	test('a change that keeps size and modification time', async () => {
		const sandbox = createSandbox();
		sandbox.write('a', 'one text');
		await sandbox.index();
		sandbox.write('a', 'two text');
		execFileSync('touch', ['-d', '2020-01-01', join(sandbox.root, 'a')]);
		await sandbox.index();
		sandbox.write('a', 'six text');
		execFileSync('touch', ['-d', '2020-01-01', join(sandbox.root, 'a')]);
		const { read, shards } = await sandbox.index();
		expect(read).toEqual(['a']);
		expect(shards).toMatchObject([{ indexed: 1 }]);
	});

	test('content that is the same again costs a look, not an update', async () => {
		const sandbox = createSandbox();
		sandbox.git('init', '-q');
		sandbox.write('same', 'same on both branches');
		sandbox.write('differs', 'on main');
		sandbox.git('add', '.');
		sandbox.git('commit', '-qm', 'first');
		await sandbox.index();
		sandbox.git('checkout', '-qb', 'other');
		sandbox.write('differs', 'on the other branch');
		sandbox.write('added', 'only there');
		sandbox.git('add', '.');
		sandbox.git('commit', '-qm', 'second');
		expect([...(await sandbox.index()).read].sort()).toEqual(['added', 'differs']);
		sandbox.git('checkout', '-q', '-');
		const back = await sandbox.index();
		expect(back.walk).toMatchObject({ changed: 1, removed: 1 });
		expect(sandbox.indexed()).toEqual(['differs', 'same']);
		execFileSync('touch', [join(sandbox.root, 'same')]);
		expect((await sandbox.index()).shards).toMatchObject([{ indexed: 0, unchanged: 1 }]);
		expect((await sandbox.index()).read).toEqual([]);
	});

	test('patterns to exclude take files out, and leaving them off brings them back', async () => {
		const sandbox = createSandbox();
		for (const name of ['a.ts', 'a.min.js', 'dist/x.js', 'src/dist/y.js'])
			sandbox.write(name, name);
		await sandbox.index({ exclude: ['/dist', '*.min.js'] });
		expect(sandbox.indexed()).toEqual(['a.ts', 'src/dist/y.js']);
		expect((await sandbox.index({ exclude: ['dist/'] })).walk).toMatchObject({ removed: 1 });
		expect(sandbox.indexed()).toEqual(['a.min.js', 'a.ts']);
		expect((await sandbox.index()).walk).toMatchObject({ changed: 2 });
	});

	test('another limit brings large files in and out', async () => {
		const sandbox = createSandbox();
		sandbox.write('large', 'word '.repeat(1000));
		sandbox.write('small', 'word');
		await sandbox.index({ maxFileBytes: 100 });
		expect(sandbox.skipped()).toEqual({ large: 'too-large' });
		await sandbox.index();
		expect(sandbox.indexed()).toEqual(['large', 'small']);
		await sandbox.index({ maxFileBytes: 100 });
		expect(sandbox.indexed()).toEqual(['small']);
		expect((await sandbox.index({ maxFileBytes: 100 })).walk).toMatchObject({ changed: 0 });
		// The limit goes back before a shard came to read what the higher one let in.
		createCatalogue(sandbox.open()).expect('large');
		await sandbox.index({ maxFileBytes: 100 });
		expect(sandbox.skipped()).toEqual({ large: 'too-large' });
		expect(readNumbers(sandbox.open()).pending).toBe(0);
	});

	test('what was said of a folder is kept, and holds for walks and saves that say nothing or something else', async () => {
		const sandbox = createSandbox();
		const unsaid = { exclude: undefined, defaultExcludes: undefined, maxFileBytes: undefined };
		for (const path of ['a.ts', 'dist/b.js', 'node_modules/c.js']) sandbox.write(path, 'word');
		sandbox.write('large', 'word '.repeat(1000));
		await sandbox.index({ exclude: ['dist/'], defaultExcludes: false, maxFileBytes: 100 });
		expect(sandbox.indexed()).toEqual(['a.ts', 'node_modules/c.js']);
		sandbox.write('large2', 'word '.repeat(1000));
		await sandbox.index(unsaid);
		await sandbox.indexFiles('dist/b.js', 'large', 'large2');
		expect(sandbox.indexed()).toEqual(['a.ts', 'node_modules/c.js']);
		expect(readNumbers(sandbox.open()).rules).toEqual({
			exclude: ['dist/'],
			defaultExcludes: false,
			maxFileBytes: 100,
		});
		await sandbox.index({ ...unsaid, exclude: [] });
		expect(sandbox.indexed()).toEqual(['a.ts', 'dist/b.js', 'node_modules/c.js']);
		await sandbox.index({ ...unsaid, defaultExcludes: true });
		expect(sandbox.indexed()).toEqual(['a.ts', 'dist/b.js']);
		await sandbox.index({ ...unsaid, maxFileBytes: 10_000 });
		expect(sandbox.indexed()).toEqual(['a.ts', 'dist/b.js', 'large', 'large2']);
	});
});

describe('what cannot be indexed has a reason', () => {
	test('in the catalogue, in the log and in the result', async () => {
		const sandbox = createSandbox();
		sandbox.write('text', 'fine');
		sandbox.write('empty', '');
		sandbox.write('utf16', Buffer.from('\ufefffine', 'utf16le'));
		sandbox.write('image.png', Buffer.from([0x89, 0x50, 0x4e, 0x47, 0, 0, 0, 13]));
		sandbox.write('latin1', Buffer.from('caf\xe9', 'latin1'));
		sandbox.write('noise', Buffer.from('1f8b08e3011c14021d15', 'hex'));
		sandbox.write('huge', '');
		truncateSync(join(sandbox.root, 'huge'), 50 * 1024 * 1024);
		symlinkSync('/etc/hostname', join(sandbox.root, 'outside'));
		symlinkSync('..', join(sandbox.root, 'parent'));
		symlinkSync('nowhere', join(sandbox.root, 'dangling'));
		symlinkSync('circle', join(sandbox.root, 'circle'));
		symlinkSync('text', join(sandbox.root, 'inside'));
		mkdirSync(join(sandbox.root, 'folder'));
		symlinkSync('../folder', join(sandbox.root, 'folder/loop'));
		await sandbox.index();
		const reasons = {
			circle: 'unreadable',
			dangling: 'unreadable',
			'folder/loop': 'not-a-file',
			huge: 'too-large',
			'image.png': 'binary',
			noise: 'encoding',
			outside: 'outside',
			parent: 'outside',
		};
		expect(sandbox.indexed()).toEqual(['empty', 'inside', 'latin1', 'text', 'utf16']);
		expect(sandbox.skipped()).toEqual(reasons);
		for (const [path, reason] of Object.entries(reasons)) {
			expect(sandbox.lines).toContain(`skipped, ${reason}: ${path}`);
		}
		const again = await sandbox.index();
		expect(again.walk).toMatchObject({
			changed: 0,
			skipped: {
				binary: 1,
				encoding: 1,
				outside: 2,
				'not-a-file': 1,
				'too-large': 1,
				unreadable: 2,
			},
		});
	});

	test('a pipe does not hold the indexer up', async () => {
		const sandbox = createSandbox();
		sandbox.write('a', 'text');
		execFileSync('mkfifo', [join(sandbox.root, 'pipe')]);
		await sandbox.index();
		expect(sandbox.indexed()).toEqual(['a']);
		const { skipped } = await sandbox.indexFiles('pipe', 'a');
		expect(skipped).toEqual({ 'not-a-file': 1 });
	});

	test('a tracked file behind a link that leads out', async () => {
		const sandbox = createSandbox();
		sandbox.git('init', '-q');
		sandbox.write('sub/secret', 'inside');
		sandbox.git('add', '.');
		sandbox.remove('sub');
		mkdirSync(join(sandbox.root, '../elsewhere'));
		writeFileSync(join(sandbox.root, '../elsewhere/secret'), 'outside');
		symlinkSync('../elsewhere', join(sandbox.root, 'sub'));
		await sandbox.index();
		expect(sandbox.indexed()).toEqual([]);
		expect(sandbox.skipped()).toEqual({ sub: 'outside', 'sub/secret': 'outside' });
	});

	const asRoot = test.skipIf(process.getuid?.() !== 0);
	asRoot.each(['', '.', '..'])(
		'without rights, and once they are there; repository: "%s"',
		async (git) => {
			const sandbox = createSandbox();
			if (git !== '') sandbox.git('init', '-q', git);
			sandbox.write('open', 'text');
			sandbox.write('shut', 'text');
			sandbox.write('shut-folder/file', 'text');
			execFileSync('chown', ['-R', '65534', join(sandbox.root, '..')]);
			chmodSync(join(sandbox.root, 'shut'), 0);
			const walkAndRead = async () => {
				const daemon = await startFakeDaemon(sandbox.home.paths);
				execFileSync('chown', ['-R', '65534', sandbox.home.paths.home]);
				const as = { uid: 65534, env: { SEMANTICA_TOKEN: daemon.token } };
				const payload = { exclude: [], maxFileBytes: 1e6 };
				const walk = await startIndexer(bundles, sandbox, 'workspace', payload, as).ended;
				const shards = [];
				for (const job of daemon.takeJobs()) {
					shards.push(await startIndexer(bundles, sandbox, 'files', job.payload, as).ended);
				}
				await daemon.close();
				return { walk, shards };
			};
			execFileSync('chmod', ['755', bundles.indexer, join(bundles.indexer, '..')]);
			await walkAndRead();
			expect(sandbox.indexed()).toEqual(['open', 'shut-folder/file']);
			expect(sandbox.skipped()).toEqual({ shut: 'unreadable' });
			chmodSync(join(sandbox.root, 'shut-folder'), 0);
			const second = await walkAndRead();
			expect(second.shards).toEqual([]);
			expect(second.walk.output).toMatch(
				git !== ''
					? /could not open directory '.*shut-folder/
					: /cannot read folder .*shut-folder: EACCES/,
			);
			expect(resultIn(second.walk)).toMatchObject({ removed: 0, skipped: { unreadable: 2 } });
			expect(sandbox.indexed()).toEqual(['open', 'shut-folder/file']);
			expect(sandbox.skipped()).toEqual({ shut: 'unreadable', 'shut-folder': 'unreadable' });
			chmodSync(join(sandbox.root, 'shut'), 0o644);
			chmodSync(join(sandbox.root, 'shut-folder'), 0o755);
			await walkAndRead();
			expect(sandbox.indexed()).toEqual(['open', 'shut', 'shut-folder/file']);
			expect(sandbox.skipped()).toEqual({});
		},
	);
});

describe('folders with nothing in them, or not there', () => {
	test('an empty one succeeds and says so', async () => {
		const sandbox = createSandbox();
		expect((await sandbox.index()).walk).toMatchObject({ files: 0, changed: 0 });
		expect(sandbox.lines).toContainEqual(expect.stringContaining('There is nothing to index'));
	});

	test('one that is gone fails with a sentence and the exit code for good', async () => {
		const sandbox = createSandbox();
		rmSync(sandbox.root, { recursive: true });
		const payload = { exclude: [], maxFileBytes: 1 };
		const { code, errors } = await startIndexer(bundles, sandbox, 'workspace', payload).ended;
		expect(code).toBe(3);
		expect(errors).toBe(`The folder ${sandbox.root} does not exist. Nothing was indexed.\n`);
		writeFileSync(sandbox.root, 'a file');
		const files = { files: ['a'], maxFileBytes: 1 };
		expect((await startIndexer(bundles, sandbox, 'files', files).ended).errors).toContain(
			'is not a folder',
		);
	});
});

describe('the program of the job', () => {
	test('hands shards to the daemon, and says what it does', async () => {
		const sandbox = createSandbox();
		for (let i = 0; i < 600; i++) sandbox.write(`src/file${i}`, `text ${i}`);
		const daemon = await startFakeDaemon(sandbox.home.paths);
		const payload = { exclude: [], maxFileBytes: 1e6 };
		const run = await startIndexer(bundles, sandbox, 'workspace', payload, {
			env: { SEMANTICA_TOKEN: daemon.token },
		}).ended;
		expect(run).toMatchObject({ code: 0, errors: '' });
		expect(resultIn(run)).toMatchObject({ files: 600, changed: 600, removed: 0, skipped: {} });
		expect(run.output).toContain('::semantica progress {"current":0,"total":600,"unit":"files"');
		const jobs = daemon.takeJobs();
		expect(jobs).toHaveLength(2);
		expect(jobs[0]).toMatchObject({
			type: 'index.files',
			workspace: sandbox.workspace,
			title: 'Index 250 files in src',
			payload: { files: expect.arrayContaining(['src/file0']) },
		});
		const shard = await startIndexer(bundles, sandbox, 'files', jobs[0]?.payload).ended;
		expect(shard).toMatchObject({ code: 0, errors: '' });
		expect(resultIn(shard)).toMatchObject({ files: 250, indexed: 250 });
		const progress = shard.output.match(/^::semantica progress .*$/gm) ?? [];
		expect(progress.at(-1)).toContain(
			'{"current":250,"total":250,"unit":"files","message":"0.0 MB"}',
		);
		await daemon.close();
	});

	test('splits very long lists of very long names over several requests', async () => {
		const sandbox = createSandbox();
		const daemon = await startFakeDaemon(sandbox.home.paths);
		const files = Array.from({ length: 250 }, (_, i) => `${'folder/'.repeat(140)}${i}`);
		const job = { type: 'index.files', workspace: sandbox.workspace, payload: { files } };
		await enqueueChildren(sandbox.home.paths, daemon.token, Array(100).fill(job));
		expect(daemon.requests.map((jobs) => jobs.length)).toEqual([34, 34, 32]);
		daemon.takeJobs();
		const small = { type: 'index.files', workspace: sandbox.workspace };
		await enqueueChildren(sandbox.home.paths, daemon.token, Array(1001).fill(small));
		expect(daemon.requests.map((jobs) => jobs.length)).toEqual([1000, 1]);
		await daemon.close();
	});

	test('without a daemon fails with a sentence; the files wait for the next run', async () => {
		const sandbox = createSandbox();
		sandbox.write('a', 'text');
		const payload = { exclude: [], maxFileBytes: 1e6 };
		const run = await startIndexer(bundles, sandbox, 'workspace', payload).ended;
		expect(run.code).toBe(1);
		expect(run.errors).toContain('on behalf of the Semantica daemon');
		expect(readNumbers(sandbox.open())).toMatchObject({ files: 0, pending: 1 });
		expect((await sandbox.index()).read).toEqual(['a']);
		expect(readNumbers(sandbox.open())).toMatchObject({ files: 1, pending: 0 });
	});
});
