import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createListing } from '../../../daemon/indexing/files/listing.ts';
import { createSandbox, type Sandbox } from './sandbox.ts';

async function list(sandbox: Sandbox, env = sandbox.env): Promise<string[]> {
	const listing = createListing(sandbox.root, {
		env,
		isExcluded: () => false,
		defaultExcludes: false,
		log: (line) => sandbox.lines.push(line),
	});
	const paths = new Set<string>();
	for await (const names of listing.list('')) for (const path of names.paths) paths.add(path);
	return [...paths].sort();
}

const withoutGit = (sandbox: Sandbox): NodeJS.ProcessEnv => ({ ...sandbox.env, PATH: '/nowhere' });

/** A tree in which every rule of gitignore that we know of has something to decide. */
function writeOddTree(sandbox: Sandbox): void {
	sandbox.write(
		'.gitignore',
		'\ufeff*.log\n!important.log\n/top\nbuild/\n# note\n\\#odd\nx/**/y\n*.s\n',
	);
	for (const path of [
		'a.log',
		'important.log',
		'top',
		'sub/top',
		'#odd',
		'x/1/2/y',
		'x/y/z',
		'a.S',
	]) {
		sandbox.write(path, path);
	}
	for (const path of ['a.s', 'build/out', 'sub/build', 'sub/build.txt', 'deep/build/keep/file']) {
		sandbox.write(path, path);
	}
	sandbox.write('sub2/.gitignore', '!*.log\n/only-here\r\nlater/\ntrailing   \n');
	for (const path of ['sub2/b.log', 'sub2/only-here', 'sub2/d/only-here', 'sub2/d/later/f']) {
		sandbox.write(path, path);
	}
	sandbox.write('sub2/trailing', '');
	sandbox.write('again/.gitignore', '*\n!.gitignore\n!kept/\n!kept/**\n');
	for (const path of ['again/no', 'again/kept/yes', 'again/other/no']) sandbox.write(path, path);
	// A folder that is let in again below the rule that keeps its like out.
	sandbox.write('in/.gitignore', '!build/\n');
	sandbox.write('in/build/file', '');
	sandbox.write('odd [n]*me/.gitignore', 'hidden\n');
	sandbox.write('odd [n]*me/hidden', '');
	sandbox.write('odd [n]*me/shown', '');
	sandbox.write('Case.txt', '1');
	sandbox.write('case.TXT', '2');
	sandbox.write('.hidden/file', '');
	symlinkSync('case.TXT', join(sandbox.root, 'link'));
	symlinkSync('..', join(sandbox.root, 'sub', 'loop'));
}

describe('git and the walker agree', () => {
	test('on a tree with nested rules, negations and names that differ in case', async () => {
		const sandbox = createSandbox();
		sandbox.git('init', '-q');
		writeOddTree(sandbox);
		sandbox.write('.git/info/exclude', 'excluded-here\n');
		sandbox.write('excluded-here', '');
		mkdirSync(join(sandbox.root, '../config/git'), { recursive: true });
		writeFileSync(join(sandbox.root, '../config/git/ignore'), '*.mine\n');
		sandbox.write('a.mine', '');
		const byGit = await list(sandbox);
		expect(sandbox.lines).toEqual([]);
		expect(byGit).toContain('case.TXT');
		expect(byGit).toContain('in/build/file');
		expect(byGit).toContain('sub/loop');
		expect(byGit).not.toContain('a.mine');
		expect(await list(sandbox, withoutGit(sandbox))).toEqual(byGit);
		expect(sandbox.lines).toEqual([expect.stringContaining('git was not found')]);
	});

	test('on random rules over random trees', async () => {
		const name = fc.constantFrom('a', 'b', 'c', 'B');
		const path = fc.array(name, { minLength: 1, maxLength: 4 }).map((names) => names.join('/'));
		const pattern = fc
			.tuple(
				fc.constantFrom('', '', '!'),
				fc.constantFrom('', '/', '**/'),
				fc.array(fc.constantFrom('a', 'b', 'c', '*', '[ab]', '?', '**'), {
					minLength: 1,
					maxLength: 3,
				}),
				fc.constantFrom('', '', '/', '/**'),
			)
			.map(([not, lead, names, end]) => `${not}${lead}${names.join('/')}${end}`);
		const rules = fc.dictionary(
			fc.constantFrom('', 'a/', 'b/', 'a/b/'),
			fc.array(pattern, { minLength: 1, maxLength: 4 }),
			{ maxKeys: 3 },
		);
		await fc.assert(
			fc.asyncProperty(
				fc.array(path, { minLength: 1, maxLength: 15 }),
				rules,
				async (paths, ignores) => {
					const sandbox = createSandbox();
					sandbox.git('init', '-q');
					for (const file of paths) {
						try {
							sandbox.write(file, '');
						} catch {
							// It is a folder already, or below a file.
						}
					}
					for (const [folder, patterns] of Object.entries(ignores)) {
						if (!existsSync(join(sandbox.root, folder))) continue;
						try {
							sandbox.write(`${folder}.gitignore`, `${patterns.join('\n')}\n`);
						} catch {
							// The folder is a file.
						}
					}
					const byGit = await list(sandbox);
					expect(await list(sandbox, withoutGit(sandbox))).toEqual(byGit);
					rmSync(join(sandbox.root, '..'), { recursive: true });
				},
			),
			{ numRuns: 60 },
		);
	});

	test('in a folder inside a repository', async () => {
		const sandbox = createSandbox();
		execFileSync('git', ['init', '-q', '..'], { cwd: sandbox.root, env: sandbox.env });
		writeFileSync(join(sandbox.root, '../.gitignore'), '*.log\n/folder/no\n');
		for (const path of ['a', 'b.log', 'no', 'sub/no']) sandbox.write(path, '');
		expect(await list(sandbox)).toEqual(['a', 'sub/no']);
		expect(await list(sandbox, withoutGit(sandbox))).toEqual(['a', 'sub/no']);
	});

	test('a folder that its repository ignores is indexed all the same', async () => {
		const sandbox = createSandbox();
		execFileSync('git', ['init', '-q', '..'], { cwd: sandbox.root, env: sandbox.env });
		writeFileSync(join(sandbox.root, '../.gitignore'), 'folder/\n');
		sandbox.write('a', '');
		expect(await list(sandbox)).toEqual(['a']);
		expect(await list(sandbox, withoutGit(sandbox))).toEqual(['a']);
	});
});

test('tracked files count even when they are ignored', async () => {
	const sandbox = createSandbox();
	sandbox.git('init', '-q');
	sandbox.write('.gitignore', '*.log\n');
	sandbox.write('tracked.log', '');
	sandbox.write('other.log', '');
	sandbox.git('add', '-f', 'tracked.log');
	expect(await list(sandbox)).toEqual(['.gitignore', 'tracked.log']);
});

test('outside of git, .gitignore files hold and nothing else is left out', async () => {
	const sandbox = createSandbox();
	writeOddTree(sandbox);
	sandbox.write('node_modules/p/index.js', '');
	sandbox.write('sub/node_modules/p/index.js', '');
	const paths = await list(sandbox);
	expect(paths).toContain('important.log');
	expect(paths).not.toContain('a.log');
	expect(paths).toContain('node_modules/p/index.js');
	expect(paths).toContain('sub/node_modules/p/index.js');
	expect(sandbox.lines).toEqual([]);
});

test('a .gitignore that is a pipe or a folder holds nothing up', async () => {
	const sandbox = createSandbox();
	for (const name of ['a/x', 'b/x', 'c/.gitignore/x']) sandbox.write(name, '');
	execFileSync('mkfifo', [join(sandbox.root, 'a/.gitignore')]);
	expect(await list(sandbox)).toEqual(['a/x', 'b/x', 'c/.gitignore/x']);
});

test('nested repositories and submodules are listed by their own rules', async () => {
	const sandbox = createSandbox();
	sandbox.git('init', '-q');
	sandbox.write('.gitignore', '*.log\n');
	for (const folder of ['nested', 'library']) {
		sandbox.write(`${folder}/a.txt`, `text of ${folder}`);
		sandbox.write(`${folder}/b.log`, 'a log');
		sandbox.write(`${folder}/c.tmp`, 'temporary');
		sandbox.write(`${folder}/.gitignore`, '*.tmp\n');
		execFileSync('git', ['init', '-q'], { cwd: join(sandbox.root, folder), env: sandbox.env });
	}
	const inside = ['-C', 'library', '-c', 'commit.gpgsign=false'];
	sandbox.git(...inside, 'add', '.');
	sandbox.git(...inside, 'commit', '-qm', 'first');
	sandbox.git('-c', 'advice.addEmbeddedRepo=false', 'add', 'library');
	// Registered, but not checked out.
	sandbox.git('update-index', '--add', '--cacheinfo', `160000,${'1'.repeat(40)},absent`);
	mkdirSync(join(sandbox.root, 'absent'));
	await sandbox.index();
	expect(sandbox.indexed()).toEqual([
		'.gitignore',
		...['library/.gitignore', 'library/a.txt', 'library/b.log'],
		...['nested/.gitignore', 'nested/a.txt', 'nested/b.log'],
	]);
});

describe('what a repository configures never runs', () => {
	test.each(['core.fsmonitor', 'core.sshCommand', 'core.pager', 'core.hooksPath'])(
		'%s',
		async (key) => {
			const sandbox = createSandbox();
			const proof = join(sandbox.root, '..', 'ran');
			const script = join(sandbox.root, '..', 'script');
			mkdirSync(script);
			for (const name of ['run', 'post-index-change', 'query-watchman']) {
				writeFileSync(join(script, name), `#!/bin/sh\ntouch '${proof}'\n`);
				chmodSync(join(script, name), 0o755);
			}
			sandbox.git('init', '-q');
			sandbox.write('a.txt', 'text');
			sandbox.git('add', '.');
			sandbox.git('config', key, key === 'core.hooksPath' ? script : join(script, 'run'));
			if (key === 'core.fsmonitor') {
				// The trap works: plain git does step into it.
				sandbox.git('ls-files', '-co', '--exclude-standard');
				sandbox.git('status');
				expect(existsSync(proof)).toBe(true);
				rmSync(proof);
			}
			await sandbox.index();
			await sandbox.indexFiles('a.txt', 'new.txt');
			expect(sandbox.indexed()).toEqual(['a.txt']);
			expect(existsSync(proof)).toBe(false);
		},
	);

	test('nor does a program called git in the folder', async () => {
		const sandbox = createSandbox();
		sandbox.git('init', '-q');
		for (const name of ['git', 'git.exe', 'git.cmd']) {
			sandbox.write(name, `#!/bin/sh\ntouch '${join(sandbox.root, '../ran')}'\n`);
			chmodSync(join(sandbox.root, name), 0o755);
		}
		await sandbox.index();
		expect(sandbox.indexed()).toHaveLength(3);
		expect(existsSync(join(sandbox.root, '../ran'))).toBe(false);
	});

	test('an environment that points git elsewhere is ignored', async () => {
		const sandbox = createSandbox();
		sandbox.git('init', '-q');
		sandbox.write('a.txt', '');
		const elsewhere = {
			...sandbox.env,
			GIT_DIR: tmpdir(),
			GIT_WORK_TREE: '/',
			GIT_CONFIG_COUNT: '9',
		};
		expect(await list(sandbox, elsewhere)).toEqual(['a.txt']);
	});
});

describe('where git refuses, the walker takes over and says so', () => {
	test('a repository that is none', async () => {
		const sandbox = createSandbox();
		sandbox.write('.git', 'gitdir: /nowhere\n');
		sandbox.write('.gitignore', 'no\n');
		sandbox.write('yes', '');
		sandbox.write('no', '');
		expect(await list(sandbox)).toEqual(['.gitignore', 'yes']);
		expect(sandbox.lines).toEqual([expect.stringMatching(/git refused .*without git/)]);
	});

	test.skipIf(process.getuid?.() !== 0)('a repository of somebody else', async () => {
		const sandbox = createSandbox();
		sandbox.git('init', '-q');
		sandbox.write('yes', '');
		execFileSync('chown', ['-R', '65534', sandbox.root]);
		expect(await list(sandbox)).toEqual(['yes']);
		expect(sandbox.lines).toEqual([expect.stringContaining('dubious ownership')]);
	});
});

test('names with spaces, line breaks, quotes and other scripts', async () => {
	const names = [
		'a b',
		' lead',
		'new\nline',
		'tab\t"q"',
		"it's",
		'ümläut',
		'日本',
		'-n',
		':(top)x',
		'*',
	];
	for (const git of [true, false]) {
		const sandbox = createSandbox();
		if (git) sandbox.git('init', '-q');
		for (const name of names) sandbox.write(name, `text of ${name}`);
		await sandbox.index();
		expect(sandbox.indexed()).toEqual([...names].sort());
		expect((await sandbox.indexFiles(...names)).unchanged).toBe(names.length);
	}
});

test.skipIf(process.platform !== 'linux')(
	'names that are not UTF-8 are skipped with that reason',
	async () => {
		for (const git of [true, false]) {
			const sandbox = createSandbox();
			if (git) sandbox.git('init', '-q');
			sandbox.write('fine', 'text');
			const bad = Buffer.concat([Buffer.from(`${sandbox.root}/caf`), Buffer.from([0xe9])]);
			writeFileSync(bad, 'text');
			const folder = Buffer.concat([Buffer.from(`${sandbox.root}/dir`), Buffer.from([0xff])]);
			mkdirSync(folder);
			writeFileSync(Buffer.concat([folder, Buffer.from('/file')]), 'text');
			await sandbox.index();
			expect(sandbox.indexed()).toEqual(['fine']);
			expect(sandbox.skipped()).toMatchObject({ '/caf\\351': 'name' });
			expect(sandbox.lines).toContain('skipped, name: /caf\\351');
			expect((await sandbox.index()).walk).toMatchObject({ changed: 0, removed: 0 });
		}
	},
);
