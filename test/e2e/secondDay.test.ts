/** What a person wants of jobs on the second day: their story, their ids, their folders, and an empty list. */
import { realpathSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { DaemonConnection } from '../../shared/client/connection.ts';
import { Editor } from './editor.ts';
import { insist } from './pages/insist.ts';
import type { Workbench } from './pages/workbench.ts';
import { makeWorkspace } from './workspace.ts';

describe('the second day', () => {
	let editor: Editor;
	let folder: string;
	let workbench: Workbench;
	let person: DaemonConnection;

	beforeAll(async () => {
		editor = await Editor.start();
		folder = realpathSync(makeWorkspace('bakery', 3));
		workbench = await editor.open({ folder });
		await workbench.jobs.open();
		await workbench.run('Semantica: Index Workspace');
		await workbench.jobs.group('Finished').waitFor();
		await workbench.jobs.widen(80);
		person = await editor.connect();
		const command = (line: string, more: object = {}) => ({
			type: 'command',
			command: {
				command: '/bin/sh',
				args: ['-c', line],
				cwd: join(folder, 'src'),
				env: { OVEN: 'x' },
			},
			...more,
		});
		await person.request('job/enqueue', {
			jobs: [
				command('echo one; echo "flour is out" >&2; exit 3', { title: 'bake bread' }),
				command('true', { title: 'bake tomorrow', runAt: Date.now() + 86_400_000 }),
			],
		});
		await workbench.jobs.row('bake bread').filter({ hasText: 'exit code 3' }).waitFor();
	});
	afterAll(async () => {
		person?.dispose();
		await editor.stop();
	});
	afterEach(({ task }) => editor.keepEvidence(task));

	const picture = async (name: string) => {
		const pictures = process.env['SEMANTICA_PICTURES'];
		if (pictures !== undefined) {
			await workbench.page.screenshot({ path: join(pictures, `${name}.png`) });
		}
	};
	const lines = (text: string) => workbench.page.locator('.view-line').filter({ hasText: text });

	it('a job tells its whole story in a document', async () => {
		await workbench.jobs.choose(workbench.jobs.row('bake bread'), 'Show Details');
		await workbench.activeTab.filter({ hasText: 'bake bread' }).waitFor();
		for (const text of ['exit code 3', 'OVEN', 'flour is out', 'Run 1:']) {
			await lines(text).first().waitFor();
		}
		await picture('details');
	});

	it('says why it waits, and leads to what helps', async () => {
		await workbench.jobs.choose(workbench.jobs.row('bake tomorrow'), 'Explain Why Waiting');
		const told = workbench.notification('bake tomorrow: Waiting for its start time');
		await told.getByText('Show Details', { exact: true }).click();
		await workbench.activeTab.filter({ hasText: 'bake tomorrow' }).waitFor();
		await lines('Why it does not run').first().waitFor();
		await picture('details-waiting');
	});

	it('shows its folder in the explorer', async () => {
		await workbench.jobs.choose(workbench.jobs.row('bake bread'), 'Reveal Folder');
		const src = workbench.page.locator('.explorer-folders-view .monaco-list-row.focused');
		await src.filter({ hasText: 'src' }).waitFor();
		await workbench.jobs.open();
	});

	it('has one text for whoever helps, without a secret', async () => {
		await workbench.run('Semantica: Diagnose');
		await workbench.activeTab.filter({ hasText: 'Semantica Diagnosis' }).waitFor();
		await lines('Daemon ').first().waitFor();
		await lines('ok ').first().waitFor();
		await picture('diagnosis');
		expect(await lines('bake').count()).toBe(0);
	});

	it('clears what has finished after a look at how many, and leaves what failed', async () => {
		const left = async () =>
			(await person.request('job/list', { filter: { parentId: null } })).jobs
				.map(({ title }) => title)
				.sort();
		await workbench.run('Semantica: Clear Finished');
		await workbench.dialog.filter({ hasText: 'Remove 1 finished job' }).waitFor();
		await picture('clear-finished');
		await workbench.dialog.getByRole('button', { name: 'Clear Finished', exact: true }).click();
		await workbench.statusItem('1 removed.').waitFor();
		expect(await left()).toEqual(['bake bread', 'bake tomorrow']);
		// The same wish half a second later would be a double click, which does nothing.
		const none = workbench.notification('No job has finished.');
		await insist(none, () => workbench.run('Semantica: Clear Finished'));
	});
});
