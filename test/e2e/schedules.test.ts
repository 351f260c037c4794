/** Schedules: made in the palette, seen in the tree, changed on their rows. */
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { DaemonConnection } from '../../shared/client/connection.ts';
import { Editor } from './editor.ts';
import type { Workbench } from './pages/workbench.ts';
import { makeWorkspace } from './workspace.ts';

const pictures = join(import.meta.dirname, '../../media/screenshots');

describe('a schedule', () => {
	let editor: Editor;
	let workbench: Workbench;
	let connection: DaemonConnection;

	beforeAll(async () => {
		editor = await Editor.start();
		workbench = await editor.open({ folder: makeWorkspace('orchard', 2) });
		await workbench.jobs.openEmpty();
		await workbench.jobs.widen(150);
		connection = await editor.connect();
	});
	afterAll(async () => {
		connection.dispose();
		await editor.stop();
	});
	afterEach(({ task }) => editor.keepEvidence(task));

	const row = (title: string | RegExp) => workbench.jobs.row(title);
	const take = async (name: string) => {
		if (process.env['SEMANTICA_SCREENSHOTS'] !== '1') return;
		await workbench.page.screenshot({ path: join(pictures, `${name}-dark.png`) });
	};

	it('is made by a line, a time whose next five are shown, and a name', async () => {
		const { quickInput } = workbench;
		await workbench.run('Semantica: Schedule Command…');
		await quickInput.title.filter({ hasText: 'Schedule Command' }).waitFor();
		await quickInput.fill('echo apples');
		await quickInput.accept();
		await quickInput.title.filter({ hasText: 'When' }).waitFor();
		await quickInput.row('every 15m').waitFor();
		await quickInput.fill('0 3 *');
		await quickInput.row('Write five cron fields').waitFor();
		await quickInput.fill('0 3 * * *');
		await quickInput.row(/3:00/).nth(4).waitFor();
		expect(await quickInput.row(/./).count()).toBe(5);
		await take('schedule');
		await quickInput.accept();
		await quickInput.title.filter({ hasText: 'Name' }).waitFor();
		await quickInput.fill('harvest');
		await quickInput.accept();
		await row('harvest')
			.filter({ hasText: /next .*3:00/ })
			.waitFor();
		await row(/^\s*Scheduled\s*1\s*$/).waitFor();
		const { schedules } = await connection.request('schedule/list', { name: 'harvest' });
		expect(schedules[0]).toMatchObject({ when: { cron: '0 3 * * *' }, enabled: true });
	});

	it('explains itself, and runs now', async () => {
		await workbench.jobs.explain(row('harvest'), [/next in \d+ (h|min)/, 'Command: echo apples']);
		await workbench.jobs.act(row('harvest'), 'Run Now');
		const job = row('echo apples').filter({ hasText: 'succeeded' });
		await job.waitFor();
		await workbench.jobs.explain(job, ['Asked by: schedule/harvest']);
	});

	it('has commands of its own in the palette, which ask for one', async () => {
		const { quickInput } = workbench;
		await workbench.run('Semantica: Resume Schedule…');
		const none = workbench.notification('No schedule is paused.');
		await none.waitFor();
		await workbench.clearNotifications();
		await workbench.run('Semantica: Pause Schedule…');
		await quickInput.title.filter({ hasText: 'Pause Schedule' }).waitFor();
		await quickInput.row('harvest').click();
		await row('harvest').filter({ hasText: 'paused' }).waitFor();
		// The one that is selected is meant: nobody is asked.
		await row('harvest').click();
		await workbench.run('Semantica: Resume Schedule…');
		await row('harvest').filter({ hasText: 'next' }).waitFor();
		expect(await quickInput.widget.isVisible()).toBe(false);
		const jobs = await connection.request('job/list', { limit: 10 });
		expect(jobs.jobs.map(({ title }) => title)).toEqual(['echo apples']);
	});

	it('says what became of its last time', async () => {
		const command = { command: 'true', args: [], env: { PATH: '/usr/bin:/bin' } };
		await connection.request('schedule/put', {
			name: 'pulse',
			spec: { type: 'command', title: 'Beat', command },
			when: { at: Date.now() + 1500 },
		});
		await row('pulse').filter({ hasText: 'will not be due again · last succeeded' }).waitFor();
		await take('scheduled');
	});

	it('is paused, resumed and removed on its row', async () => {
		await workbench.jobs.choose(row('harvest'), 'Pause');
		await row('harvest').filter({ hasText: 'paused' }).waitFor();
		await workbench.jobs.act(row('harvest'), 'Resume');
		await row('harvest').filter({ hasText: 'next' }).waitFor();
		for (const name of ['harvest', 'pulse']) {
			await workbench.jobs.choose(row(name), 'Remove');
			await workbench.dialog.getByText(`Remove the schedule ${name}?`).waitFor();
			await workbench.dialog.getByRole('button', { name: 'Remove', exact: true }).click();
			await row(name).waitFor({ state: 'detached' });
		}
		await row('Scheduled').waitFor({ state: 'detached' });
		await row('echo apples').waitFor();
	});
});
