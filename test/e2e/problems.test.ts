/** Errors of jobs in the Problems panel: there after a run, at their line, gone when the next run of the same is clean. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { DaemonConnection } from '../../shared/client/connection.ts';
import { Editor } from './editor.ts';
import type { Workbench } from './pages/workbench.ts';
import { makeWorkspace } from './workspace.ts';

describe('what a job reports', () => {
	let editor: Editor;
	let folder: string;
	let workbench: Workbench;
	let connection: DaemonConnection;

	beforeAll(async () => {
		editor = await Editor.start();
		folder = makeWorkspace('foundry', 2);
		writeFileSync(join(folder, 'cast.c'), 'one\ntwo\nthree\n');
		workbench = await editor.open({ folder });
		await workbench.jobs.openEmpty();
		connection = await editor.connect();
	});
	afterAll(async () => {
		connection.dispose();
		await editor.stop();
	});
	afterEach(({ task }) => editor.keepEvidence(task));

	it('stands in Problems at its line until the same runs without it', async () => {
		const line =
			'[ -e mended ] || { echo "cast.c:3:2: error: the mould leaks"; echo "/nowhere/x.c:1:1: error: not here"; exit 1; }';
		const command = {
			command: 'sh',
			args: ['-c', line],
			cwd: folder,
			env: { PATH: '/usr/bin:/bin' },
		};
		const run = () =>
			connection.request('job/enqueue', {
				jobs: [{ type: 'command', title: 'Cast', command, errors: ['$gcc'] }],
			});
		await run();
		await workbench.run('Problems: Focus on Problems View');
		const { page } = workbench;
		const marker = page.locator('.markers-panel').getByText('the mould leaks');
		await marker.waitFor();
		expect(await page.locator('.markers-panel').getByText('not here').count()).toBe(0);
		await marker.click();
		await page
			.locator('.editor-status-selection', { hasText: 'Ln 3, Col 2' })
			.or(page.getByText('Ln 3, Col 2'))
			.first()
			.waitFor();
		await page.screenshot({
			path: join(import.meta.dirname, '../../test-results/e2e/problems.png'),
		});
		writeFileSync(join(folder, 'mended'), '');
		await run();
		await marker.waitFor({ state: 'detached' });
	});
});
