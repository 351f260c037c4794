/** The pictures of the README and of the walkthrough, taken from the real thing: SEMANTICA_SCREENSHOTS=1 npm run test:e2e -- screenshots themes. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Locator } from 'playwright-core';
import { afterEach, describe, it } from 'vitest';
import type { DaemonConnection } from '../../shared/client/connection.ts';
import { Editor } from './editor.ts';
import type { Workbench } from './pages/workbench.ts';
import { copyOfProject } from './workspace.ts';

const pictures = join(import.meta.dirname, '../../media/screenshots');
const walkthrough = join(import.meta.dirname, '../../media/walkthrough/pictures');
const wanted = process.env['SEMANTICA_SCREENSHOTS'] === '1';

describe.runIf(wanted)('pictures', () => {
	let editor: Editor;
	afterEach(async ({ task }) => {
		await editor.keepEvidence(task);
		await editor.stop();
	});

	it.each(['light', 'dark'] as const)('in %s', async (theme) => {
		mkdirSync(pictures, { recursive: true });
		editor = await Editor.start({ theme });
		const workbench = await editor.open({ folder: copyOfProject('semantica') });
		const take = (name: string) =>
			workbench.page.screenshot({
				path: join(pictures, `${name}-${theme}.png`),
				animations: 'disabled',
			});

		/** A part of what is in sight, from the top of it to the bottom of the other; for the walkthrough, which has one set. */
		const cut = async (name: string, part: Locator, last: Locator = part) => {
			const [from, to] = [await part.boundingBox(), await last.boundingBox()];
			if (theme !== 'dark' || from === null || to === null) return;
			await workbench.page.screenshot({
				path: join(walkthrough, `${name}.png`),
				animations: 'disabled',
				clip: { ...from, height: to.y + to.height - from.y },
			});
		};

		const search = async (words: string) => {
			await workbench.search(words);
			await workbench.quickInput
				.row(/\.ts:\d/)
				.first()
				.waitFor();
		};

		await workbench.jobs.openEmpty();
		await workbench.jobs.widen(110);

		await workbench.run('Semantica: Index Workspace');
		await workbench.jobs.row('Index semantica').filter({ hasText: 'succeeded' }).waitFor();
		await workbench.clearNotifications();
		await search('promoter moves due rows');
		await workbench.quickInput.accept();
		await workbench.activeTab.waitFor();
		const connection = await editor.connect();
		await stage(connection, workbench);
		await take('jobs');
		await cut('watch', workbench.jobs.view, workbench.jobs.view.locator('.monaco-list-row').last());

		await workbench.jobs.explain(
			workbench.jobs.row('Refresh embeddings'),
			['Run Now starts it anyway'],
			() => take('waiting'),
		);

		await workbench.jobs.row('Nightly import').click();
		await workbench.output.line('imported page 12 ').waitFor();
		await workbench.page.mouse.move(700, 300);
		await take('log');
		await cut('run', workbench.page.locator('.part.panel'));
		await workbench.run('View: Toggle Panel Visibility');

		await search('retry with backoff and jitter');
		await workbench.page.mouse.move(1000, 700);
		await take('search');
		await cut('search', workbench.quickInput.widget);
		connection.dispose();
	});
});

/** Jobs in every group, as a working day leaves them. */
async function stage(connection: DaemonConnection, workbench: Workbench): Promise<void> {
	const script = (title: string, line: string) => ({
		type: 'command',
		title,
		command: { command: '/bin/sh', args: ['-c', line], env: { PATH: process.env['PATH'] ?? '' } },
	});
	const counting = `i=0; while [ $i -lt 400 ]; do i=$((i+1)); echo "imported page $i of the catalogue"; echo "::semantica progress {\\"current\\":$i,\\"total\\":40,\\"unit\\":\\"pages\\"}"; sleep 0.4; done`;
	const jobs = [
		script('npm run build', 'sleep 1; echo built'),
		script('npm test', 'echo "1 of 214 tests failed"; exit 1'),
	];
	await connection.request('job/enqueue', { jobs });
	await workbench.jobs.row('npm test').filter({ hasText: 'exit code 1' }).waitFor();
	await workbench.jobs.row('npm run build').filter({ hasText: 'succeeded' }).waitFor();
	await connection.request('queue/update', { name: 'nightly', concurrency: 1 });
	const nightly = [
		script('Nightly import', counting),
		script('Refresh embeddings', 'sleep 1'),
		{ ...script('Send the report', 'sleep 1'), runAt: Date.now() + 4 * 3_600_000 },
	].map((job) => ({ ...job, queue: 'nightly' }));
	await connection.request('job/enqueue', { jobs: nightly });
	await workbench.jobs.row('Nightly import').filter({ hasText: '%' }).waitFor();
	await workbench.jobs.row('Refresh embeddings').filter({ hasText: 'queue' }).waitFor();
}
