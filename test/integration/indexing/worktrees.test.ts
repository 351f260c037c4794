/** A second worktree of a repository begins with what the first one's index holds, and ends as a clean build does. */
import { readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import { createCatalogue } from '../../../daemon/indexing/catalogue/catalogue.ts';
import { openIndex } from '../../../daemon/indexing/catalogue/database.ts';
import { indexFolder } from '../../../daemon/indexing/catalogue/location.ts';
import { indexFiles } from '../../../daemon/indexing/worker/files.ts';
import { createReporter } from '../../../daemon/indexing/worker/report.ts';
import { indexWorkspace } from '../../../daemon/indexing/worker/workspace.ts';
import { DEFAULT_RULES } from '../../../shared/folderRules.ts';
import type {
	IndexFilesPayload,
	IndexWorkspacePayload,
} from '../../../shared/protocol/indexing.ts';
import { createSandbox, dump, type Sandbox } from './sandbox.ts';

/** Indexes another folder with this sandbox's data folder. */
async function indexAt(
	{ home, env }: Sandbox,
	root: string,
	payload: IndexWorkspacePayload = DEFAULT_RULES,
) {
	const workspace = pathToFileURL(root).href;
	const lines: string[] = [];
	const job = {
		home,
		workspace,
		env,
		report: createReporter((line) => lines.push(line), Date.now),
	};
	const shards: IndexFilesPayload[] = [];
	await indexWorkspace(job, payload, async (jobs) => {
		for (const { payload } of jobs) shards.push(payload as IndexFilesPayload);
	});
	const results = [];
	for (const shard of shards) results.push(await indexFiles(job, shard));
	return { workspace, lines, results };
}

test('a second worktree copies what is the same, and reads anew what is not', async () => {
	const sandbox = createSandbox();
	const { root, home, git } = sandbox;
	git('init', '--quiet');
	for (let n = 0; n < 40; n++) sandbox.write(`src/f${n}.ts`, `export const value${n} = ${n};\n`);
	sandbox.write('old.ts', 'export const old = 1;');
	git('add', '.');
	git('commit', '--quiet', '-m', 'a');
	await sandbox.index();
	const second = `${root} second`;
	git('worktree', 'add', '--quiet', second, '-b', 'second');
	writeFileSync(join(second, 'src/f1.ts'), 'export const other = 1;\n');
	writeFileSync(join(second, 'new.ts'), 'export const fresh = 1;\n');
	rmSync(join(second, 'old.ts'));

	const begun = await indexAt(sandbox, second);
	expect(begun.lines.join('\n')).toContain(`Begins with the index of ${root}`);
	const total = (of: 'indexed' | 'unchanged') =>
		begun.results.reduce((sum, result) => sum + result[of], 0);
	expect([total('indexed'), total('unchanged')]).toEqual([2, 39]);
	const shared = readdirSync(join(indexFolder(home.paths, begun.workspace), 'segments'))
		.map((name) => statSync(join(indexFolder(home.paths, begun.workspace), 'segments', name)).nlink)
		.filter((links) => links === 2);
	expect(shared.length).toBeGreaterThan(0);

	const clean = createSandbox();
	const alone = await indexAt({ ...clean, env: sandbox.env }, second);
	expect(alone.lines.join('\n')).not.toContain('Begins with');
	expect(dump(home, begun.workspace)).toEqual(dump(clean.home, begun.workspace));
	// The first one has lost nothing, also when the second one's index goes.
	rmSync(indexFolder(home.paths, begun.workspace), { recursive: true });
	const again = createSandbox();
	const first = await indexAt({ ...again, env: sandbox.env }, root);
	expect(dump(home, sandbox.workspace)).toEqual(dump(again.home, first.workspace));
});

test('what was said of a folder holds for it in a second worktree, until something else is said there', async () => {
	const sandbox = createSandbox();
	const { root, git } = sandbox;
	git('init', '--quiet');
	for (const path of ['src/a.ts', 'gen/b.ts', 'big.ts']) sandbox.write(path, 'word '.repeat(20));
	sandbox.write('big.ts', 'word '.repeat(1000));
	git('add', '.');
	git('commit', '--quiet', '-m', 'a');
	await sandbox.index({ exclude: ['gen/'], maxFileBytes: 1000 });
	const second = `${root} second`;
	git('worktree', 'add', '--quiet', second, '-b', 'second');
	const { workspace } = await indexAt(sandbox, second, {});
	const rulesAt = (folder: string) => {
		const db = openIndex(sandbox.home, folder);
		onTestFinished(() => {
			db.close();
		});
		return createCatalogue(db).rules();
	};
	expect(rulesAt(workspace)).toEqual({
		exclude: ['gen/'],
		defaultExcludes: true,
		maxFileBytes: 1000,
	});
	await indexAt(sandbox, second, { exclude: [] });
	expect(rulesAt(workspace)).toMatchObject({ exclude: [], maxFileBytes: 1000 });
	expect(rulesAt(sandbox.workspace)).toMatchObject({ exclude: ['gen/'] });
});

test('a sibling whose index is damaged is no use, and no harm', async () => {
	const sandbox = createSandbox();
	const { root, home, git } = sandbox;
	git('init', '--quiet');
	sandbox.write('a.ts', 'export const a = 1;');
	git('add', '.');
	git('commit', '--quiet', '-m', 'a');
	await sandbox.index();
	writeFileSync(join(indexFolder(home.paths, sandbox.workspace), 'index.db'), 'damaged');
	for (const end of ['-wal', '-shm'])
		rmSync(join(indexFolder(home.paths, sandbox.workspace), `index.db${end}`), { force: true });
	const second = `${root} second`;
	git('worktree', 'add', '--quiet', second, '-b', 'second');
	const { lines, results } = await indexAt(sandbox, second);
	expect(lines.join('\n')).toContain('could not be copied');
	expect(results.map(({ indexed }) => indexed)).toEqual([1]);
});
