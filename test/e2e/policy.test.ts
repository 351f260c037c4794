/** What AI tools may do is shown and changed in the editor, as the daemon keeps it. */
import { realpathSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { DaemonConnection } from '../../shared/client/connection.ts';
import { Editor } from './editor.ts';
import type { Workbench } from './pages/workbench.ts';
import { PATIENCE_MS } from './patience.ts';
import { makeWorkspace } from './workspace.ts';

const TITLE = 'What AI Tools May Do';
const COMMAND = 'Semantica: Set What AI Tools May Do…';

describe('what AI tools may do', () => {
	let editor: Editor;
	let folder: string;
	let workbench: Workbench;
	let person: DaemonConnection;

	beforeAll(async () => {
		editor = await Editor.start();
		folder = realpathSync(makeWorkspace('bakery', 3));
		workbench = await editor.open({ folder });
		await workbench.jobs.open();
		await workbench.run('Semantica: Index Workspace');
		await workbench.jobs.group('Finished').waitFor();
		person = await editor.connect();
		await person.request('ai/folder', { root: folder });
	});
	afterAll(async () => {
		person?.dispose();
		await editor.stop();
	});
	afterEach(({ task }) => editor.keepEvidence(task));

	const policy = () => person.request('ai/policy', {});
	const choose = async (text: string) => {
		await workbench.quickInput.title.filter({ hasText: TITLE }).waitFor();
		await workbench.quickInput.row(text).click();
	};

	it('is seen and changed on one page', async () => {
		const { quickInput } = workbench;
		await workbench.run(COMMAND);
		await quickInput.row(folder).waitFor();
		await choose('who decides about commands');
		await choose('Semantica asks you');
		await quickInput.row(/Semantica asks you.*who decides/s).waitFor();
		expect((await policy()).run).toBe('ask');

		await choose('Allow a Command Line…');
		await quickInput.title.filter({ hasText: 'Allow a Command Line' }).waitFor();
		await quickInput.fill('ls -l "two words" ...');
		await quickInput.accept();
		await quickInput.title.filter({ hasText: 'Allow ls -l "two words" …' }).waitFor();
		await quickInput.fill('CI NODE_ENV');
		await quickInput.accept();
		const rule = quickInput.row('ls -l "two words" …');
		await rule.filter({ hasText: 'may be given CI NODE_ENV' }).waitFor();
		expect((await policy()).allow).toMatchObject([
			{ argv: ['ls', '-l', 'two words', '…'], env: ['CI', 'NODE_ENV'] },
		]);
		const pictures = process.env['SEMANTICA_PICTURES'];
		if (pictures !== undefined) {
			await workbench.page.screenshot({ path: join(pictures, 'ai-policy.png') });
		}

		await choose('ls -l');
		await workbench.dialog.getByText('Take It Back', { exact: true }).click();
		await rule.waitFor({ state: 'detached' });
		await choose(folder);
		await workbench.dialog.getByText('Close', { exact: true }).click();
		await expect.poll(policy, { timeout: PATIENCE_MS }).toMatchObject({ allow: [], folders: [] });
		await quickInput.title.filter({ hasText: TITLE }).waitFor();
		await quickInput.cancel();
		await quickInput.widget.waitFor({ state: 'detached' });
	});

	it('says what is wrong with a rule, and keeps none', async () => {
		const { quickInput } = workbench;
		await workbench.run(COMMAND);
		await choose('Allow a Command Line…');
		await quickInput.title.filter({ hasText: 'Allow a Command Line' }).waitFor();
		await quickInput.fill('no-such-program-here');
		await quickInput.accept();
		await quickInput.title.filter({ hasText: 'Allow no-such-program-here' }).waitFor();
		await quickInput.accept();
		await workbench.notification('There is no program "no-such-program-here"').waitFor();
		expect((await policy()).allow).toEqual([]);
	});
});
