/** The stranger's way: index from the palette, watch, read the log, find a word, land on its line. */
import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { daemonState, until } from './daemon.ts';
import { Editor } from './editor.ts';
import type { Workbench } from './pages/workbench.ts';
import { PATIENCE_MS } from './patience.ts';
import { makeWorkspace, RARE } from './workspace.ts';

describe('a workspace', () => {
	let editor: Editor;
	let folder: string;
	let workbench: Workbench;

	beforeAll(async () => {
		editor = await Editor.start();
		folder = makeWorkspace('shop', 1_500);
		workbench = await editor.open({ folder });
	});
	afterAll(() => editor.stop());
	afterEach(({ task }) => editor.keepEvidence(task));

	const search = (words: string) => workbench.search(words);

	// Indexing takes a moment: ask until it is there, as a person would.
	const untilFound = async (word: string) => {
		await workbench.quickInput.fillUntil(workbench.quickInput.row(`${RARE.file}:`), word);
		await workbench.quickInput.cancel();
	};

	it('does nothing before somebody asks', async () => {
		await until('the extension is active', () => editor.extensionLog().includes('Activated in'));
		expect(daemonState(editor.home)).toBeUndefined();
	});

	// Nothing in this window has needed a daemon before.
	it('is indexed from the palette, in sight', async () => {
		const began = Date.now();
		await workbench.run('Semantica: Index Workspace');
		await workbench.notification('shop is indexed').waitFor();
		console.log(`Palette to an index of 1,500 files: ${Date.now() - began} ms.`);
		await workbench.jobs.open();
		await workbench.jobs.group('Finished').waitFor();
		await workbench.jobs.row('Index shop').filter({ hasText: 'succeeded' }).waitFor();
	});

	it('costs the editor little: the figures are printed, for nobody can promise them here', () => {
		const figure = (what: string, pattern: RegExp) => {
			const [, ms] = pattern.exec(editor.extensionLog()) ?? [];
			expect([what, ms]).toEqual([what, expect.stringMatching(/^[\d.]+$/)]);
			console.log(`${what}: ${ms} ms.`);
		};
		figure('activate(), synchronous (budget 30 ms)', /Activated in ([\d.]+) ms/);
		figure('Connect, daemon start included', /starting → connected after (\d+) ms/);
	});

	it('has its log in an output channel, one click away', async () => {
		await workbench.jobs.row('Index shop').click();
		await workbench.output.line('Index shop: succeeded after').waitFor();
	});

	it('shows the parts of its job when it is unfolded', async () => {
		await workbench.jobs.row('Index shop').locator('.monaco-tl-twistie').click();
		await workbench.jobs.part.first().waitFor();
		await workbench.jobs.row('Index shop').first().locator('.monaco-tl-twistie').click();
		await workbench.jobs.part.first().waitFor({ state: 'detached' });
	});

	it('is searched as one types, and a hit opens at its line', async () => {
		await search(RARE.word);
		await workbench.quickInput.chosen(`${RARE.file}:${RARE.line}`).waitFor();
		await workbench.quickInput.accept();
		await workbench.activeTab.filter({ hasText: RARE.file }).waitFor();
		await workbench.cursorAt(RARE.line).waitFor();
	});

	it('says when nothing is found', async () => {
		await search('zyzzyvaUnheardOf');
		await workbench.quickInput.row('Nothing found').waitFor();
		await workbench.quickInput.cancel();
	});

	it('finds what was just saved', async () => {
		await workbench.activeTab.filter({ hasText: RARE.file }).waitFor();
		await workbench.page.locator('.part.editor .monaco-editor').first().click();
		await workbench.page.keyboard.press('ControlOrMeta+End');
		await workbench.page.keyboard.type('// freshlySavedNumbat');
		await workbench.page.keyboard.press('ControlOrMeta+s');
		await workbench.page.locator('.tab.active.dirty').waitFor({ state: 'detached' });
		await search('freshlySavedNumbat');
		await untilFound('freshlySavedNumbat');
	});

	it('indexes the current file on demand', async () => {
		appendFileSync(join(folder, RARE.path), '// writtenOutsideQuoll\n');
		await workbench.run('Semantica: Index Current File');
		await workbench.statusItem(`Index ${RARE.file}: succeeded`).waitFor();
		await search('writtenOutsideQuoll');
		await workbench.quickInput.row(`${RARE.file}:`).waitFor();
		await workbench.quickInput.cancel();
	});

	it('is brought up to date by itself when it is opened again', async () => {
		appendFileSync(join(folder, RARE.path), '// writtenWhileClosedWombat\n');
		const again = await editor.open({ folder });
		await search('writtenWhileClosedWombat');
		await untilFound('writtenWhileClosedWombat');
		await again.close();
	});

	it('is shared by all windows through one daemon', async () => {
		const other = await editor.open({ folder: makeWorkspace('office', 3) });
		await other.jobs.open();
		await other.jobs.row('Other Workspaces').filter({ hasText: 'shop' }).click();
		await other.jobs.row('Index shop').waitFor();
		await other.run('Semantica: Index Workspace');
		await workbench.jobs.row('Other Workspaces').filter({ hasText: 'office' }).click();
		await workbench.jobs.row('Index office').filter({ hasText: 'succeeded' }).waitFor();
		const clients = async () => (await editor.status()).clients;
		await expect.poll(clients, { timeout: PATIENCE_MS }).toBe(3);
		await other.close();
	});
});
