/** Windows and folders in which nothing, or not everything, can work. */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, it } from 'vitest';
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

	it('whose folder was deleted says so', async () => {
		const folder = makeWorkspace('gone', 2);
		const workbench = await editor.open({ folder });
		await workbench.jobs.open();
		await workbench.statusItem(/^\s*Semantica\s*$/).waitFor();
		rmSync(folder, { recursive: true });
		await workbench.run('Semantica: Index Workspace');
		await workbench.notification('does not exist any more').waitFor();
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

	it('whose installation lost the daemon says so', async () => {
		const editor = await start({ withoutFile: 'dist/daemon.js' });
		const workbench = await editor.open({ folder: makeWorkspace('bare', 2) });
		await workbench.run('Semantica: Index Workspace');
		await workbench.notification('Reinstall Semantica').waitFor();
	});
});
