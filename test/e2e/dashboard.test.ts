/** The dashboard: what it shows, where its figures lead, what it bears, and how it looks. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import axe from 'axe-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { DaemonConnection } from '../../shared/client/connection.ts';
import { Editor, type EditorOptions } from './editor.ts';
import { DashboardPage } from './pages/dashboard.ts';
import type { Workbench } from './pages/workbench.ts';
import { giveAPast } from './past.ts';
import { makeWorkspace } from './workspace.ts';

const pictures = join(import.meta.dirname, '../../media/screenshots');

describe('the dashboard', () => {
	let editor: Editor;
	let workbench: Workbench;
	let dashboard: DashboardPage;

	beforeAll(async () => {
		editor = await Editor.start();
		workbench = await editor.open({ folder: makeWorkspace('orchard', 2) });
		dashboard = new DashboardPage(workbench.page);
		await workbench.run('Semantica: Show Dashboard');
		await dashboard.card('running').filter({ hasText: 'of' }).waitFor();
		const connection = await editor.connect();
		await stage(connection);
		connection.dispose();
	});
	afterAll(() => editor.stop());
	afterEach(({ task }) => editor.keepEvidence(task));

	it('shows what runs, why the rest waits, what failed, and how long it took', async () => {
		await dashboard.card('running').filter({ hasText: '3' }).waitFor();
		await dashboard.card('waiting').filter({ hasText: '7' }).waitFor();
		await dashboard.card('failed').filter({ hasText: '2' }).waitFor();
		await dashboard.section('Running').getByText('Nightly import').waitFor();
		await dashboard.section('Waiting').getByText('for a slot').waitFor();
		await dashboard.section('Waiting').getByText('for a paused queue').waitFor();
		const queue = dashboard.section('Queues').locator('tr', { hasText: 'nightly' });
		await queue.filter({ hasText: '1 of 1' }).waitFor();
		await dashboard
			.section('Slowest kinds of jobs')
			.locator('tr', { hasText: 'npm test' })
			.waitFor();
		for (const title of [
			...['Ended', 'Why jobs wait', 'Wait and run times'],
			...['Storage', 'Processor', 'Memory', 'Power and idleness'],
		]) {
			await dashboard.section(title).locator('canvas').waitFor();
		}
		await dashboard.section('Ended').locator('summary').click();
		await dashboard
			.section('Ended')
			.locator('td', { hasText: /^[1-9]/ })
			.first()
			.waitFor();
		await dashboard.section('Ended').locator('summary').click();
		// One of the jobs waits for an idle machine, so that the daemon looks.
		const power = dashboard.section('Power and idleness');
		await power.locator('summary').focus();
		await workbench.page.keyboard.press('Enter');
		await power
			.locator('td', { hasText: /^(in use|idle)$/ })
			.first()
			.waitFor();
		await workbench.page.keyboard.press('Enter');
	});

	it('leads from a figure to its jobs, by keyboard too, and from one to its log', async () => {
		const failed = dashboard.card('failed');
		await failed.focus();
		await workbench.page.keyboard.press('Enter');
		await workbench.quickInput.row('npm test').first().waitFor();
		expect(await workbench.quickInput.row(/./).count()).toBe(2);
		await workbench.quickInput.accept();
		await workbench.output.line('1 of 214 tests failed').waitFor();
		await workbench.run('View: Toggle Panel Visibility');
		await dashboard
			.section('Waiting')
			.getByRole('button', { name: '1', exact: true })
			.first()
			.click();
		await workbench.quickInput.row(/./).first().waitFor();
		await workbench.quickInput.cancel();
	});

	it('looks back a day, and is there again when the window is', async () => {
		await dashboard.range('Last day').click();
		await dashboard.card('failed').filter({ hasText: 'in the last day' }).waitFor();
		await workbench.page.reload();
		await workbench.ready();
		await dashboard.card('failed').filter({ hasText: '2' }).waitFor();
		await dashboard.section('Ended').locator('canvas').waitFor();
	});

	it('says when the daemon has gone, and goes on with the next one', async () => {
		const { pid } = await editor.status();
		process.kill(pid, 'SIGKILL');
		// What ran was no restartable work.
		await dashboard.card('failed').filter({ hasText: '5' }).waitFor();
		await expect.poll(() => dashboard.state.innerText()).toBe('');
		await expect.poll(async () => (await editor.status()).pid).not.toBe(pid);
	});

	it('has nothing serious that axe-core finds', async () => {
		const frame = await dashboard.frame();
		await frame.evaluate(axe.source);
		const found = await frame.evaluate(async () => {
			const { axe: inside } = globalThis as unknown as { axe: typeof axe };
			return (await inside.run()).violations.map(({ id, impact, nodes }) => ({
				id,
				impact,
				html: nodes.map(({ html }) => html).slice(0, 3),
			}));
		});
		expect(found.filter(({ impact }) => impact === 'serious' || impact === 'critical')).toEqual([]);
	});

	it('is drawn in the colours of another theme as soon as it is chosen', async () => {
		const pixels = async () => {
			const frame = await dashboard.frame();
			return frame.evaluate(() => document.querySelector('canvas')?.toDataURL());
		};
		const dark = await pixels();
		await workbench.run('Preferences: Toggle between Light/Dark Themes');
		await dashboard.body
			.and(workbench.page.locator('.vscode-light'))
			.waitFor()
			.catch(() => {});
		await expect.poll(pixels).not.toBe(dark);
	});
});

const wanted = process.env['SEMANTICA_SCREENSHOTS'] === '1';

describe.runIf(wanted)('pictures of the dashboard', () => {
	let editor: Editor;
	afterEach(async ({ task }) => {
		await editor.keepEvidence(task);
		await editor.stop();
	});

	it.each(['light', 'dark', 'contrast'] as const satisfies EditorOptions['theme'][])(
		'in %s',
		async (theme) => {
			mkdirSync(pictures, { recursive: true });
			editor = await Editor.start({ theme });
			const workbench = await editor.open({ folder: makeWorkspace('orchard', 2) });
			await workbench.page.setViewportSize({ width: 1280, height: 1170 });
			await workbench.jobs.openEmpty();
			const connection = await editor.connect();
			await stage(connection, 180);
			connection.dispose();
			giveAPast(editor.home);
			await workbench.run('View: Toggle Primary Side Bar Visibility');
			await workbench.run('Semantica: Show Dashboard');
			const dashboard = new DashboardPage(workbench.page);
			await dashboard.card('failed').filter({ hasText: '2' }).waitFor();
			await dashboard.section('Running').getByText('Nightly import').waitFor();
			await workbench.page.screenshot({
				path: join(pictures, `dashboard-${theme}.png`),
				animations: 'disabled',
			});
		},
	);
});

/** A working day in seconds: some ended, two failed, three run, seven wait for this and that. */
async function stage(connection: DaemonConnection, parts = 12): Promise<void> {
	const job = (title: string, line: string, more: object = {}) => ({
		type: 'command',
		title,
		command: { command: '/bin/sh', args: ['-c', line], env: { PATH: process.env['PATH'] ?? '' } },
		...more,
	});
	const done = await connection.request('job/enqueue', {
		jobs: [
			...Array.from({ length: parts }, (_, number) =>
				job(`Index part ${number % 3}`, `sleep 0.${number % 10}`),
			),
			job('npm run build', 'sleep 2; echo built'),
			job('npm test', 'echo "1 of 214 tests failed"; sleep 1; exit 1'),
			job('npm test', 'echo "1 of 214 tests failed"; exit 1'),
		],
	});
	const ids = done.jobs.map(({ id }) => id);
	for (let at = 0; at < ids.length; at += 100) {
		await connection.request('job/wait', { ids: ids.slice(at, at + 100) });
	}
	await connection.request('queue/update', { name: 'nightly', concurrency: 1 });
	await connection.request('queue/update', { name: 'reports', paused: true });
	const counting =
		'i=0; while [ $i -lt 4000 ]; do i=$((i+1)); echo "page $i"; echo "::semantica progress {\\"current\\":$i,\\"total\\":9000,\\"unit\\":\\"pages\\"}"; sleep 0.4; done';
	await connection.request('job/enqueue', {
		jobs: [
			job('Nightly import', counting, { queue: 'nightly' }),
			...['Refresh embeddings', 'Compact the archive', 'Check the links'].map((title) =>
				job(title, 'sleep 1', { queue: 'nightly' }),
			),
			job('Serve the preview', 'sleep 1000'),
			job('Watch the sources', 'sleep 1000'),
			job('Weekly report', 'true', { queue: 'reports' }),
			job('Send the digest', 'true', { runAt: Date.now() + 4 * 3_600_000 }),
			job('After the commit', 'true', { constraints: { event: 'git.commit' } }),
			job('Upload on mains', 'true', { constraints: { idle: true } }),
		],
	});
}
