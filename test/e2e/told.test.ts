/** Told in the window that a person is in: jobs of the command line, many at once, of a folder elsewhere. */
import { mkdirSync, mkdtempSync, realpathSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { DaemonConnection } from '../../shared/client/connection.ts';
import type { JobSpecInput } from '../../shared/job.ts';
import { Editor } from './editor.ts';
import type { Workbench } from './pages/workbench.ts';
import { makeWorkspace } from './workspace.ts';

describe('the end of a job that asked for it', () => {
	let editor: Editor;
	let workbench: Workbench;
	let connection: DaemonConnection;

	beforeAll(async () => {
		editor = await Editor.start({ settings: { 'semantica.notifications.longSeconds': 6 } });
		workbench = await editor.open({ folder: makeWorkspace('orchard', 2) });
		await workbench.jobs.openEmpty();
		connection = await editor.connect();
	});
	afterAll(async () => {
		connection.dispose();
		await editor.stop();
	});
	afterEach(({ task }) => editor.keepEvidence(task));

	const run = async (title: string, line: string, more: Partial<JobSpecInput> = {}) => {
		const command = { command: '/bin/sh', args: ['-c', line], env: { PATH: '/usr/bin:/bin' } };
		await connection.request('job/enqueue', {
			jobs: [{ type: 'command', title, command, notify: 'ended', ...more }],
		});
	};

	it('is said with its log and another try, whoever started it', async () => {
		await run('Prune the roses', 'echo thorns; exit 3', { notify: 'failed' });
		const notification = workbench.notification('Prune the roses failed');
		await notification.waitFor();
		await workbench.page.screenshot({ path: picture('one') });
		await notification.getByText('Show Log', { exact: true }).click();
		await workbench.output.wholeLine('thorns').waitFor();
	});

	it('names the folder that this window has not open, and no link of a title works', async () => {
		const folder = join(realpathSync(mkdtempSync(join(tmpdir(), 'semantica-told-'))), 'meadow');
		mkdirSync(folder);
		const title = 'Mow [here](command:workbench.action.quit)';
		await run(title, 'exit 1', { workspace: pathToFileURL(folder).href });
		const notification = workbench.notification('In meadow');
		await notification.waitFor();
		expect(
			await notification.locator('a[href^="command:"], a[data-href^="command:"]').count(),
		).toBe(0);
		await workbench.page.screenshot({ path: picture('elsewhere') });
		await workbench.clearNotifications();
	});

	it('is said of a long command by the window that one went to, once, and of a short one by none', async () => {
		const other = await editor.open({ folder: makeWorkspace('meadow', 2) });
		await other.jobs.open();
		// It has heard from the daemon: jobs of no folder are every window's.
		await other.jobs.row('Prune the roses').waitFor();
		const type = async (line: string) => {
			await workbench.run('Semantica: Run Command as Job…');
			await workbench.quickInput.title.filter({ hasText: 'Run Command' }).waitFor();
			await workbench.quickInput.fill(line);
			await workbench.quickInput.accept();
			await workbench.jobs
				.row(line)
				.filter({ hasText: /running|succeeded/ })
				.waitFor();
		};
		await setFocused(other, false);
		await setFocused(workbench, true);
		// Long enough to be running when the other window is looked at.
		await type('sleep 20');
		await type('sleep 1');
		await setFocused(workbench, false);
		await setFocused(other, true);
		const notification = other.notification('sleep 20');
		await notification.filter({ hasText: 'In orchard' }).waitFor();
		await other.page.screenshot({ path: picture('long') });
		await workbench.jobs.row('sleep 1').filter({ hasText: 'succeeded' }).waitFor();
		expect(await other.notifications.count()).toBe(1);
		expect(await workbench.notifications.count()).toBe(0);
		await other.close();
	});

	it('is said by the window itself while nobody looks at it', async () => {
		await setFocused(workbench, false);
		await run('sleep 7 more', 'sleep 7', { notify: 'long' });
		await workbench.notification('sleep 7 more: succeeded').waitFor();
		await setFocused(workbench, true);
		await workbench.clearNotifications();
		// Somebody who sees the row needs no more than a word.
		await run('sleep 7 again', 'sleep 7', { notify: 'long' });
		await workbench.statusItem('sleep 7 again: succeeded').waitFor();
		expect(await workbench.notifications.count()).toBe(0);
	});

	it('is said once for many, and leads to the jobs', async () => {
		for (let i = 1; i <= 12; i++) await run(`Water bed ${i}`, i % 4 === 0 ? 'exit 1' : 'true');
		const notification = workbench.notification(/ended.*failed: Water bed (4|8|12)/).first();
		await notification.waitFor();
		await workbench.page.screenshot({ path: picture('many') });
		await notification.getByText('Show Jobs', { exact: true }).click();
		await workbench.jobs.row('Water bed').first().waitFor();
	});
});

/** A browser that is driven takes each of its pages for the one in front. */
async function setFocused({ page }: Workbench, focused: boolean): Promise<void> {
	await page.evaluate((has) => {
		document.hasFocus = () => has;
		window.dispatchEvent(new Event(has ? 'focus' : 'blur'));
	}, focused);
}

function picture(name: string): string {
	const folder = join(import.meta.dirname, '../../test-results/e2e');
	mkdirSync(folder, { recursive: true });
	return join(folder, `told-${name}.png`);
}
