import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { createFolders } from '../../../../daemon/indexing/watching/folders.ts';
import { type WatchFolder, watchTree } from '../../../../daemon/indexing/watching/watch.ts';

function folderWith(...paths: string[]): string {
	const root = mkdtempSync(join(tmpdir(), 'semantica-watch-'));
	onTestFinished(() => rmSync(root, { recursive: true }));
	for (const path of paths) {
		mkdirSync(join(root, path, '..'), { recursive: true });
		writeFileSync(join(root, path), '');
	}
	return root;
}

/** An operating system in the test's hand, which allows so many watches. */
function system(root: string, most = Number.POSITIVE_INFINITY, code = 'ENOSPC') {
	const open = new Map<string, (kind: string, name: string | null) => void>();
	const watchFolder: WatchFolder = (path, _options, told) => {
		if (open.size >= most) throw Object.assign(new Error('no more'), { code });
		const name = path === root ? '' : path.slice(root.length + 1);
		open.set(name, told);
		const watcher = {
			close: () => void (open.get(name) === told && open.delete(name)),
			on: () => watcher as never,
		};
		return watcher;
	};
	return {
		watchFolder,
		watched: () => [...open.keys()].sort(),
		tell: (folder: string, kind: string, name: string | null) => open.get(folder)?.(kind, name),
	};
}

async function watching(root: string, os: ReturnType<typeof system>, platform: NodeJS.Platform) {
	const told: string[] = [];
	const watched = watchTree({
		root,
		folders: await foldersOf(root, ['excluded/']),
		platform,
		watchFolder: os.watchFolder,
		events: {
			changed: (path) => told.push(path),
			lost: () => told.push('LOST'),
			limited: (why) => told.push(`LIMITED ${why}`),
		},
	});
	return { told, watched };
}

const foldersOf = (root: string, exclude: readonly string[]) =>
	createFolders({
		root,
		home: join(root, '.semantica'),
		exclude,
		defaultExcludes: true,
		env: { HOME: root },
	});

test('only folders that can hold what is indexed have a watch, and come and go', async () => {
	const root = folderWith('src/a/x.ts', 'node_modules/m/x.js', 'excluded/x', '.semantica/jobs.db');
	mkdirSync(join(root, 'out'));
	mkdirSync(join(root, 'inner/.git'), { recursive: true });
	mkdirSync(join(root, 'inner/lib'));
	writeFileSync(join(root, '.gitignore'), 'out/\n');
	const os = system(root);
	const { told } = await watching(root, os, 'linux');
	expect(os.watched()).toEqual(['', 'inner', 'inner/lib', 'src', 'src/a']);

	mkdirSync(join(root, 'new/er'), { recursive: true });
	os.tell('', 'rename', 'new');
	mkdirSync(join(root, 'src/node_modules/m'), { recursive: true });
	os.tell('src', 'rename', 'node_modules');
	expect(os.watched()).toEqual(['', 'inner', 'inner/lib', 'new', 'new/er', 'src', 'src/a']);
	renameSync(join(root, 'new'), join(root, 'src/moved'));
	os.tell('', 'rename', 'new');
	os.tell('src', 'rename', 'moved');
	os.tell('src/a', 'change', 'x.ts');
	os.tell('src/a', 'change', null);
	expect(os.watched()).toEqual([
		...['', 'inner', 'inner/lib', 'src', 'src/a', 'src/moved', 'src/moved/er'],
	]);
	expect(told).toEqual([...['new', 'src/node_modules', 'new', 'src/moved', 'src/a/x.ts', 'LOST']]);

	// Another folder of the same name: the old watch would say nothing of it.
	const before = os.watched();
	renameSync(join(root, 'src/moved'), join(root, 'kept'));
	mkdirSync(join(root, 'src/moved'));
	os.tell('src', 'rename', 'moved');
	expect(os.watched()).toEqual(before.filter((folder) => folder !== 'src/moved/er'));
});

test('other rules choose other folders, and what no longer has a watch leaves room for others', async () => {
	const root = folderWith('src/x', 'out/x', 'excluded/x');
	writeFileSync(join(root, '.gitignore'), 'out/\n');
	const os = system(root, 2);
	const { told, watched } = await watching(root, os, 'linux');
	expect(os.watched()).toEqual(['', 'src']);

	writeFileSync(join(root, '.gitignore'), 'src/\n');
	watched.renew(await foldersOf(root, ['excluded/']));
	expect(os.watched()).toEqual(['', 'out']);
	watched.renew(await foldersOf(root, ['out/']));
	expect(os.watched()).toEqual(['', 'excluded']);
	expect(told).toEqual([]);
	mkdirSync(join(root, 'src/new'));
	os.tell('', 'rename', 'src');
	expect(os.watched()).toEqual(['', 'excluded']);
	watched.renew(await foldersOf(root, []));
	expect(told).toEqual(['src', expect.stringContaining('LIMITED')]);
});

test('the limit of the operating system is said once, with what to do', async () => {
	const root = folderWith('a/x', 'b/x', 'c/x');
	const { told } = await watching(root, system(root, 2), 'linux');
	expect(told).toEqual([expect.stringContaining('LIMITED Linux allows no more watches')]);
	expect(told[0]).toContain('2 folders have one');
	expect(told[0]).toContain('sudo sysctl fs.inotify.max_user_watches=');
	const [few] = (await watching(root, system(root, 1, 'EMFILE'), 'linux')).told;
	expect(few).toContain('max_user_instances');
	await expect(watching(root, system(root, 0, 'EACCES'), 'linux')).rejects.toThrow('no more');
});

test('where one watch takes all, a name that is not told is a loss', async () => {
	const root = folderWith('a/x');
	const os = system(root);
	const { told } = await watching(root, os, 'win32');
	expect(os.watched()).toEqual(['']);
	os.tell('', 'change', 'a\\x');
	os.tell('', 'change', null);
	expect(told).toEqual(['a/x', 'LOST']);
});
