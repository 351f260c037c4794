/** Rows as a person uses them: while others come and go, by keys, several at once, and read aloud. */
import type { Locator } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { DaemonConnection } from '../../shared/client/connection.ts';
import type { JobState } from '../../shared/jobTerms.ts';
import { Editor } from './editor.ts';
import type { Workbench } from './pages/workbench.ts';
import { PATIENCE_MS } from './patience.ts';
import { makeWorkspace } from './workspace.ts';

const LONG = 'Collect every invoice of the year and send one letter for each customer';

describe('a row', () => {
	let editor: Editor;
	let workbench: Workbench;
	let connection: DaemonConnection;

	beforeAll(async () => {
		const chosen = { command: 'semantica.retry', when: 'semantica.selected == job' };
		editor = await Editor.start({ keys: [{ key: 'ctrl+alt+r', ...chosen }] });
		workbench = await editor.open({ folder: makeWorkspace('orchard', 3) });
		await workbench.jobs.openEmpty();
		connection = await editor.connect();
	});
	afterAll(async () => {
		connection.dispose();
		await editor.stop();
	});
	afterEach(({ task }) => editor.keepEvidence(task));

	const enqueue = async (title: string, line: string) => {
		const command = { command: '/bin/sh', args: ['-c', line], env: { PATH: '/usr/bin:/bin' } };
		await connection.request('job/enqueue', { jobs: [{ type: 'command', title, command }] });
	};
	const count = async (...state: JobState[]) =>
		(await connection.request('job/list', { filter: { state }, limit: 1 })).total.value;
	const row = (title: string) => workbench.jobs.row(title);

	it('is meant by a click on it while others come and go', async () => {
		await enqueue('Prune the hedge', 'exit 3');
		await row('Prune the hedge').filter({ hasText: 'exit code 3' }).waitFor();
		for (let failed = 2; failed <= 6; failed++) {
			await enqueue(`Passer-by ${failed}`, 'sleep 0.5');
			await workbench.jobs.act(row('Prune the hedge').first(), 'Retry');
			await row('Prune the hedge')
				.nth(failed - 1)
				.waitFor();
			expect(await workbench.quickInput.widget.isVisible()).toBe(false);
		}
		await expect.poll(() => count('queued', 'running'), { timeout: PATIENCE_MS }).toBe(0);
		expect(await count('failed')).toBe(6);
		await clear();
	});

	it('has its whole title where there is room, and is read aloud once', async () => {
		await enqueue(LONG, 'true');
		const long = row(LONG).filter({ hasText: 'succeeded' });
		await long.waitFor();
		// A group is drawn anew apart from its rows.
		const aloud = (one: Locator) =>
			expect.poll(() => one.getAttribute('aria-label'), { timeout: PATIENCE_MS });
		await aloud(long).toMatch(new RegExp(`^${LONG}, succeeded · [^,]*$`));
		await aloud(workbench.jobs.group('Finished')).toContain('Finished, 1 job');
		await aloud(workbench.jobs.group('Failed')).toContain('no jobs');
	});

	it('is what a command is about that was not called on one, while it is selected', async () => {
		await enqueue('Pick the pears', 'exit 4');
		await row('Pick the pears').filter({ hasText: 'exit code 4' }).click();
		await workbench.run('Semantica: Retry Job…');
		await row('Pick the pears').nth(1).waitFor();
		await expect.poll(() => count('failed'), { timeout: PATIENCE_MS }).toBe(2);
		// Nothing that is selected can be cancelled: the person is asked as ever.
		await enqueue('Water the trees', 'sleep 1000');
		await row('Water the trees').filter({ hasText: 'running' }).waitFor();
		await workbench.run('Semantica: Cancel Job…');
		await workbench.quickInput.row('Water the trees').click();
		await row('Water the trees').filter({ hasText: 'cancelled' }).waitFor();
	});

	it('is what an assigned key acts on while it is selected, wherever the focus is', async () => {
		await enqueue('Gather the nuts', 'true');
		await row('Gather the nuts').filter({ hasText: 'succeeded' }).click();
		await workbench.page.keyboard.press('Control+1');
		await workbench.page.keyboard.press('Control+Alt+r');
		await row('Gather the nuts').nth(1).waitFor();
		await expect.poll(() => count('queued', 'running'), { timeout: PATIENCE_MS }).toBe(0);
		await connection.request('job/remove', { filter: { text: 'Gather the nuts' } });
		await row('Gather the nuts').first().waitFor({ state: 'detached' });
	});

	it('is taken off the list with a key', async () => {
		await workbench.run('Semantica: Focus on Jobs View');
		const cancelled = row('Water the trees');
		await workbench.page.keyboard.press('Home');
		while (!(await cancelled.and(workbench.jobs.focused).isVisible())) {
			await workbench.page.keyboard.press('ArrowDown');
		}
		await workbench.page.keyboard.press('Delete');
		await cancelled.waitFor({ state: 'detached' });
	});

	it('keeps its menu when the selection touches a group', async () => {
		await row('Pick the pears').first().click();
		await row(LONG).click({ modifiers: ['Shift'] });
		await workbench.jobs.group('Finished').and(workbench.jobs.selected).waitFor();
		await workbench.jobs.choose(row(LONG), 'Remove');
		await workbench.jobs.welcome.filter({ hasText: 'There are no jobs yet' }).waitFor();
	});

	async function clear(): Promise<void> {
		await connection.request('job/remove', { filter: { state: ['failed', 'succeeded'] } });
		await workbench.jobs.welcome.filter({ hasText: 'There are no jobs yet' }).waitFor();
	}
});
