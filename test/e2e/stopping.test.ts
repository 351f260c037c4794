/** A daemon that a person stops stays away until somebody needs it, in every window; and what files and folders offer. */
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { Editor } from './editor.ts';
import { chooseFromMenu } from './pages/contextMenu.ts';
import type { Workbench } from './pages/workbench.ts';
import { makeWorkspace } from './workspace.ts';

describe('a person', () => {
	let editor: Editor;
	let workbench: Workbench;
	let folder: string;

	beforeAll(async () => {
		editor = await Editor.start();
		folder = makeWorkspace('bakery', 3);
		workbench = await editor.open({ folder });
		await workbench.jobs.openEmpty();
		await workbench.jobs.widen(110);
	});
	afterAll(() => editor.stop());
	afterEach(({ task }) => editor.keepEvidence(task));

	const row = (title: string) => workbench.jobs.row(title);
	const picture = async (name: string) => {
		const pictures = process.env['SEMANTICA_PICTURES'];
		if (pictures === undefined) return;
		await workbench.page.screenshot({ path: join(pictures, `${name}.png`) });
	};
	const enqueue = async (title: string, line: string) => {
		const person = await editor.connect();
		const command = { command: '/bin/sh', args: ['-c', line], env: { PATH: '/usr/bin:/bin' } };
		await person.request('job/enqueue', {
			jobs: [{ type: 'command', title, command, workspace: pathToFileURL(folder).href }],
		});
		person.dispose();
	};

	it('runs a command in the folder of a file', async () => {
		await workbench.run('View: Show Explorer');
		const readme = workbench.page
			.locator('.explorer-folders-view .monaco-list-row')
			.filter({ hasText: 'src' })
			.first();
		await chooseFromMenu(workbench.page, readme, 'Run Command as Job…', () =>
			picture('explorer-menu'),
		);
		await workbench.quickInput.title.filter({ hasText: 'in the Folder of src' }).waitFor();
		await workbench.quickInput.fill('pwd');
		await workbench.quickInput.accept();
		await workbench.output.line(join(folder, 'src')).first().waitFor();
		await workbench.run('View: Toggle Panel Visibility');
		await workbench.jobs.open();
	});

	it('stops the daemon after a look at what that ends, and has it again at need', async () => {
		const other = await editor.open({ folder: makeWorkspace('harbour', 2) });
		await other.jobs.open();
		await enqueue('heat oven', 'sleep 1000');
		await row('heat oven').filter({ hasText: 'running' }).waitFor();
		// A window that has not joined the daemon yet would start one of its own.
		await other.jobs.row('Other Workspaces').waitFor();
		await workbench.run('Semantica: Stop Daemon…');
		await workbench.dialog.filter({ hasText: 'interrupted and fail: heat oven' }).waitFor();
		await picture('stop-daemon');
		await workbench.dialog.getByRole('button', { name: 'Stop Now', exact: true }).click();
		const stopped = async () => {
			for (const window of [workbench, other]) {
				await window.jobs.welcome
					.filter({ hasText: 'The Semantica daemon does not run' })
					.waitFor();
			}
		};
		await stopped();
		await picture('stopped');
		expect(await workbench.notifications.count()).toBe(0);
		await workbench.jobs.welcome.getByRole('button', { name: 'Start Daemon' }).click();
		await row('heat oven').filter({ hasText: 'interrupted' }).waitFor();
		// With nothing to end it is gone at once.
		await other.jobs.welcome.getByRole('button', { name: 'Start Daemon' }).click();
		// Beside it stands for a moment that the daemon runs.
		await other.statusItem(/^\W*Semantica$/).waitFor();
		await workbench.run('Semantica: Stop Daemon…');
		await stopped();
		await other.close();
	});
});
