/** A person who clicks everything twice: the second click does nothing, and says nothing. */
import { realpathSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { DaemonConnection } from '../../shared/client/connection.ts';
import type { JobSpecInput } from '../../shared/job.ts';
import type { JobState } from '../../shared/jobTerms.ts';
import { Editor } from './editor.ts';
import { makeGate } from './gate.ts';
import type { Workbench } from './pages/workbench.ts';
import { PATIENCE_MS } from './patience.ts';
import { makeWorkspace } from './workspace.ts';

describe('a double click', () => {
	let editor: Editor;
	let folder: string;
	let workbench: Workbench;
	let connection: DaemonConnection;

	beforeAll(async () => {
		editor = await Editor.start();
		folder = realpathSync(makeWorkspace('orchard', 3));
		workbench = await editor.open({ folder });
		await workbench.jobs.openEmpty();
		connection = await editor.connect();
		await connection.request('queue/update', { name: 'later', paused: true });
	});
	afterAll(async () => {
		connection?.dispose();
		await editor.stop();
	});
	afterEach(({ task }) => editor.keepEvidence(task));

	const enqueue = (titles: readonly string[], line: string, more: Partial<JobSpecInput> = {}) =>
		connection.request('job/enqueue', {
			jobs: titles.map((title) => ({
				...{ type: 'command', title, ...more },
				command: { command: '/bin/sh', args: ['-c', line], env: { PATH: '/usr/bin:/bin' } },
			})),
		});
	const count = async (...state: JobState[]) =>
		(await connection.request('job/list', { filter: { state }, limit: 1 })).total.value;

	it('on Cancel cancels that job and no other', async () => {
		await enqueue(['First', 'Second', 'Third'], 'true', { queue: 'later' });
		await workbench.jobs.row('Third').filter({ hasText: 'paused' }).waitFor();
		const { x, y } = await placeOf('First', 'Cancel');
		await workbench.page.mouse.dblclick(x, y);
		await workbench.jobs.row('First').filter({ hasText: 'cancelled' }).waitFor();
		await enqueue(['Over'], 'true');
		await workbench.jobs.row('Over').filter({ hasText: 'succeeded' }).waitFor();
		expect(await count('cancelled')).toBe(1);
		expect(await workbench.notifications.count()).toBe(0);
	});

	it.each([
		['Run Now', 'Second', 'true'],
		['Retry', 'Fails', 'exit 1'],
	])('on %s does it once, and says nothing', async (action, title, line) => {
		if (action === 'Retry') {
			await enqueue([title], line);
			await workbench.jobs.row(title).filter({ hasText: 'exit code 1' }).waitFor();
		}
		const before = await count('succeeded', 'failed');
		const { x, y } = await placeOf(title, action);
		await workbench.page.mouse.dblclick(x, y);
		await expect
			.poll(() => count('succeeded', 'failed'), { timeout: PATIENCE_MS })
			.toBe(before + 1);
		await expect.poll(() => count('running'), { timeout: PATIENCE_MS }).toBe(0);
		expect(await count('succeeded', 'failed')).toBe(before + 1);
		expect(await workbench.notifications.count()).toBe(0);
	});

	it('on Resume goes on with it once', async () => {
		const gate = makeGate();
		const { jobs } = await enqueue(['Rests'], gate.wait);
		await workbench.jobs.row('Rests').filter({ hasText: 'running' }).waitFor();
		await connection.request('job/pause', { ids: jobs.map(({ id }) => id) });
		await workbench.jobs.row('Rests').filter({ hasText: 'paused' }).waitFor();
		await twice('Rests', 'Resume');
		await workbench.jobs.row('Rests').filter({ hasText: 'running' }).waitFor();
		gate.open();
		await workbench.jobs.row('Rests').filter({ hasText: 'succeeded' }).waitFor();
		expect(await workbench.notifications.count()).toBe(0);
		expect(await workbench.quickInput.widget.isVisible()).toBe(false);
	});

	it('on Answer asks once', async () => {
		const ask = `echo '::semantica ask {"id": "q", "question": "How many?", "schema": {"type": "object", "properties": {"count": {"type": "integer"}}, "required": ["count"]}}'`;
		await enqueue(
			['Counts'],
			`${ask}; until [ -e "$SEMANTICA_ANSWERS_DIR/q.json" ]; do sleep 0.1; done`,
		);
		await workbench.notification('Counts asks: How many?').waitFor();
		await workbench.clearNotifications();
		await twice('Counts', 'Answer…');
		await workbench.quickInput.title.filter({ hasText: 'Counts' }).waitFor();
		await workbench.quickInput.fill('3');
		await workbench.quickInput.accept();
		await workbench.jobs.row('Counts').filter({ hasText: 'succeeded' }).waitFor();
		expect(await workbench.quickInput.widget.isVisible()).toBe(false);
		expect(await workbench.notifications.count()).toBe(0);
	});

	it('on Approve asks once, and lets it run once', async () => {
		await connection.request('ai/update', { run: 'ask' });
		const tool = await editor.connect({ client: 'mcp/agent', role: 'tool', root: folder });
		const command = { command: 'true', args: [], cwd: folder };
		await tool.request('job/enqueue', { jobs: [{ type: 'command', title: 'Wished', command }] });
		tool.dispose();
		await workbench.notification('agent wants to run').waitFor();
		await workbench.clearNotifications();
		await twice('Wished', 'Approve…');
		await workbench.dialog.getByText('Let It Run').click();
		await workbench.jobs.row('Wished').filter({ hasText: 'succeeded' }).waitFor();
		expect(await workbench.dialog.count()).toBe(0);
		expect(await workbench.notifications.count()).toBe(0);
	});

	it('on what a heading does to all below it asks once', async () => {
		await enqueue(['Fourth', 'Fifth'], 'true', { queue: 'later' });
		await workbench.jobs.row('Fifth').filter({ hasText: 'paused' }).waitFor();
		const before = await count('cancelled');
		const waiting = await count('queued');
		await twice('Waiting', 'Cancel All of Group…');
		await workbench.dialog.getByText(`Cancel ${waiting} jobs?`).waitFor();
		await workbench.dialog.getByRole('button', { name: 'Cancel Jobs' }).click();
		await workbench.jobs.row('Fifth').filter({ hasText: 'cancelled' }).waitFor();
		expect(await count('cancelled')).toBe(before + waiting);
		expect(await workbench.dialog.count()).toBe(0);
	});

	async function twice(title: string, action: string): Promise<void> {
		const { x, y } = await placeOf(title, action);
		await workbench.page.mouse.dblclick(x, y);
	}

	async function placeOf(title: string, action: string): Promise<{ x: number; y: number }> {
		const row = workbench.jobs.row(title).first();
		await row.hover();
		const button = row.locator(`.actions a[aria-label="${action}"]`);
		await button.waitFor();
		const box = await button.boundingBox();
		if (box === null) throw new Error(`${title} has no ${action}.`);
		return { x: box.x + box.width / 2, y: box.y + box.height / 2 };
	}
});
