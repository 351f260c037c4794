/** What is indexed, found again: by words with their history, as results to walk through, by name with Ctrl+T. */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { DATABASE_FILE, indexFolder } from '../../daemon/indexing/catalogue/location.ts';
import { dataPaths } from '../../shared/paths.ts';
import { semantica } from './cli.ts';
import { Editor } from './editor.ts';
import { insist } from './pages/insist.ts';
import type { Workbench } from './pages/workbench.ts';
import { makeWorkspace, RARE } from './workspace.ts';

const pictures = process.env['SEMANTICA_PICTURES'];

const OWLS = 'class Owl:\n    def boobookHooting(self):\n        pass\n';

describe('an indexed workspace', () => {
	let editor: Editor;
	let folder: string;
	let workbench: Workbench;

	beforeAll(async () => {
		editor = await Editor.start();
		folder = makeWorkspace('zoo', 40);
		// Of a language whose names nobody else knows in this editor.
		writeFileSync(join(folder, 'src/animals/owls.py'), OWLS);
		workbench = await editor.open({ folder });
		await workbench.run('Semantica: Index Workspace');
		await workbench.notification('zoo is indexed').waitFor();
		await workbench.clearNotifications();
	});
	afterAll(() => editor.stop());
	afterEach(({ task }) => editor.keepEvidence(task));

	const take = async (name: string, shown = workbench) => {
		if (pictures === undefined) return;
		mkdirSync(pictures, { recursive: true });
		await shown.page.screenshot({
			path: join(pictures, `${name}.png`),
			animations: 'disabled',
		});
	};
	const results = () => workbench.page.locator('[id="workbench.view.extension.semantica"]');
	const line = (text: string | RegExp) =>
		results().locator('.monaco-list-row').filter({ hasText: text });

	it('shows every hit by file, in a view where they are walked through and copied', async () => {
		await workbench.search('"animals of the south"');
		await workbench.quickInput.row(`${RARE.file}:1`).waitFor();
		await take('search-live');
		await workbench.quickInput.row('Open Results').click();
		await results()
			.getByText(`${RARE.line - 1} lines in 1 file`)
			.waitFor();
		// What was looked for stands out.
		await expect
			.poll(() => line('Animals of the south.').first().locator('.highlight').allTextContents())
			.toEqual(['Animals of the south']);
		await take('search-results');
		await line('Animals of the south.').nth(2).click();
		await workbench.cursorAt(3).waitFor();
		await workbench.run('Semantica: Next Result');
		await workbench.cursorAt(4).waitFor();
		await workbench.run('Semantica: Previous Result');
		await workbench.cursorAt(3).waitFor();
		await workbench.run('Semantica: Clear Results');
		await line('Animals of the south.').first().waitFor({ state: 'detached' });
	});

	it('shows a hit as one walks to it, and the place where one was to who leaves', async () => {
		const { quickInput, page } = workbench;
		await workbench.search('quokkaResonance');
		await quickInput.chosen(`${RARE.file}:${RARE.line}`).waitFor();
		await quickInput.accept();
		await workbench.cursorAt(RARE.line).waitFor();
		await workbench.search('"keeps orders and their customers"');
		await quickInput.row('service-').nth(2).waitFor();
		await insist(workbench.activeTab.filter({ hasText: /service-\d+\.ts/ }), () =>
			page.keyboard.press('ArrowDown'),
		);
		expect(await quickInput.widget.isVisible()).toBe(true);
		await take('search-preview');
		await quickInput.dismiss();
		await workbench.activeTab.filter({ hasText: RARE.file }).waitFor();
		await workbench.cursorAt(RARE.line).waitFor();
		expect(await page.locator('.part.editor .tab').count()).toBe(1);
	});

	it('knows what others wrote, without being asked', async () => {
		writeFileSync(join(folder, 'src/animals/terminal.py'), 'def writtenByBettong():\n    pass\n');
		await workbench.search('writtenByBettong');
		await workbench.quickInput.fillUntil(
			workbench.quickInput.row('terminal.py:1'),
			'writtenByBettong',
		);
		await workbench.quickInput.cancel();
	});

	it('offers what was looked for before', async () => {
		await workbench.run('Semantica: Search Index');
		await workbench.quickInput.row('"animals of the south"').click();
		await workbench.quickInput.row(`${RARE.file}:1`).waitFor();
		await workbench.quickInput.cancel();
	});

	it('is reached by name, with Ctrl+T as with its own command', async () => {
		await workbench.page.keyboard.press('ControlOrMeta+t');
		await workbench.quickInput.widget.waitFor();
		await workbench.quickInput.fillUntil(workbench.quickInput.row('boobookHooting'), '#bHoot');
		await take('symbols-ctrl-t');
		await workbench.quickInput.cancel();

		await workbench.run('Semantica: Go to Symbol in Index');
		await workbench.quickInput.title.filter({ hasText: 'Go to Symbol in Index' }).waitFor();
		await workbench.quickInput.fill('Owl.boobook');
		await workbench.quickInput.chosen('boobookHooting').waitFor();
		await take('symbols-index');
		await workbench.quickInput.accept();
		await workbench.activeTab.filter({ hasText: 'owls.py' }).waitFor();
		await workbench.cursorAt(2).waitFor();
	});

	it('says what it left out, and shows what it found elsewhere', async () => {
		const inner = join(folder, 'src/animals');
		semantica(editor.home, 'index', inner, '--wait');
		const file = join(
			indexFolder(dataPaths(editor.home), pathToFileURL(inner).href),
			DATABASE_FILE,
		);
		rmSync(`${file}-wal`, { force: true });
		writeFileSync(file, 'no database '.repeat(1_000));

		// A window learns of the indexes that others made when it meets the daemon.
		const other = await editor.open({ folder });
		await other.search('boobookHooting');
		await other.quickInput.row(`index of ${inner} is damaged`).waitFor();
		await other.quickInput.title.filter({ hasText: 'not all of it could be searched' }).waitFor();
		// Enter still takes the best hit.
		await other.quickInput.chosen('owls.py:2').waitFor();
		await take('search-left-out', other);
		await other.page.getByRole('button', { name: 'Open Results' }).click();
		await other.page.getByText(`1 line in 1 file · The index of ${inner} is damaged`).waitFor();
		await take('search-left-out-results', other);
	});
});
