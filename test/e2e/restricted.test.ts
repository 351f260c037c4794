/** In Restricted Mode nothing runs: no daemon, no job, not even a data folder. */
import { existsSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { Editor } from './editor.ts';
import { insist } from './pages/insist.ts';
import type { Workbench } from './pages/workbench.ts';
import { commit, makeWorkspace } from './workspace.ts';

describe('an untrusted folder', () => {
	const folder = makeWorkspace('stranger', 3);
	let editor: Editor;
	let workbench: Workbench;

	beforeAll(async () => {
		editor = await Editor.start({ trusted: false });
		workbench = await editor.open({ folder });
		await workbench.statusItem('Restricted Mode').waitFor();
	});
	afterAll(() => editor.stop());
	afterEach(({ task }) => editor.keepEvidence(task));

	it('says so in the view', async () => {
		await workbench.jobs.open();
		await workbench.jobs.welcome.filter({ hasText: 'Restricted Mode' }).waitFor();
	});

	it('offers only what it would not refuse', async () => {
		await workbench.page.keyboard.press('F1');
		await workbench.quickInput.fill('>Semantica: ');
		await workbench.quickInput.row('Semantica: Show Daemon Log').waitFor();
		// The editor has one of its own that shows the view.
		const ours = workbench.quickInput.row(/^\s*Semantica: (?!Focus on)/);
		expect(await ours.count()).toBe(1);
		await workbench.quickInput.cancel();
		for (const action of ['Search Index', 'Index Workspace', 'Run Command as Job…']) {
			expect([action, await workbench.jobs.titleAction(action).count()]).toEqual([action, 0]);
		}
	});

	it('refuses what a link asks for, with a way out', async () => {
		await workbench.run('Welcome: Open Walkthrough');
		await workbench.quickInput.fill('Semantica');
		await workbench.quickInput.row('Get Started with Semantica').click();
		await workbench.page
			.locator('.part.editor .monaco-button')
			.filter({ hasText: 'Index Workspace' })
			.click();
		await workbench.dismissListed('runs nothing in Restricted Mode', async (refusal) => {
			await refusal.getByText('Manage Workspace Trust').waitFor();
		});
	});

	it('starts nothing', () => {
		expect(existsSync(editor.home)).toBe(false);
	});

	it('works as soon as it is trusted', async () => {
		await workbench.jobs.open();
		await workbench.jobs.welcome.getByText('Manage Workspace Trust').click();
		await workbench.page
			.locator('.workspace-trust-editor')
			.getByText('Trust', { exact: true })
			.first()
			.click();
		await workbench.jobs.welcome.filter({ hasText: 'There are no jobs yet' }).waitFor();
		await workbench.jobs.titleAction('Index Workspace').waitFor();
	});

	it('notices commits from then on', async () => {
		const connection = await editor.connect();
		await connection.request('job/enqueue', {
			jobs: [
				{
					type: 'command',
					title: 'Ship it',
					command: { command: '/bin/true' },
					workspace: pathToFileURL(folder).href,
					constraints: { event: 'git.commit' },
				},
			],
		});
		connection.dispose();
		const row = workbench.jobs.row('Ship it');
		await row.filter({ hasText: 'git.commit' }).waitFor();
		// What is committed before the editor's git has looked for the first time is no news.
		await insist(row.filter({ hasText: 'succeeded' }), async () => commit(folder));
	});
});
