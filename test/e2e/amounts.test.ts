/** More than anybody shows: 5,000 jobs in the tree, and a log of 200 MB. */
import { afterAll, afterEach, beforeAll, describe, it } from 'vitest';
import { Editor } from './editor.ts';
import type { Workbench } from './pages/workbench.ts';
import { PATIENCE_MS } from './patience.ts';
import { makeWorkspace } from './workspace.ts';

describe('large amounts', () => {
	let editor: Editor;
	let workbench: Workbench;

	beforeAll(async () => {
		editor = await Editor.start();
		workbench = await editor.open({ folder: makeWorkspace('flood', 2) });
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

	it('of waiting jobs leave the editor quick, and are paged', async () => {
		const connection = await editor.connect();
		await connection.request('queue/update', { name: '*', paused: true });
		const job = (number: number) => ({
			type: 'command',
			title: `Parcel ${number}`,
			command: { command: process.execPath, args: ['-e', '0'] },
		});
		for (let batch = 0; batch < 5; batch++) {
			const jobs = Array.from({ length: 1_000 }, (_, index) => job(batch * 1_000 + index));
			await connection.request('job/enqueue', { jobs });
		}
		await workbench.jobs.group('Waiting').filter({ hasText: '100 of 5000' }).waitFor();
		// Those that start next stand first.
		await workbench.jobs.row(/Parcel 0\D/).waitFor();
		const began = Date.now();
		await workbench.page.keyboard.press('F1');
		await workbench.quickInput.widget.waitFor();
		console.log(`Palette under 5,000 waiting jobs: ${Date.now() - began} ms.`);
		await workbench.quickInput.cancel();

		await workbench.jobs.scrollTo('Show More…');
		await workbench.jobs.row('Show More…').click();
		await workbench.jobs.view.getByText('200 of 5000').waitFor();
		await connection.request('job/cancel', { all: true });
		await connection.request('queue/update', { name: '*', paused: false });
		connection.dispose();
		await workbench.jobs.group('Waiting').waitFor({ state: 'detached' });
	});
});
