/** The environment of a terminal: taken once, seen before it is kept, and what a job of the folder then has. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { Editor } from './editor.ts';
import type { Workbench } from './pages/workbench.ts';
import { makeWorkspace } from './workspace.ts';

const ONLY_THERE = { APPLES: '42', ORCHARD_TOKEN: 's3cr3t' };
const SAYS = 'node -e "console.log([process.env.APPLES, process.env.ORCHARD_TOKEN])"';

describe('the environment of a terminal', () => {
	let editor: Editor;
	let workbench: Workbench;

	beforeAll(async () => {
		editor = await Editor.start({ settings: { 'terminal.integrated.env.linux': ONLY_THERE } });
		workbench = await editor.open({ folder: makeWorkspace('orchard', 2) });
		await workbench.jobs.openEmpty();
	});
	afterAll(() => editor.stop());
	afterEach(({ task }) => editor.keepEvidence(task));

	const row = (text: string | RegExp) => workbench.quickInput.row(text);
	const run = async (prompt: RegExp) => {
		await workbench.run('Semantica: Run Command as Job…');
		await workbench.quickInput.message.filter({ hasText: prompt }).waitFor();
		await workbench.quickInput.fill(SAYS);
		await workbench.quickInput.accept();
	};

	it('is shown with what looks secret masked and left out, before it is kept', async () => {
		await workbench.run('Semantica: Environment of Jobs…');
		await row('Take from a Terminal').click();
		await row('APPLES').filter({ hasText: '42' }).waitFor();
		await workbench.page.screenshot({ path: picture('shown') });
		await workbench.quickInput.fill('orchard_token');
		const secret = row('ORCHARD_TOKEN');
		await secret.filter({ hasText: '••••' }).waitFor();
		expect(await secret.getByRole('checkbox').isChecked()).toBe(false);
		expect(await workbench.quickInput.widget.innerText()).not.toContain('s3cr3t');
		await workbench.quickInput.fill('');
		await workbench.quickInput.accept();
		await workbench.quickInput.widget.waitFor({ state: 'hidden' });
		// The terminal was only asked.
		await expect.poll(() => workbench.page.locator('.terminal-wrapper.active').count()).toBe(0);
	});

	it('is what a job of the folder has, which is said before it runs', async () => {
		await run(/With \d+ variables of a terminal, taken .*: .*APPLES/);
		await workbench.output.line("[ '42', undefined ]").waitFor();
	});

	it('is changed and dropped where a command is asked for', async () => {
		await workbench.run('Semantica: Run Command as Job…');
		await workbench.quickInput.message.filter({ hasText: 'of a terminal' }).waitFor();
		await workbench.page.screenshot({ path: picture('said') });
		await workbench.quickInput.widget
			.getByRole('button', { name: 'Environment of the Job…' })
			.click();
		await row('Only the Editor’s PATH').click();
		await workbench.quickInput.message.filter({ hasText: /window closes\.( \(|$)/ }).waitFor();
		await workbench.quickInput.fill(SAYS);
		await workbench.quickInput.accept();
		await workbench.output.line('[ undefined, undefined ]').waitFor();
	});
});

function picture(name: string): string {
	const folder = join(import.meta.dirname, '../../test-results/e2e');
	mkdirSync(folder, { recursive: true });
	return join(folder, `environment-${name}.png`);
}
