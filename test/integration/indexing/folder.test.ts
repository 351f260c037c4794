/** Which folder is indexed, and what of it: never our own data, and never nothing by mistake. */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, test } from 'vitest';
import { startIndexer, useBundles } from './bundles.ts';
import { createSandbox, type Sandbox } from './sandbox.ts';

const bundles = useBundles();

describe('the data folder', () => {
	/** A sandbox whose data folder lies in the folder that is indexed, and is named through a link. */
	function around(git: boolean): Sandbox {
		const sandbox = createSandbox('../alias');
		if (git) sandbox.git('init', '-q');
		sandbox.write('a', 'text');
		sandbox.write('mine/run/token', 'secret');
		symlinkSync('folder/mine', join(sandbox.root, '../alias'));
		return sandbox;
	}

	test.each([true, false])('is in no walk; git: %s', async (git) => {
		const sandbox = around(git);
		symlinkSync('mine/run/token', join(sandbox.root, 'link'));
		await sandbox.index();
		expect(sandbox.indexed()).toEqual(['a']);
		expect(sandbox.skipped()).toEqual({ link: 'outside' });
		expect((await sandbox.index()).walk).toMatchObject({ files: 2, changed: 0 });
	});

	test.each([true, false])('is in no list of files, by whatever name; git: %s', async (git) => {
		const sandbox = around(git);
		symlinkSync('mine/run', join(sandbox.root, 'other'));
		if (git) sandbox.git('add', '.');
		await sandbox.indexFiles('mine/run/token', 'other/token', 'a');
		expect(sandbox.indexed()).toEqual(['a']);
	});

	test('leaves an index that an older version let it into', async () => {
		const sandbox = around(false);
		await sandbox.index();
		const db = sandbox.open();
		db.prepare("INSERT INTO files (path, hash) VALUES ('mine/run/token', x'00')").run();
		expect(await sandbox.indexFiles('mine/run/token')).toMatchObject({ skipped: { outside: 1 } });
		expect((await sandbox.index()).walk).toMatchObject({ removed: 1 });
	});

	test('is not indexed as a folder of its own', async () => {
		const sandbox = around(false);
		const inside = { ...sandbox, workspace: pathToFileURL(join(sandbox.root, 'mine/run')).href };
		const run = await startIndexer(bundles, inside, 'files', { files: ['token'] }).ended;
		expect([run.code, run.errors]).toEqual([3, expect.stringContaining('own data folder')]);
	});
});

describe('an index is not emptied by mistake', () => {
	async function indexed(): Promise<Sandbox> {
		const sandbox = createSandbox();
		for (const name of ['a', 'b', 'sub/c']) sandbox.write(name, name);
		await sandbox.index();
		return sandbox;
	}
	const aside = ({ root }: Sandbox) => renameSync(root, `${root}.aside`);

	test('where an empty folder has taken the place of the one that was indexed', async () => {
		const sandbox = await indexed();
		aside(sandbox);
		mkdirSync(sandbox.root);
		const refusal = {
			kind: 'CONFLICT',
			message: expect.stringMatching(/is empty.*semantica index --delete/),
		};
		await expect(sandbox.index()).rejects.toMatchObject(refusal);
		await expect(sandbox.indexFiles('a', 'b')).rejects.toMatchObject(refusal);
		expect(sandbox.indexed()).toEqual(['a', 'b', 'sub/c']);
		const payload = { exclude: [], maxFileBytes: 1000 };
		const run = await startIndexer(bundles, sandbox, 'workspace', payload).ended;
		expect([run.code, run.errors]).toEqual([3, expect.stringContaining('is empty')]);

		rmSync(sandbox.root, { recursive: true });
		renameSync(`${sandbox.root}.aside`, sandbox.root);
		expect((await sandbox.index()).walk).toMatchObject({ changed: 0, removed: 0 });
	});

	test('nor where there is something in it, but nothing of what was indexed', async () => {
		const sandbox = await indexed();
		aside(sandbox);
		mkdirSync(sandbox.root);
		sandbox.write('.not-mounted', '');
		await expect(sandbox.index()).rejects.toThrow('is another folder than the one that was');
		await expect(sandbox.indexFiles('a')).rejects.toThrow('is another folder');
		expect(sandbox.indexed()).toEqual(['a', 'b', 'sub/c']);
	});

	test('but follows a folder made anew with some of the same files', async () => {
		const sandbox = await indexed();
		aside(sandbox);
		sandbox.write('a', 'another text');
		expect((await sandbox.index()).walk).toMatchObject({ changed: 1, removed: 2 });
		sandbox.write('b', 'b');
		await sandbox.index();
		sandbox.remove('b');
		expect(await sandbox.indexFiles('b')).toMatchObject({ removed: 1 });
	});

	test('and one in which everything was replaced', async () => {
		const sandbox = await indexed();
		for (const name of ['a', 'b', 'sub']) sandbox.remove(name);
		sandbox.write('new', 'text');
		expect((await sandbox.index()).walk).toMatchObject({ changed: 1, removed: 3 });
		expect((await sandbox.index({ exclude: ['*'] })).walk).toMatchObject({ removed: 1 });
	});
});

describe('what is left out by default', () => {
	const files = ['a', 'node_modules/p/x.js', 'web/node_modules/p/x.js', '.env', 'web/tls.key'];
	const leftOut = { node_modules: 2, '.env': 1, '*.key': 1 };

	test.each([true, false])('git: %s', async (git) => {
		const sandbox = createSandbox();
		if (git) sandbox.git('init', '-q');
		for (const name of files) sandbox.write(name, name);
		const { walk } = await sandbox.index();
		expect(walk.leftOut).toEqual(leftOut);
		expect(sandbox.indexed()).toEqual(['a']);
		expect(sandbox.lines).toContainEqual(expect.stringMatching(/^Left out by default: .*\.env/));
		expect((await sandbox.indexFiles('.env')).skipped).toEqual({ ignored: 1 });

		const all = await sandbox.index({ defaultExcludes: false });
		expect(all.walk).not.toHaveProperty('leftOut');
		expect(sandbox.indexed()).toEqual([...files].sort());
		sandbox.write('.env.local', 'text');
		expect(await sandbox.indexFiles('.env.local')).toMatchObject({ indexed: 1 });
		expect((await sandbox.index()).walk).toMatchObject({ removed: 5 });
	});

	test('is never what git tracks', async () => {
		const sandbox = createSandbox();
		sandbox.git('init', '-q');
		for (const name of ['.env', 'node_modules/p/x.js']) sandbox.write(name, name);
		sandbox.git('add', '.');
		sandbox.write('.env.local', 'text');
		expect((await sandbox.index()).walk).toMatchObject({ leftOut: { '.env.*': 1 } });
		expect(sandbox.indexed()).toEqual(['.env', 'node_modules/p/x.js']);
	});
});

describe.skipIf(process.platform === 'win32')('a pipe where git looks for patterns', () => {
	test.each(['sub/.gitignore', '.git/info/exclude', '../config/git/ignore', '../mine'])(
		'holds nothing up: %s',
		async (path) => {
			const sandbox = createSandbox();
			sandbox.git('init', '-q');
			for (const name of ['.gitignore', 'a', 'sub/b', 'sub/c.log']) sandbox.write(name, '*.log\n');
			const pipe = join(sandbox.root, path);
			mkdirSync(join(pipe, '..'), { recursive: true });
			rmSync(pipe, { force: true });
			execFileSync('mkfifo', [pipe]);
			if (path === '../mine') {
				writeFileSync(join(sandbox.root, '../.gitconfig'), `[core]\n\texcludesFile = ${pipe}\n`);
			}
			await sandbox.index();
			expect(sandbox.indexed()).toEqual(['.gitignore', 'a', 'sub/b']);
			expect(sandbox.lines).toContainEqual(expect.stringMatching(/is a pipe.*counts as empty/));
			expect(existsSync(pipe)).toBe(true);
		},
		60_000,
	);
});

test.skipIf(process.platform === 'win32')(
	'a pipe that a worktree shares with its repository holds nothing up',
	async () => {
		const sandbox = createSandbox();
		const main = join(sandbox.root, '../main');
		sandbox.git('init', '-q', main);
		sandbox.git('-C', main, 'commit', '-qm', 'first', '--allow-empty');
		rmSync(sandbox.root, { recursive: true });
		execFileSync('git', ['-C', main, 'worktree', 'add', '-q', sandbox.root], { env: sandbox.env });
		rmSync(join(main, '.git/info/exclude'), { force: true });
		execFileSync('mkfifo', [join(main, '.git/info/exclude')]);
		sandbox.write('a', 'text');
		await sandbox.index();
		expect(sandbox.indexed()).toEqual(['a']);
		expect(sandbox.lines).toContainEqual(expect.stringMatching(/info.exclude is a pipe/));
	},
	60_000,
);

test.skipIf(process.getuid?.() !== 0)(
	"a person's own core.excludesFile holds where git refuses the folder",
	async () => {
		const sandbox = createSandbox();
		sandbox.git('init', '-q');
		for (const name of ['a', 'b.mine', 'c.default']) sandbox.write(name, 'text');
		mkdirSync(join(sandbox.root, '../config/git'), { recursive: true });
		writeFileSync(join(sandbox.root, '../config/git/ignore'), '*.default\n');
		execFileSync('chown', ['-R', '65534', sandbox.root]);
		await sandbox.index();
		expect(sandbox.indexed()).toEqual(['a', 'b.mine']);
		expect(sandbox.lines).toContainEqual(expect.stringContaining('dubious ownership'));
		writeFileSync(join(sandbox.root, '../patterns'), '*.mine\n');
		writeFileSync(join(sandbox.root, '../.gitconfig'), '[core]\n\texcludesFile = ~/patterns\n');
		await sandbox.index();
		expect(sandbox.indexed()).toEqual(['a', 'c.default']);
	},
);
