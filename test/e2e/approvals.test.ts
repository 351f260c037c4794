/** What AI tools ask for is asked of the person whose window has the folder. */
import { realpathSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { DaemonConnection } from '../../shared/client/connection.ts';
import { Editor } from './editor.ts';
import type { Workbench } from './pages/workbench.ts';
import { PATIENCE_MS } from './patience.ts';
import { makeWorkspace } from './workspace.ts';

describe('a command of an AI tool', () => {
	let editor: Editor;
	let folder: string;
	let workbench: Workbench;
	let person: DaemonConnection;
	let tool: DaemonConnection;

	beforeAll(async () => {
		editor = await Editor.start();
		folder = realpathSync(makeWorkspace('bakery', 3));
		workbench = await editor.open({ folder });
		await workbench.jobs.open();
		await workbench.run('Semantica: Index Workspace');
		await workbench.jobs.group('Finished').waitFor();
		person = await editor.connect();
		await person.request('ai/update', { run: 'ask' });
		tool = await editor.connect({ client: 'mcp/claude-code', role: 'tool', root: folder });
	});
	afterAll(async () => {
		person?.dispose();
		tool?.dispose();
		await editor.stop();
	});
	afterEach(({ task }) => editor.keepEvidence(task));

	const ask = async (title: string, ...argv: string[]) => {
		const [command = '', ...args] = argv;
		const env = { PATH: '/usr/bin:/bin', BAKERY: 'open' };
		const { jobs } = await tool.request('job/enqueue', {
			jobs: [{ type: 'command', title, command: { command, args, cwd: folder, env } }],
		});
		return jobs[0]?.id ?? '';
	};
	const stateOf = async (id: string) => (await person.request('job/get', { id })).job.state;
	const picture = async (name: string) => {
		const pictures = process.env['SEMANTICA_PICTURES'];
		if (pictures !== undefined) {
			await workbench.page.screenshot({ path: join(pictures, `${name}.png`) });
		}
	};

	it('may be asked for in a folder that a trusted window has open, and runs after a yes', async () => {
		const id = await ask('npm test', 'printf', 'two words\\n');
		const notification = workbench.notification(
			`claude-code wants to run printf "two words\\\\n" in ${folder}`,
		);
		await notification.filter({ hasText: 'BAKERY' }).waitFor();
		await workbench.jobs.row('waits for your approval').waitFor();
		await picture('approval');
		await notification.getByText('Let It Run', { exact: true }).click();
		await expect.poll(() => stateOf(id), { timeout: PATIENCE_MS }).toBe('succeeded');
	});

	it('is shown whole before it is decided about, however long it is', async () => {
		const words = `rm -rf ${'x '.repeat(200)}; echo the end`;
		const id = await ask('a long one', 'sh', '-c', words);
		const notification = workbench.notification('claude-code wants to run a command in');
		await notification.getByText('Look at It…', { exact: true }).click();
		await workbench.dialog.getByText('echo the end').waitFor();
		await picture('approval-dialog');
		await workbench.dialog.getByText('Refuse', { exact: true }).click();
		await expect.poll(() => stateOf(id), { timeout: PATIENCE_MS }).toBe('cancelled');
	});

	it('asks its person while it runs: a notification leads to an input, and the tree to both', async () => {
		const question = {
			id: 'release',
			question: 'Which version goes out?',
			schema: {
				type: 'object',
				properties: { version: { type: 'string', minLength: 3 }, publish: { type: 'boolean' } },
				required: ['version', 'publish'],
			},
		};
		const line = `echo '::semantica ask ${JSON.stringify(question)}'; until [ -e "$SEMANTICA_ANSWERS_DIR/release.json" ]; do sleep 0.1; done; cat "$SEMANTICA_ANSWERS_DIR/release.json"`;
		const start = async () => {
			const command = { command: line, shell: true, cwd: folder };
			const { jobs } = await person.request('job/enqueue', {
				jobs: [{ type: 'command', title: 'release', command }],
			});
			return jobs[0]?.id ?? '';
		};
		const first = await start();
		const notification = workbench.notification('release asks: Which version goes out?');
		await workbench.jobs.row('asks: Which version goes out?').waitFor();
		await notification.waitFor();
		await picture('question');
		await notification.getByText('Answer…', { exact: true }).click();
		const { quickInput } = workbench;
		await quickInput.title.filter({ hasText: 'release (1/2)' }).waitFor();
		await quickInput.fill('2');
		await quickInput.widget.getByText('must have at least 3 characters').waitFor();
		await quickInput.fill('2.1');
		await quickInput.accept();
		await quickInput.row('Yes').click();
		await expect.poll(() => stateOf(first), { timeout: PATIENCE_MS }).toBe('succeeded');
		const { text } = await person.request('log/read', { id: first });
		expect(text).toContain('{"version":"2.1","publish":true}');

		const second = await start();
		await notification.waitFor();
		await workbench.clearNotifications();
		await workbench.jobs.act(workbench.jobs.row('asks: Which version'), 'Answer…');
		await quickInput.fill('2.2');
		await quickInput.accept();
		await quickInput.row('No').click();
		await expect.poll(() => stateOf(second), { timeout: PATIENCE_MS }).toBe('succeeded');
	});

	it('is found among the waiting jobs by a person who looked away', async () => {
		const id = await ask('a quiet one', 'true');
		await workbench.notification('wants to run true').waitFor();
		await workbench.clearNotifications();
		// Not the row of what was refused before, which may still be there for a moment.
		const row = workbench.jobs.row('a quiet one').filter({ hasText: 'waits for your approval' });
		await workbench.jobs.act(row, 'Approve…');
		await workbench.dialog.getByText('Let It Run', { exact: true }).click();
		await expect.poll(() => stateOf(id), { timeout: PATIENCE_MS }).toBe('succeeded');
	});
});
