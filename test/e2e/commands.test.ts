/** Commands as jobs: what is typed is what runs, and cancelled means gone. */
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { isAlive, until } from './daemon.ts';
import { Editor } from './editor.ts';
import { makeGate } from './gate.ts';
import type { Workbench } from './pages/workbench.ts';
import { PATIENCE_MS } from './patience.ts';
import { makeWorkspace } from './workspace.ts';

describe('a command as a job', () => {
	let editor: Editor;
	let folder: string;
	let workbench: Workbench;

	beforeAll(async () => {
		editor = await Editor.start();
		folder = makeWorkspace('bakery', 3);
		workbench = await editor.open({ folder });
	});
	afterAll(() => editor.stop());
	afterEach(({ task }) => editor.keepEvidence(task));

	const type = async (line: string) => {
		await workbench.run('Semantica: Run Command as Job…');
		await workbench.quickInput.title.filter({ hasText: 'Run Command as Job' }).waitFor();
		await workbench.quickInput.fill(line);
		await workbench.quickInput.accept();
	};

	it('gets its words as they were quoted, in the folder, and shows its output', async () => {
		await type(
			`node -e "console.log(process.cwd()); console.log(process.argv.slice(1))" "a  b" 'c|d'`,
		);
		await workbench.output.line(folder).waitFor();
		await workbench.output.line(`[ 'a  b', 'c|d' ]`).waitFor();
		await workbench.output.line('succeeded after').waitFor();
		await workbench.jobs.open();
		await workbench.jobs.group('Finished').waitFor();
	});

	it('asks before it uses a shell', async () => {
		await type('echo one two | tr a-z A-Z');
		await workbench.quickInput.chosen('Run in a Shell').waitFor();
		await workbench.quickInput.accept();
		await workbench.output.wholeLine('ONE TWO').waitFor();
		await type('echo three | tr a-z A-Z');
		await workbench.quickInput.row('Run Directly').click();
		await workbench.output.wholeLine('three | tr a-z A-Z').waitFor();
	});

	it('is kept as a preset under a name, which is picked again, renamed and forgotten', async () => {
		const { quickInput } = workbench;
		const { widget } = quickInput;
		const button = (name: string) => widget.getByRole('button', { name });
		// Pick and field look alike for a moment.
		const field = widget.locator('input.input').first();
		const holds = (text: string) =>
			vi.waitUntil(async () => (await field.inputValue()) === text, { timeout: PATIENCE_MS });
		const name = async (text: string) => {
			await quickInput.title.filter({ hasText: 'Keep as Preset: echo one two' }).waitFor();
			await quickInput.fill(text);
			await quickInput.accept();
		};
		const press = async (row: string, action: string) => {
			await quickInput.row(row).hover();
			await quickInput.row(row).getByRole('button', { name: action, exact: true }).click();
		};
		await workbench.run('Semantica: Run Command as Job…');
		await button('Presets and Earlier Commands').click();
		await press('echo one two', 'Keep as Preset…');
		await name('Shout');
		await quickInput.row(/^Shout.*echo one two/).waitFor();
		await workbench.page.screenshot({ path: picture('presets') });
		await press('Shout', 'Rename…');
		await name('Shout it out');
		await quickInput.row(/^Shout it out/).click();
		await quickInput.title.filter({ hasText: 'Run Command as Job' }).waitFor();
		await holds('echo one two | tr a-z A-Z');
		await quickInput.accept();
		await quickInput.row('Run in a Shell').click();
		await workbench.jobs.row('Shout it out').filter({ hasText: 'succeeded' }).waitFor();
		// What was said of a preset is not asked again.
		await type('echo one two | tr a-z A-Z');
		await workbench.jobs
			.row(/Shout it out.*succeeded/)
			.nth(1)
			.waitFor();

		await workbench.run('Semantica: Run Command as Job…');
		await button('Presets and Earlier Commands').click();
		await quickInput.row(/^Shout it out.*in a shell/).waitFor();
		await press('Shout it out', 'Ask Again Whether a Shell Runs It');
		await quickInput.row('in a shell').waitFor({ state: 'detached' });
		await press('Shout it out', 'Forget This Command');
		await quickInput.row('Shout it out').waitFor({ state: 'detached' });
		await quickInput.cancel();
		// One that is being typed can be kept, too, before it has ever run.
		await quickInput.fill('echo one two three');
		await button('Keep as Preset…').click();
		await name('Count');
		await holds('echo one two three');
		await button('Presets and Earlier Commands').click();
		await quickInput.row(/^Count.*echo one two three/).waitFor();
		await quickInput.dismiss();
	});

	it('is not started by an empty line, and an open quote is said', async () => {
		await type('   ');
		await workbench.notification('There is no command to run').waitFor();
		await type('echo "abc');
		await workbench.quickInput.message.filter({ hasText: 'A quote is not closed' }).waitFor();
		await workbench.quickInput.cancel();
	});

	it('says why it failed, and runs again on demand', async () => {
		await type(`node -e "console.log('broken'); process.exit(3)"`);
		const notification = workbench.notification('failed');
		await notification.waitFor();
		await workbench.jobs.open();
		const row = workbench.jobs.row('exit code 3');
		await workbench.jobs.act(row, 'Retry');
		await workbench.jobs.row('exit code 3').nth(1).waitFor();
		await notification.getByText('Retry', { exact: true }).click();
		await workbench.jobs.row('exit code 3').nth(2).waitFor();
		await notification.waitFor();
		await workbench.clearNotifications();
	});

	it('can be looked at while it reports its progress', async () => {
		const gate = makeGate();
		const report =
			'::semantica progress {\\"current\\":$i,\\"total\\":1000,\\"unit\\":\\"pages\\"}';
		const line = `i=0; while ${gate.closed}; do i=$((i+1)); echo "${report}"; sleep 0.2; done`;
		const command = { command: '/bin/sh', args: ['-c', line], env: { PATH: '/usr/bin:/bin' } };
		const connection = await editor.connect();
		const { jobs } = await connection.request('job/enqueue', {
			jobs: [{ type: 'command', title: 'Print the book', command }],
		});
		const id = jobs[0]?.id ?? '';
		const reported = async () =>
			(await connection.request('job/get', { id })).job.progress?.current ?? 0;
		await workbench.jobs.open();
		const row = workbench.jobs.row('Print the book');
		await row.filter({ hasText: '%' }).waitFor();
		await workbench.jobs.explain(row, ['Queue: default'], async (tooltip) => {
			const shown = await tooltip.elementHandle();
			// Longer than the view leaves between two percents.
			const from = await reported();
			await expect.poll(reported, { timeout: PATIENCE_MS }).toBeGreaterThan(from + 14);
			expect(await shown?.isVisible()).toBe(true);
		});

		const item = workbench.statusItem(/Print the book \d+%/);
		const text = await item.textContent();
		await item.hover();
		const panel = workbench.page.locator('.monaco-hover:visible');
		await panel.getByText('Pause All').waitFor();
		const shown = await panel.elementHandle();
		await expect.poll(() => item.textContent(), { timeout: PATIENCE_MS }).not.toBe(text);
		expect(await shown?.isVisible()).toBe(true);
		gate.open();
		connection.dispose();
		await row.filter({ hasText: 'succeeded' }).waitFor();
	});

	it('is gone with all its processes when it is cancelled', async () => {
		const file = join(folder, 'pids');
		await type(`sh -c "sleep 1000 & echo $! > ${file}; echo $$ >> ${file}; wait"`);
		await workbench.quickInput.row('Run Directly').click();
		await until('the job has started', () => existsSync(file) && pids(file).length === 2);
		const processes = pids(file);
		expect(processes.every(isAlive)).toBe(true);
		await workbench.jobs.open();
		const running = workbench.jobs.row('sleep 1000');
		await running.waitFor();
		await workbench.jobs.act(running, 'Cancel');
		await workbench.jobs.row('cancelled').waitFor();
		expect(processes.filter(isAlive)).toEqual([]);
	});
});

const pids = (file: string): number[] =>
	readFileSync(file, 'utf8').trim().split('\n').filter(Boolean).map(Number);

function picture(name: string): string {
	const folder = join(import.meta.dirname, '../../test-results/e2e');
	mkdirSync(folder, { recursive: true });
	return join(folder, `commands-${name}.png`);
}
