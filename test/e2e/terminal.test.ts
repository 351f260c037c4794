/** What the editor's terminals have of Semantica. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { Editor } from './editor.ts';
import type { Workbench } from './pages/workbench.ts';
import { PATIENCE_MS } from './patience.ts';
import { makeWorkspace } from './workspace.ts';

describe('a terminal', () => {
	const folder = makeWorkspace('harbour', 2);
	let editor: Editor;
	let workbench: Workbench;

	beforeAll(async () => {
		editor = await Editor.start();
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
	});
});

function said(folder: string): string | undefined {
	try {
		return readFileSync(join(folder, 'said.txt'), 'utf8');
	} catch {
		return undefined;
	}
}
