/** A person who clicks everything twice: the second click does nothing, and says nothing. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { DaemonConnection } from '../../shared/client/connection.ts';
import type { JobSpecInput } from '../../shared/job.ts';
import type { JobState } from '../../shared/jobTerms.ts';
import { Editor } from './editor.ts';
import type { Workbench } from './pages/workbench.ts';
import { PATIENCE_MS } from './patience.ts';
import { makeWorkspace } from './workspace.ts';

describe('a double click', () => {
	let editor: Editor;
	let workbench: Workbench;
	let connection: DaemonConnection;

	beforeAll(async () => {
		editor = await Editor.start();
		workbench = await editor.open({ folder: makeWorkspace('orchard', 3) });
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
