/** What the editor's terminals have of Semantica, and logs in terminals and as files. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Locator } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { Editor } from './editor.ts';
import { makeGate } from './gate.ts';
import { insist } from './pages/insist.ts';
import type { Workbench } from './pages/workbench.ts';
import { PATIENCE_MS } from './patience.ts';
import { makeWorkspace, RARE } from './workspace.ts';

describe('a terminal', () => {
	const folder = makeWorkspace('harbour', 2);
	let editor: Editor;
	let workbench: Workbench;

	beforeAll(async () => {
		// Drawn on a canvas, nothing could be read from the page.
		const settings = { 'terminal.integrated.gpuAcceleration': 'off' };
		editor = await Editor.start({ settings });
		workbench = await editor.open({ folder });
		await workbench.jobs.openEmpty();
	});
	afterAll(() => editor.stop());
	afterEach(({ task }) => editor.keepEvidence(task));

	it('knows the command, for the data folder of the window', async () => {
		await workbench.run('Terminal: Create New Terminal');
		await workbench.page.locator('.terminal-wrapper.active .xterm-screen').waitFor();
		await workbench.page.keyboard.type('semantica run --wait -- echo moored > said.txt\n');
		await vi.waitUntil(() => said(folder) === 'moored\n', { timeout: PATIENCE_MS });
		await workbench.jobs.open();
		await workbench.jobs.row('echo moored').waitFor();
		expect(said(folder)).toBe('moored\n');
		await workbench.run('Terminal: Kill All Terminals');
	});

	it('shows a log with its colours and what it draws again, and nothing else of its codes', async () => {
		const connection = await editor.connect();
		const line = [
			"printf 'loading 10%%\\rloading 99%%\\n'",
			"printf '\\033[31mred\\033[0m \\033]0;stolen title\\007and plain\\n'",
			`echo '${RARE.path}:${RARE.line}:3 has it, /etc/hostname:1 too, gone.ts:1 not'`,
		].join('\n');
		writeFileSync(join(folder, 'paint.sh'), line);
		const command = { command: '/bin/sh', args: ['paint.sh'], cwd: folder };
		await connection.request('job/enqueue', {
			jobs: [{ type: 'command', title: 'Paint the hull\u001b]0;stolen title\u0007', command }],
		});
		connection.dispose();
		const row = workbench.jobs.row('Paint the hull');
		await row.waitFor();
		await workbench.jobs.choose(row, 'Open Log in Terminal');
		await screen('succeeded').waitFor();
		await workbench.page.screenshot({ path: picture('log') });
		expect(await screen('loading 99%').count()).toBe(1);
		expect(await screen('red and plain').count()).toBe(1);
		expect(await screen('10%').count()).toBe(0);
		expect(await workbench.page.locator('body').filter({ hasText: 'stolen title' }).count()).toBe(
			0,
		);
	});

	it('shows a log as a file, whose links open what is there, and what is elsewhere after a question', async () => {
		await workbench.jobs.choose(workbench.jobs.row('Paint the hull'), 'Open Log File');
		await workbench.activeTab.filter({ hasText: 'Paint the hull' }).waitFor();
		const link = workbench.page.locator('.part.editor .detected-link');
		await link
			.filter({ hasText: RARE.path.slice(0, 8) })
			.first()
			.waitFor();
		await workbench.page.screenshot({ path: picture('file') });
		expect(await link.filter({ hasText: 'gone.ts' }).count()).toBe(0);
		await insist(workbench.dialog.filter({ hasText: '/etc/hostname' }), () =>
			follow(link.filter({ hasText: 'hostname' }).first()),
		);
		await workbench.page.screenshot({ path: picture('question') });
		await workbench.page.keyboard.press('Escape');
		await workbench.dialog.waitFor({ state: 'detached' });
		await insist(workbench.activeTab.filter({ hasText: RARE.file }), () =>
			follow(link.filter({ hasText: 'marsupials' }).first()),
		);
		await workbench.cursorAt(RARE.line).waitFor();
	});

	it('has the file again when the window is loaded anew', async () => {
		await workbench.jobs.choose(workbench.jobs.row('Paint the hull'), 'Open Log File');
		await workbench.activeTab.filter({ hasText: 'Paint the hull' }).waitFor();
		await workbench.loadAnew('Paint');
		await workbench.activeTab.filter({ hasText: 'Paint the hull' }).waitFor();
		await workbench.page.locator('.part.editor .view-line').filter({ hasText: 'plain' }).waitFor();
		await workbench.page.screenshot({ path: picture('reload') });
	});

	it('grows in its file, is followed to its end, says when lines were written, and folds by run', async () => {
		const connection = await editor.connect();
		const gate = makeGate();
		const script = `for i in $(seq 120); do echo "knot $i"; done; ${gate.wait}; echo landfall`;
		const command = { command: '/bin/sh', args: ['-c', script], cwd: folder };
		await connection.request('job/enqueue', {
			jobs: [{ type: 'command', title: 'Sail', command }],
		});
		connection.dispose();
		const line = (text: string | RegExp) =>
			workbench.page.locator('.part.editor .view-line').filter({ hasText: text });
		const row = workbench.jobs.row('Sail');
		await row.filter({ hasText: 'running' }).waitFor();
		await workbench.jobs.chooseUntil(line('knot 3').first(), row, 'Open Log File');
		await workbench.run('Semantica: Follow Log to Its End');
		await line('knot 120').waitFor();
		const titleAction = (name: string) =>
			workbench.page.locator('.part.editor .editor-actions').getByLabel(name);
		const [follow, unfollow] = [
			titleAction('Follow Log to Its End'),
			titleAction('Stop Following Log'),
		];
		await unfollow.waitFor();
		await workbench.page.screenshot({ path: picture('followed') });
		await unfollow.click();
		await follow.waitFor();
		expect(await unfollow.count()).toBe(0);
		// The second click finds the button that takes it back, and is no wish to.
		await insist(unfollow, () => follow.dblclick());
		gate.open();
		await line('landfall').waitFor();
		// Nothing more comes, so there is nothing to follow.
		await follow.waitFor();
		await titleAction('Show or Hide Time Stamps of Log').click();
		await line(/^\d\d:\d\d:\d\d\.\d\s\[semantica\]\srun\s1/).waitFor();
		await workbench.page.screenshot({ path: picture('stamps') });
		await workbench.run('Fold All');
		await line('knot 1').first().waitFor({ state: 'detached' });
		await workbench.page.screenshot({ path: picture('folded') });
		await titleAction('Show or Hide Time Stamps of Log').click();
		await line(/^\[semantica\]\srun\s1/).waitFor();
	});

	/** Playwright's own click looks for the link again once the key has changed how it is drawn. */
	async function follow(link: Locator): Promise<void> {
		const { page } = workbench;
		const { x, y } = (await link.boundingBox()) ?? { x: 0, y: 0 };
		await page.mouse.move(x + 20, y + 5);
		await page.keyboard.down('Control');
		await page.mouse.move(x + 22, y + 6);
		await page.mouse.click(x + 22, y + 6);
		await page.keyboard.up('Control');
	}

	const screen = (text: string) =>
		workbench.page.locator('.terminal-wrapper .xterm-rows > div').filter({ hasText: text });
});

function picture(name: string): string {
	const folder = join(import.meta.dirname, '../../test-results/e2e');
	mkdirSync(folder, { recursive: true });
	return join(folder, `terminal-${name}.png`);
}

function said(folder: string): string | undefined {
	try {
		return readFileSync(join(folder, 'said.txt'), 'utf8');
	} catch {
		return undefined;
	}
}
