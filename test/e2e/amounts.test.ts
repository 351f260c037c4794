/** More than anybody shows: 10,000 jobs in the tree, all cancelled at once, and a log of 200 MB. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { Editor } from './editor.ts';
import { makeGate } from './gate.ts';
import { insist } from './pages/insist.ts';
import type { Workbench } from './pages/workbench.ts';
import { PATIENCE_MS } from './patience.ts';
import { makeWorkspace } from './workspace.ts';

describe('large amounts', () => {
	let editor: Editor;
	let folder: string;
	let workbench: Workbench;

	beforeAll(async () => {
		editor = await Editor.start();
		folder = makeWorkspace('flood', 2);
		workbench = await editor.open({ folder });
	});
	afterAll(() => editor.stop());
	afterEach(({ task }) => editor.keepEvidence(task));

	it('comes up', () => workbench.jobs.openEmpty());

	it('of output are shown from the first line to the last, with a word on what is missing', async () => {
		const connection = await editor.connect();
		const script = `
			console.log('the very first line');
			const block = ('x'.repeat(99) + '\\n').repeat(10000);
			let n = 0;
			const next = () => process.stdout.write(block, () => ++n < 200 ? next() : console.log('the very last line'));
			next();`;
		await connection.request('job/enqueue', {
			jobs: [
				{
					type: 'command',
					title: 'Write 200 MB',
					command: { command: process.execPath, args: ['-e', script] },
				},
			],
		});
		connection.dispose();
		const written = workbench.jobs.row('Write 200 MB').filter({ hasText: 'succeeded' });
		await written.waitFor({ timeout: 2 * PATIENCE_MS });
		await workbench.jobs.row('Write 200 MB').click();
		await workbench.output.wholeLine('the very last line').waitFor();
		await workbench.output.toTop();
		await workbench.output.wholeLine('the very first line').waitFor();
		await workbench.output.find('are not kept');
		await workbench.output.line('MiB of output in between are not kept').waitFor();
	});

	it('of output are not all kept by the editor while they come', async () => {
		const gate = makeGate();
		const script = `
			const { existsSync } = require('node:fs');
			console.log('the flood begins');
			const block = ('y'.repeat(99) + '\\n').repeat(10000);
			let n = 0;
			const next = () => process.stdout.write(block, () => ++n < 60 ? setTimeout(next, 20) : wait());
			const wait = () => { console.log('the flood is over'); const timer = setInterval(() => {
				if (!existsSync('${gate.file}')) return;
				clearInterval(timer);
				console.log('the very end');
			}, 100); };
			next();`;
		const connection = await editor.connect();
		const command = { command: process.execPath, args: ['-e', script] };
		await connection.request('job/enqueue', {
			jobs: [{ type: 'command', title: 'Flood', command }],
		});
		connection.dispose();
		const row = workbench.jobs.row('Flood');
		await row.filter({ hasText: 'running' }).waitFor();
		await row.click();
		await workbench.output.followTo(workbench.output.wholeLine('the flood is over'));
		gate.open();
		await row.filter({ hasText: 'succeeded' }).waitFor();
		await workbench.output.followTo(workbench.output.line('Flood: succeeded'));
		await workbench.output.wholeLine('the very end').waitFor();
		await workbench.output.find('are not shown');
		await workbench.output.line('MiB of output are not shown').waitFor();
		console.log(`A live log of 60 MB in the editor: ${(editor.logBytes() / 1e6).toFixed(1)} MB.`);
		// The one before was over when it was opened; the daemon keeps 10 MiB of any.
		expect(editor.logBytes()).toBeLessThan(2 * 12 * 1024 * 1024);
	});

	it('of parts of a job are listed to a number, and the rest is counted', async () => {
		const connection = await editor.connect();
		await connection.request('queue/update', { name: 'parts', paused: true });
		const command = { command: '/bin/sleep', args: ['1000'] };
		const { jobs } = await connection.request('job/enqueue', {
			jobs: [{ type: 'command', title: 'Whole', command }],
		});
		const parentId = jobs[0]?.id ?? '';
		const whole = workbench.jobs.row('Whole').first();
		await whole.filter({ hasText: 'running' }).waitFor();
		const part = (_: unknown, number: number) => {
			const title = `Part ${number}`;
			return { type: 'command', title, command, parentId, queue: 'parts' };
		};
		await connection.request('job/enqueue', { jobs: Array.from({ length: 250 }, part) });
		// This window saw all of them come; another one has to ask.
		const again = await editor.open({ folder });
		await again.jobs.open();
		// The last row to come: from now on nothing moves.
		await again.jobs.row('Write 200 MB').waitFor();
		await again.jobs.row('Whole').first().locator('.monaco-tl-twistie.collapsible').click();
		await again.jobs.part.first().waitFor();
		await again.page.keyboard.press('End');
		await again.jobs.row('50 more').waitFor();
		await again.close();
		await connection.request('job/cancel', { ids: [parentId] });
		connection.dispose();
		await workbench.jobs.emptyGroup('Running').waitFor();
	});

	it('of saves hide nothing that a person asked for', async () => {
		const connection = await editor.connect();
		const saved = { type: 'command', tag: 'editor-save', command: { command: '/bin/true' } };
		await connection.request('job/enqueue', { jobs: Array.from({ length: 150 }, () => saved) });
		const over = async () => {
			const filter = { tag: 'editor-save', state: ['succeeded' as const] };
			return (await connection.request('job/list', { filter, limit: 1 })).total.value;
		};
		await expect.poll(over, { timeout: PATIENCE_MS }).toBe(150);
		connection.dispose();
		const again = await editor.open({ folder });
		await again.jobs.open();
		await again.jobs.row('Write 200 MB').filter({ hasText: 'succeeded' }).waitFor();
		await again.close();
	});

	it('of waiting jobs leave the editor quick, are paged, and cancelled at once', async () => {
		const connection = await editor.connect();
		await connection.request('queue/update', { name: '*', paused: true });
		const job = (number: number) => ({
			type: 'command',
			title: `Parcel ${number}`,
			command: { command: process.execPath, args: ['-e', '0'] },
		});
		for (let batch = 0; batch < 10; batch++) {
			const jobs = Array.from({ length: 1_000 }, (_, index) => job(batch * 1_000 + index));
			await connection.request('job/enqueue', { jobs });
		}
		await workbench.jobs.group('Waiting').filter({ hasText: '100 of 10000' }).waitFor();
		// Those that start next stand first.
		await workbench.jobs.row(/Parcel 0\D/).waitFor();
		const began = Date.now();
		await workbench.page.keyboard.press('F1');
		await workbench.quickInput.widget.waitFor();
		console.log(`Palette under 10,000 waiting jobs: ${Date.now() - began} ms.`);
		await workbench.quickInput.cancel();

		await workbench.jobs.scrollTo('Show More…');
		await workbench.jobs.row('Show More…').click();
		await workbench.jobs.view.getByText('200 of 10000').waitFor();
		const waiting = workbench.jobs.group('Waiting');
		await insist(workbench.jobs.group('Running'), () => workbench.page.keyboard.press('Home'));
		await workbench.jobs.choose(waiting, 'Cancel All of Group…');
		await workbench.dialog.getByText('Cancel 10000 jobs?').waitFor();
		await workbench.dialog.getByRole('button', { name: 'Cancel Jobs' }).click();
		await workbench.jobs.emptyGroup('Waiting').waitFor();
		const cancelled = await connection.request('job/list', {
			filter: { text: 'Parcel', state: ['cancelled'] },
			limit: 1,
		});
		expect(cancelled.total.value).toBeGreaterThanOrEqual(1_000);
		await connection.request('queue/update', { name: '*', paused: false });
		connection.dispose();
		// What they were is listed by pages, and the editor answers at once.
		await workbench.jobs
			.row(/Parcel \d+.*cancelled/)
			.first()
			.waitFor();
		await workbench.page.keyboard.press('F1');
		await workbench.quickInput.widget.waitFor();
		await workbench.quickInput.cancel();
		expect(await workbench.notifications.count()).toBe(0);
	});
});
