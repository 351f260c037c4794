/** The workspace's own work as jobs: tasks.json, scripts, Makefiles, and tasks of the type `semantica`. */
// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the variables of tasks look like that
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { Editor } from './editor.ts';
import { makeGate } from './gate.ts';
import type { Workbench } from './pages/workbench.ts';
import { makeWorkspace } from './workspace.ts';

describe('the tasks of a workspace', () => {
	const folder = makeWorkspace('workshop', 2);
	const gate = makeGate();
	let editor: Editor;
	let workbench: Workbench;

	beforeAll(async () => {
		const tasks = [
			{ label: 'plane', type: 'shell', command: 'echo planed ${workspaceFolderBasename}' },
			{
				label: 'join',
				type: 'process',
				command: '/bin/sh',
				args: ['-c', 'echo "src/animals/marsupials.ts:7:1: error: $WOOD splits"; exit 3'],
				options: { env: { WOOD: 'oak' } },
				dependsOn: ['plane'],
				problemMatcher: '$gcc',
			},
			{ label: 'ask', type: 'shell', command: 'echo ${input:wood}' },
			{ label: 'varnish', type: 'semantica', command: `echo varnished; ${gate.wait}` },
		];
		const inputs = [{ id: 'wood', type: 'promptString', description: 'Which?' }];
		mkdirSync(join(folder, '.vscode'));
		writeFileSync(
			join(folder, '.vscode/tasks.json'),
			JSON.stringify({ version: '2.0.0', tasks, inputs }),
		);
		writeFileSync(join(folder, 'Makefile'), '.PHONY: polish\npolish:\n\t@echo polished\n');
		const settings = { 'terminal.integrated.gpuAcceleration': 'off' };
		editor = await Editor.start({ settings });
		workbench = await editor.open({ folder });
		await workbench.jobs.openEmpty();
	});
	afterAll(() => editor.stop());
	afterEach(({ task }) => editor.keepEvidence(task));

	const choose = async (name: string) => {
		await workbench.run('Semantica: Run Task as Background Job…');
		await workbench.quickInput.title.filter({ hasText: 'Run Task as Background Job' }).waitFor();
		await workbench.quickInput.row(name).first().waitFor();
		if (name === 'plane') await workbench.page.screenshot({ path: picture('pick') });
		await workbench.quickInput.fill(name);
		await workbench.quickInput.chosen(name).waitFor();
		await workbench.quickInput.accept();
	};

	it('are chosen by name, and run with their variables', async () => {
		await choose('plane');
		await workbench.output.line('planed workshop').waitFor();
		await workbench.jobs.row('plane').first().waitFor();
	});

	it('run those that they depend on first, with their variables and their matchers', async () => {
		await choose('join');
		await workbench.output.line('oak splits').waitFor();
		await workbench.jobs.row(/join.*exit code 3/).waitFor();
		await workbench.run('View: Focus Problems');
		await workbench.page.locator('.markers-panel').filter({ hasText: 'oak splits' }).waitFor();
		await workbench.page.screenshot({ path: picture('problems') });
	});

	it('come from a Makefile too', async () => {
		await choose('make polish');
		await workbench.output.wholeLine('polished').waitFor();
	});

	it('that ask each time are refused, with the variable', async () => {
		await choose('ask');
		await workbench.notification('${input:wood} is answered by a person').waitFor();
		await workbench.clearNotifications();
	});

	it('that vanish while they are looked at are not run, and said to be gone', async () => {
		await workbench.run('Semantica: Run Task as Background Job…');
		await workbench.quickInput.row('make polish').waitFor();
		await workbench.quickInput.fill('make polish');
		await workbench.quickInput.chosen('make polish').waitFor();
		writeFileSync(join(folder, 'Makefile'), '.PHONY: wax\nwax:\n\t@echo waxed\n');
		await workbench.quickInput.accept();
		await workbench.notification('The task make polish is not there any more').waitFor();
		await workbench.clearNotifications();
	});

	const varnish = async () => {
		await workbench.page.keyboard.press('F1');
		await workbench.quickInput.fill('task varnish');
		await workbench.quickInput.row('varnish').first().waitFor();
		await workbench.quickInput.accept();
		await screen(/^varnished/).waitFor();
	};
	const states = async () => {
		const connection = await editor.connect();
		const { jobs } = await connection.request('job/list', { filter: { text: 'varnish' } });
		connection.dispose();
		return jobs.map(({ state }) => state);
	};

	it('of the type semantica run in the terminal of the task, which cancels the job', async () => {
		await varnish();
		await workbench.page.screenshot({ path: picture('terminal') });
		expect(await states()).toEqual(['running']);
		await workbench.run('Terminal: Kill All Terminals');
		await workbench.jobs.row(/varnish.*cancelled/).waitFor();
		expect(await states()).toEqual(['cancelled']);
	});

	it('of the type semantica go on when the window is loaded anew', async () => {
		await varnish();
		await workbench.page.reload();
		await workbench.ready();
		await workbench.jobs.open();
		await workbench.jobs.group('Running').waitFor();
		await workbench.jobs
			.row(/varnish/)
			.first()
			.waitFor();
		expect((await states()).sort()).toEqual(['cancelled', 'running']);
		gate.open();
		await workbench.jobs.row(/varnish.*succeeded/).waitFor();
	});

	const screen = (text: RegExp) =>
		workbench.page.locator('.terminal-wrapper .xterm-rows > div').filter({ hasText: text });
});

function picture(name: string): string {
	const results = join(import.meta.dirname, '../../test-results/e2e');
	mkdirSync(results, { recursive: true });
	return join(results, `tasks-${name}.png`);
}
