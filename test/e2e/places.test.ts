/** Windows and folders in which nothing, or not everything, can work. */
import { mkdirSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, it } from 'vitest';
import { UNSHARE } from '../support/mounts.ts';
import { Editor, type EditorOptions } from './editor.ts';
import { makeWorkspace, RARE } from './workspace.ts';

describe('a window', () => {
	let editor: Editor;
	beforeAll(async () => {
		editor = await Editor.start();
	});
	afterAll(() => editor.stop());
	afterEach(({ task }) => editor.keepEvidence(task));

	it('without a folder runs commands, and says what indexing needs', async () => {
		const workbench = await editor.open();
		await workbench.jobs.open();
		await workbench.jobs.welcome.filter({ hasText: 'Open a folder to index' }).waitFor();
		await workbench.run('Semantica: Index Workspace');
		await workbench.notification('no folder to index').getByText('Open Folder').waitFor();
		await workbench.run('Semantica: Index Current File');
		await workbench.notification('Open the file to index').waitFor();
		await workbench.run('Semantica: Run Command as Job…');
		await workbench.quickInput.title.filter({ hasText: 'Run Command' }).waitFor();
		await workbench.quickInput.fill('node -p 6*7');
		await workbench.quickInput.accept();
		await workbench.quickInput.row('Run Directly').click();
		await workbench.output.wholeLine('42').waitFor();
	});

	it('on a workspace of two folders indexes and searches both', async () => {
		const folders = ['north', 'south'].map((name) => ({ path: makeWorkspace(name, 2) }));
		const file = join(dirname(folders[0]?.path ?? ''), 'poles.code-workspace');
		writeFileSync(file, JSON.stringify({ folders }));
		const workbench = await editor.open({ workspace: file });
		await workbench.jobs.open();
		await workbench.run('Semantica: Index Workspace');
		for (const name of ['north', 'south']) {
			await workbench.jobs.row(`Index ${name}`).filter({ hasText: 'succeeded' }).waitFor();
		}
		await workbench.search(RARE.word);
		await workbench.quickInput.row(`${RARE.file}:${RARE.line}`).nth(1).waitFor();
		await workbench.quickInput.cancel();
	});

	it('in which only a part was indexed searches that part, and keeps it current', async () => {
		const folder = makeWorkspace('partly', 2);
		const workbench = await editor.open({ folder });
		const part = workbench.page
			.locator('.explorer-folders-view .monaco-list-row')
			.filter({ hasText: 'src' });
		await workbench.jobs.choose(part, 'Index Folder…');
		const indexed = workbench.notification('src is indexed');
		await indexed.getByRole('button', { name: 'Search Index' }).click();
		await workbench.quickInput.title.filter({ hasText: 'Search Index' }).waitFor();
		await workbench.quickInput.fill(RARE.word);
		await workbench.quickInput.chosen(`${RARE.file}:${RARE.line}`).waitFor();
		await workbench.quickInput.accept();
		await workbench.activeTab.filter({ hasText: RARE.file }).waitFor();
		await workbench.page.locator('.part.editor .monaco-editor').first().click();
		await workbench.page.keyboard.press('ControlOrMeta+End');
		await workbench.page.keyboard.type('// savedInPartBilby');
		await workbench.page.keyboard.press('ControlOrMeta+s');
		await workbench.page.locator('.tab.active.dirty').waitFor({ state: 'detached' });
		await workbench.search('savedInPartBilby');
		const hit = workbench.quickInput.row(`${RARE.file}:`);
		await workbench.quickInput.fillUntil(hit, 'savedInPartBilby');
		await workbench.quickInput.cancel();
	});

	it('whose folder was deleted says so, and works when it is there again', async () => {
		const folder = makeWorkspace('gone', 2);
		const workbench = await editor.open({ folder });
		await workbench.jobs.open();
		await workbench.statusItem(/^\s*Semantica\s*$/).waitFor();
		rmSync(folder, { recursive: true });
		await workbench.run('Semantica: Index Workspace');
		await workbench.notification('does not exist any more').waitFor();
		await workbench.clearNotifications();
		await workbench.run('Semantica: Run Command as Job…');
		await workbench.notification('gone is not there any more').waitFor();
		await workbench.clearNotifications();
		// It is there again: a checkout of another branch, say.
		mkdirSync(folder);
		writeFileSync(join(folder, 'again.ts'), `export const ${RARE.word} = 1;\n`);
		await workbench.run('Semantica: Index Workspace');
		await workbench.jobs.row('Index gone').filter({ hasText: 'succeeded' }).waitFor();
		await workbench.search(RARE.word);
		await workbench.quickInput.row('again.ts:1').waitFor();
		await workbench.quickInput.cancel();
	});

	it('on a workspace without any folder says what indexing needs', async () => {
		const workbench = await editor.open();
		const file = join(dirname(makeWorkspace('nowhere', 1)), 'empty.code-workspace');
		writeFileSync(file, JSON.stringify({ folders: [] }));
		const { origin } = new URL(workbench.page.url());
		await workbench.page.goto(`${origin}/?${new URLSearchParams({ workspace: file })}`);
		await workbench.ready();
		await workbench.run('Semantica: Index Workspace');
		await workbench.notification('no folder to index').waitFor();
	});
});

describe('an editor', () => {
	let editor: Editor;
	const start = async (options: EditorOptions) => {
		editor = await Editor.start(options);
		return editor;
	};
	afterEach(async ({ task }) => {
		await editor.keepEvidence(task);
		await editor.stop();
	});

	it('whose data folder cannot be written says which, and recovers', async () => {
		const folder = makeWorkspace('full', 2);
		const blocker = join(dirname(folder), 'blocked');
		writeFileSync(blocker, 'a file where the data folder should be');
		const workbench = await (await start({ home: blocker })).open({ folder });
		await workbench.jobs.open();
		await workbench.jobs.view.getByText(`cannot write to its data folder ${blocker}`).waitFor();
		await workbench.statusItem('daemon not running').waitFor();
		rmSync(blocker);
		mkdirSync(blocker);
		await workbench.jobs.row('Try Again').click();
		await workbench.jobs.welcome.filter({ hasText: 'There are no jobs yet' }).waitFor();
	});

	it.skipIf(UNSHARE === undefined)(
		'whose disk is read-only says so, and afterwards indexes and runs what it can',
		async () => {
			const folder = realpathSync(makeWorkspace('museum', 2));
			const home = join(dirname(folder), 'home');
			mkdirSync(home, { mode: 0o700 });
			const editor = await start({ home, readOnly: [home, folder] });
			const workbench = await editor.open({ folder });
			await workbench.jobs.open();
			await workbench.jobs.view.getByText(`cannot write to its data folder ${home}`).waitFor();
			await workbench.page.screenshot({ path: picture('read-only') });
			editor.writable(home);
			await workbench.jobs.row('Try Again').click();
			await workbench.jobs.welcome.filter({ hasText: 'There are no jobs yet' }).waitFor();
			await workbench.run('Semantica: Index Workspace');
			await workbench.jobs.row('Index museum').filter({ hasText: 'succeeded' }).waitFor();
			await workbench.run('Semantica: Run Command as Job…');
			await workbench.quickInput.title.filter({ hasText: 'Run Command' }).waitFor();
			await workbench.quickInput.fill('touch vase');
			await workbench.quickInput.accept();
			await workbench.output.line('Read-only file system').waitFor();
			await workbench.jobs.row('touch vase').filter({ hasText: 'exit code 1' }).waitFor();
		},
	);

	it('whose installation lost the daemon says so', async () => {
		const editor = await start({ withoutFile: 'dist/daemon.js' });
		const workbench = await editor.open({ folder: makeWorkspace('bare', 2) });
		await workbench.run('Semantica: Index Workspace');
		await workbench.notification('Reinstall Semantica').waitFor();
	});
});

function picture(name: string): string {
	const folder = join(import.meta.dirname, '../../test-results/e2e');
	mkdirSync(folder, { recursive: true });
	return join(folder, `places-${name}.png`);
}
