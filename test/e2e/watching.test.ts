/** What somebody sees who watches a job: how long it has been running, and its story as it grows. */
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { DaemonConnection } from '../../shared/client/connection.ts';
import { Editor } from './editor.ts';
import type { Workbench } from './pages/workbench.ts';
import { PATIENCE_MS } from './patience.ts';
import { makeWorkspace } from './workspace.ts';

describe('a job that is watched', () => {
	let editor: Editor;
	let workbench: Workbench;
	let person: DaemonConnection;

	beforeAll(async () => {
		editor = await Editor.start();
		workbench = await editor.open({ folder: makeWorkspace('bakery', 3) });
		await workbench.jobs.openEmpty();
		await workbench.jobs.widen(110);
		person = await editor.connect();
	});
	afterAll(async () => {
		person?.dispose();
		await editor.stop();
	});
	afterEach(({ task }) => editor.keepEvidence(task));

	const enqueue = async (title: string, line: string) => {
		const command = { command: '/bin/sh', args: ['-c', line], env: { PATH: '/usr/bin:/bin' } };
		const { jobs } = await person.request('job/enqueue', {
			jobs: [{ type: 'command', title, command }],
		});
		return jobs[0]?.id ?? '';
	};
	const row = (title: string) => workbench.jobs.row(title);
	const lines = (text: string) => workbench.page.locator('.view-line').filter({ hasText: text });
	const picture = async (name: string) => {
		const pictures = process.env['SEMANTICA_PICTURES'];
		if (pictures === undefined) return;
		await workbench.page.screenshot({ path: join(pictures, `${name}.png`) });
	};

	it('says how long it has been running, beside what it usually takes', async () => {
		await enqueue('knead dough', 'sleep 12');
		await row('knead dough').filter({ hasText: 'succeeded' }).waitFor();
		await enqueue('knead dough', 'sleep 12');
		const running = row('knead dough').filter({ hasText: /running · \d+ s, usually \d+ s/ });
		await running.waitFor();
		await picture('elapsed');
		// Read aloud it is no news.
		expect(await running.getAttribute('aria-label')).not.toContain('usually');
		await row('knead dough').filter({ hasText: 'succeeded' }).nth(1).waitFor();
	});

	it('tells its story as it grows, in a document that is there again after a reload', async () => {
		const id = await enqueue(
			'proof loaves',
			'echo loaf $((0+1)); sleep 4; echo loaf $((1+1)); sleep 1000',
		);
		await row('proof loaves').filter({ hasText: 'running' }).waitFor();
		await workbench.jobs.choose(row('proof loaves'), 'Show Details');
		await workbench.activeTab.filter({ hasText: 'proof loaves' }).waitFor();
		await lines('State:').filter({ hasText: 'running' }).waitFor();
		await lines('loaf 2').waitFor();
		await picture('details-live');
		await workbench.loadAnew(id);
		await workbench.activeTab.filter({ hasText: 'proof loaves' }).waitFor();
		await lines('loaf 2').waitFor();
		await person.request('job/cancel', { ids: [id] });
		await lines('State:').filter({ hasText: 'cancelled' }).waitFor();
		await picture('details-after-reload');
		await expect.poll(() => workbench.notifications.count(), { timeout: PATIENCE_MS }).toBe(0);
	});

	it('has one line of plain words, whatever its title is', async () => {
		const odd = 'oven\u0007 \u202egnp.\u202c **hot** [x](command:y) $(sync~spin)\nשלום';
		await enqueue(odd, 'exit 3');
		const shown = row('**hot** [x](command:y) $(sync~spin)');
		await shown.filter({ hasText: 'exit code 3' }).waitFor();
		expect(await shown.textContent()).not.toMatch(/\p{Cc}|\u202e|\u202c/u);
		await picture('odd-title');
	});

	it('is beside what the daemon and the machine are like, a click on the status bar away', async () => {
		await workbench.page
			.locator('.statusbar-item[id="semantica.semantica.semantica.status"]')
			.click();
		await workbench.quickInput.title.filter({ hasText: 'Status of Semantica' }).waitFor();
		await workbench.quickInput.row('All Queues').filter({ hasText: 'running' }).waitFor();
		await picture('status');
		await workbench.quickInput.fill('Daemon');
		await workbench.quickInput.row(/Daemon .*MB/).waitFor();
		await workbench.quickInput.dismiss();
	});
});
