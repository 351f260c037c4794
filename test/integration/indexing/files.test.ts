import { hash } from 'node:crypto';
import { symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { createCatalogue } from '../../../daemon/indexing/catalogue/catalogue.ts';
import { indexFolder } from '../../../daemon/indexing/catalogue/location.ts';
import { createSegmentTable } from '../../../daemon/indexing/catalogue/segments.ts';
import { scopeOf } from '../../../daemon/indexing/files/scope.ts';
import { TermCounter } from '../../../daemon/indexing/words/terms.ts';
import { commit, type Examiner, examine } from '../../../daemon/indexing/worker/findings.ts';
import { createSegments } from '../../../daemon/indexing/worker/segments.ts';
import { indexWorkspace } from '../../../daemon/indexing/worker/workspace.ts';
import { resultIn, startIndexer, useBundles } from './bundles.ts';
import { createSandbox, dump, MAX_FILE_BYTES, problemsOf, type Sandbox } from './sandbox.ts';

const bundles = useBundles();

describe('files named by hand, as on save', () => {
	test('new, changed, unchanged and gone ones', async () => {
		const sandbox = createSandbox();
		sandbox.git('init', '-q');
		for (const name of ['a', 'b', 'c']) sandbox.write(name, name);
		await sandbox.index();
		sandbox.write('a', 'changed');
		sandbox.remove('b');
		sandbox.write('new', 'new');
		expect(await sandbox.indexFiles('a', 'b', 'c', 'new', 'new')).toMatchObject({
			indexed: 2,
			removed: 1,
			unchanged: 1,
			skipped: {},
		});
		expect(sandbox.indexed()).toEqual(['a', 'c', 'new']);
		expect((await sandbox.index()).walk).toMatchObject({ changed: 0, removed: 0 });
	});

	test('a file that the rules leave out stays out, with git and without', async () => {
		for (const git of [true, false]) {
			const sandbox = createSandbox();
			if (git) sandbox.git('init', '-q');
			sandbox.write('.gitignore', '*.log\n');
			sandbox.write('sub/.gitignore', 'private/\n');
			sandbox.write('a.txt', 'text');
			await sandbox.index({ exclude: ['dist'] });
			const names = ['a.log', 'sub/private/b', 'dist/c', 'sub/d', '.git/config'];
			for (const name of names) sandbox.write(name, 'text');
			const { skipped } = await sandbox.indexFiles(...names);
			expect(skipped).toEqual({ ignored: 4 });
			expect(sandbox.indexed()).toEqual(['.gitignore', 'a.txt', 'sub/.gitignore', 'sub/d']);
			expect(sandbox.lines).toContain('skipped, ignored: a.log');
		}
	});

	test('a file is not indexed twice through a link to its folder, with git and without', async () => {
		for (const git of [true, false]) {
			const sandbox = createSandbox();
			if (git) sandbox.git('init', '-q');
			sandbox.write('real/sub/a', 'text');
			symlinkSync('real', join(sandbox.root, 'link'));
			await sandbox.index();
			expect((await sandbox.indexFiles('link/sub/a')).skipped).toEqual({ ignored: 1 });
			expect(sandbox.indexed()).toEqual(['real/sub/a']);
		}
	});

	test('before any walk, and inside a nested repository', async () => {
		const sandbox = createSandbox();
		sandbox.git('init', '-q');
		sandbox.git('init', '-q', 'nested');
		sandbox.write('nested/.gitignore', 'no\n');
		sandbox.write('nested/no', 'text');
		sandbox.write('nested/sub/yes', 'text');
		await sandbox.indexFiles('nested/no', 'nested/sub/yes');
		expect(sandbox.indexed()).toEqual(['nested/sub/yes']);
	});

	test('a folder that has taken the place of a file', async () => {
		const sandbox = createSandbox();
		sandbox.write('thing', 'a file');
		await sandbox.index();
		sandbox.remove('thing');
		sandbox.write('thing/inside', 'a file');
		expect(await sandbox.indexFiles('thing')).toMatchObject({ removed: 1 });
		expect(sandbox.indexed()).toEqual([]);
		await sandbox.index();
		expect(sandbox.indexed()).toEqual(['thing/inside']);
	});
});

describe('older content never goes over newer', () => {
	function examinerOf(sandbox: Sandbox): Examiner {
		const db = sandbox.open();
		const catalogue = createCatalogue(db);
		const folder = indexFolder(sandbox.home.paths, sandbox.workspace);
		return {
			scope: scopeOf(sandbox.root, sandbox.home.paths.home),
			catalogue,
			segments: createSegments(folder, catalogue, createSegmentTable(db)),
			counter: new TermCounter(),
			maxFileBytes: MAX_FILE_BYTES,
		};
	}

	test('when a file changes between being read and being written down', async () => {
		const sandbox = createSandbox();
		sandbox.write('a', 'first');
		await sandbox.index();
		sandbox.write('a', 'second');
		const slow = examinerOf(sandbox);
		const finding = examine(slow, 'a');
		if (finding.kind !== 'index') throw new Error(finding.kind);
		sandbox.write('a', 'the third');
		await sandbox.indexFiles('a');
		const before = dump(sandbox.home, sandbox.workspace);
		expect([...commit(slow, [finding])]).toEqual([finding]);
		expect(dump(sandbox.home, sandbox.workspace)).toEqual(before);
		expect(before).toHaveLength(2);
		expect(before[0]).toContain(hash('sha256', 'the third').toUpperCase());
	});

	test('when a file that was gone is back', async () => {
		const sandbox = createSandbox();
		sandbox.write('a', 'first');
		await sandbox.index();
		sandbox.remove('a');
		const slow = examinerOf(sandbox);
		const finding = examine(slow, 'a');
		if (finding.kind !== 'remove') throw new Error(finding.kind);
		sandbox.write('a', 'second');
		expect([...commit(slow, [finding])]).toEqual([finding]);
		expect(sandbox.indexed()).toEqual(['a']);
	});

	test('when it was a walk that saw the file missing', async () => {
		const sandbox = createSandbox();
		for (const name of ['a', 'b', 'c']) sandbox.write(name, name);
		await sandbox.index();
		sandbox.remove('b');
		sandbox.remove('c');
		const other = examinerOf(sandbox);
		const { home, workspace, env } = sandbox;
		// Between the listing of the folder and its consequences, another indexer writes the file.
		const progress = () => {
			sandbox.write('b', 'back again');
			const finding = examine(other, 'b');
			if (finding.kind === 'index') commit(other, [finding]);
		};
		const report = { log: () => {}, progress, result: () => {} };
		const payload = { exclude: [], defaultExcludes: true, maxFileBytes: MAX_FILE_BYTES };
		await indexWorkspace({ home, workspace, env, report }, payload, async () => {});
		expect(sandbox.indexed()).toEqual(['a', 'b']);
	});
});

describe('several indexers on one database', () => {
	test('that none of them finds ready, with the same files in part', async () => {
		const sandbox = createSandbox();
		const names = Array.from({ length: 900 }, (_, i) => `dir${i % 7}/file${i}.ts`);
		for (const name of names) {
			sandbox.write(name, `export const name${name.length} = '${name}';\n`.repeat(40));
		}
		const parts = [names.slice(0, 600), names.slice(300), names.slice(150, 750)];
		const runs = await Promise.all(
			parts.map(
				(files) =>
					startIndexer(bundles, sandbox, 'files', { files, maxFileBytes: MAX_FILE_BYTES }).ended,
			),
		);
		expect(runs.map(({ code, errors }) => ({ code, errors }))).toEqual(
			Array(3).fill({ code: 0, errors: '' }),
		);
		expect(runs.map(resultIn)).toMatchObject([
			{ files: 600, skipped: {} },
			{ files: 600, skipped: {} },
			{ files: 600, skipped: {} },
		]);
		expect(sandbox.indexed()).toEqual([...names].sort());
		expect(problemsOf(sandbox.open())).toEqual([]);
		const shared = dump(sandbox.home, sandbox.workspace);

		const alone = { ...sandbox, home: createSandbox().home };
		const run = await startIndexer(bundles, alone, 'files', {
			files: names,
			maxFileBytes: MAX_FILE_BYTES,
		}).ended;
		expect(run.code).toBe(0);
		expect(shared).toEqual(dump(alone.home, sandbox.workspace));
	});

	test('while the files are being written', async () => {
		const sandbox = createSandbox();
		const names = Array.from({ length: 200 }, (_, i) => `file${i}`);
		for (const name of names) sandbox.write(name, 'version0 '.repeat(100));
		const payload = { files: names, maxFileBytes: MAX_FILE_BYTES };
		const runs = [1, 2, 3].map(() => startIndexer(bundles, sandbox, 'files', payload));
		const ended = Promise.all(runs.map((run) => run.ended));
		let over = false;
		void ended.then(() => {
			over = true;
		});
		for (let version = 1; !over; version++) {
			for (const name of names) {
				writeFileSync(join(sandbox.root, name), `version${version} `.repeat(100));
			}
			await new Promise((resolve) => setImmediate(resolve));
		}
		expect((await ended).map(({ code }) => code)).toEqual([0, 0, 0]);
		await sandbox.index();
		const found = dump(sandbox.home, sandbox.workspace);
		const fresh = createSandbox();
		await startIndexer(bundles, { ...sandbox, home: fresh.home }, 'files', payload).ended;
		expect(found).toEqual(dump(fresh.home, sandbox.workspace));
	});
});
