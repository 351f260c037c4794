/** The Jobs view on the second day: only this workspace's jobs, those one looks for, in the order one wants. */
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { DaemonConnection } from '../../shared/client/connection.ts';
import { Editor } from './editor.ts';
import { moveAway } from './pages/contextMenu.ts';
import { insist } from './pages/insist.ts';
import type { Workbench } from './pages/workbench.ts';
import { PATIENCE_MS } from './patience.ts';
import { makeWorkspace } from './workspace.ts';

describe('the jobs of a second day', () => {
	let editor: Editor;
	let workbench: Workbench;
	let person: DaemonConnection;
	let here: string;

	beforeAll(async () => {
		editor = await Editor.start();
		here = makeWorkspace('bakery', 3);
		workbench = await editor.open({ folder: here });
		await workbench.jobs.openEmpty();
		await workbench.jobs.widen(110);
		person = await editor.connect();
		await enqueue('bake rolls', 'exit 3', here);
		await enqueue('bake bread', 'true', here);
		await enqueue('sweep floor', 'true', null);
		await row('sweep floor').filter({ hasText: 'succeeded' }).waitFor();
		await row('bake bread').filter({ hasText: 'succeeded' }).waitFor();
	});
	afterAll(async () => {
		person?.dispose();
		await editor.stop();
	});
	afterEach(({ task }) => editor.keepEvidence(task));

	const enqueue = async (title: string, line: string, folder: string | null) => {
		const command = { command: '/bin/sh', args: ['-c', line], env: { PATH: '/usr/bin:/bin' } };
		const workspace = folder === null ? null : pathToFileURL(folder).href;
		await person.request('job/enqueue', { jobs: [{ type: 'command', title, command, workspace }] });
	};
	const row = (title: string) => workbench.jobs.row(title);
	const picture = async (name: string) => {
		const pictures = process.env['SEMANTICA_PICTURES'];
		if (pictures === undefined) return;
		await workbench.page.screenshot({ path: join(pictures, `${name}.png`) });
	};
	const gone = (title: string) => row(title).waitFor({ state: 'detached' });

	it('are those of this workspace, and of others one click away, by name', async () => {
		await enqueue('mend nets', 'true', makeWorkspace('harbour', 1));
		const others = row('Other Workspaces').filter({ hasText: 'harbour' });
		await others.waitFor();
		expect(await row('mend nets').count()).toBe(0);
		await picture('others');
		await others.click();
		await row('mend nets').filter({ hasText: 'harbour · succeeded' }).waitFor();
		await picture('everywhere');
		await row('This Workspace Only').waitFor();
	});

	it('are only those of this workspace again', async () => {
		// A second click in the same place within half a second is a double click, which does nothing: it is asked again.
		// And where the mouse stayed, the tooltip of the row that was there may cover the one that is there now.
		await insist(row('Other Workspaces'), async () => {
			await moveAway(workbench.page);
			await row('This Workspace Only').click();
		});
		await gone('mend nets');
	});

	it('are filtered as one types, and by state', async () => {
		await workbench.run('Semantica: Filter Jobs…');
		await workbench.quickInput.title.filter({ hasText: 'Filter Jobs' }).waitFor();
		await workbench.quickInput.fill('BAKE');
		await gone('sweep floor');
		await row('bake rolls').waitFor();
		await workbench.quickInput.row('Failed').click();
		await gone('bake bread');
		await picture('filtering');
		await workbench.page.keyboard.press('Escape');
		await row('bake rolls').filter({ hasText: 'exit code 3' }).waitFor();
		expect(await workbench.jobs.group('Finished').count()).toBe(0);
		await picture('filtered');
		// What comes meanwhile is sifted, too.
		await enqueue('bake scones', 'exit 4', here);
		await enqueue('bake cake', 'true', here);
		await row('bake scones').filter({ hasText: 'exit code 4' }).waitFor();
		await workbench.run('Semantica: Clear Filter of Jobs');
		await row('bake cake').filter({ hasText: 'succeeded' }).waitFor();
		await row('sweep floor').waitFor();
	});

	it('stand in another order when one wants that', async () => {
		await enqueue('rest dough', 'sleep 2', here);
		await row('rest dough').filter({ hasText: 'succeeded' }).waitFor();
		await enqueue('wipe table', 'true', here);
		await row('wipe table').filter({ hasText: 'succeeded' }).waitFor();
		await workbench.run('Semantica: Filter Jobs…');
		await workbench.quickInput.row('Longest Running First').click();
		await workbench.page.keyboard.press('Escape');
		const titles = () =>
			workbench.jobs.view.locator('.monaco-list-row[aria-level="2"]').allTextContents();
		const finished = async () => (await titles()).filter((text) => text.includes('succeeded'));
		await expect
			.poll(async () => (await finished())[0], { timeout: PATIENCE_MS })
			.toContain('rest dough');
		await picture('sorted');
	});

	it('are changed by the group: only those that the view shows', async () => {
		const harbour = makeWorkspace('quay', 1);
		await enqueue('load ship', 'sleep 1000', harbour);
		await enqueue('heat oven', 'sleep 1000', here);
		await enqueue('fill oven', 'sleep 1000', here);
		await row('heat oven').filter({ hasText: 'running' }).waitFor();
		await row('fill oven').filter({ hasText: 'running' }).waitFor();
		const running = workbench.jobs.group('Running');
		await workbench.jobs.choose(running, 'Pause All of Group');
		await row('heat oven').filter({ hasText: 'paused' }).waitFor();
		await workbench.jobs.choose(running, 'Resume All of Group');
		await row('fill oven').filter({ hasText: 'running' }).waitFor();
		await workbench.jobs.choose(running, 'Cancel All of Group…');
		await workbench.dialog.filter({ hasText: 'Cancel 2 jobs?' }).waitFor();
		await picture('cancel-group');
		await workbench.dialog.getByRole('button', { name: 'Cancel Jobs', exact: true }).click();
		await row('heat oven').filter({ hasText: 'cancelled' }).waitFor();
		await row('fill oven').filter({ hasText: 'cancelled' }).waitFor();
		const left = await person.request('job/list', { filter: { state: ['running'] } });
		expect(left.jobs.map(({ title }) => title)).toEqual(['load ship']);
		await person.request('job/cancel', { ids: left.jobs.map(({ id }) => id) });
		await workbench.jobs.choose(workbench.jobs.group('Failed'), 'Remove All of Group…');
		await workbench.dialog.getByRole('button', { name: 'Remove Jobs', exact: true }).click();
		await workbench.jobs.emptyGroup('Failed').waitFor();
	});
});
