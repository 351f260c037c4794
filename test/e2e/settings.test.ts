/** Settings of the daemon in the editor's own settings: set once, taken back by emptying. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import type { DaemonConnection } from '../../shared/client/connection.ts';
import { Editor } from './editor.ts';
import type { Workbench } from './pages/workbench.ts';
import { PATIENCE_MS } from './patience.ts';
import { makeWorkspace } from './workspace.ts';

describe('the settings', () => {
	let editor: Editor;
	let workbench: Workbench;
	let connection: DaemonConnection;

	beforeAll(async () => {
		editor = await Editor.start();
		workbench = await editor.open({ folder: makeWorkspace('cellar', 2) });
		await workbench.jobs.openEmpty();
		connection = await editor.connect();
	});
	afterAll(async () => {
		connection.dispose();
		await editor.stop();
	});
	afterEach(({ task }) => editor.keepEvidence(task));

	it('reach the daemon in its units, and emptied it decides again', async () => {
		await workbench.run('Preferences: Open Settings (UI)');
		const search = workbench.page.locator('.settings-editor .suggest-input-container');
		await search.click();
		await workbench.page.keyboard.type('@ext:semantica.semantica keep');
		const days = workbench.page
			.locator('.settings-editor .setting-item-contents')
			.filter({ hasText: /Keep: Days/ });
		await days.waitFor();
		await workbench.page.screenshot({ path: picture('keep') });
		const field = days.locator('input');
		await field.fill('3');
		await becomes(3 * 86_400_000);
		// As long as the field has the focus the editor may draw it with the value of before: empty already.
		await field.blur();
		await vi.waitUntil(async () => (await field.inputValue()) === '3', { timeout: PATIENCE_MS });
		await field.fill('');
		await becomes(14 * 86_400_000);
		await workbench.page.screenshot({ path: picture('emptied') });
	});

	const becomes = async (expected: number) => {
		const value = async () => (await connection.request('settings/get', {})).values['retentionMs'];
		await vi.waitUntil(async () => (await value()) === expected, { timeout: PATIENCE_MS });
		expect(await value()).toBe(expected);
	};
});

function picture(name: string): string {
	const results = join(import.meta.dirname, '../../test-results/e2e');
	mkdirSync(results, { recursive: true });
	return join(results, `settings-${name}.png`);
}
