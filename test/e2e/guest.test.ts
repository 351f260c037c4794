/** Another extension that does a function as a job, by the API that ours returns. */
import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { Editor } from './editor.ts';
import { installExtension } from './install.ts';
import type { Workbench } from './pages/workbench.ts';
import { makeWorkspace } from './workspace.ts';

const GUEST = join(import.meta.dirname, 'guest');
const VSCE = join(import.meta.dirname, '../../node_modules/@vscode/vsce/vsce');

/** Beside this build. @returns the folder of extensions. */
function installGuest(): string {
	const work = process.env['SEMANTICA_E2E_WORK'];
	const shared = process.env['SEMANTICA_E2E_EXTENSIONS'];
	if (work === undefined || shared === undefined) throw new Error('Use npm run test:e2e.');
	const folder = mkdtempSync(join(work, 'guest-'));
	const vsix = join(folder, 'guest.vsix');
	execFileSync(
		process.execPath,
		[
			...[VSCE, 'package', '--out', vsix, '--no-dependencies'],
			...['--allow-missing-repository', '--skip-license'],
		],
		{ cwd: GUEST, stdio: ['ignore', 'ignore', 'inherit'] },
	);
	const extensions = join(folder, 'extensions');
	cpSync(shared, extensions, { recursive: true });
	installExtension(vsix, extensions, folder);
	return extensions;
}

describe('another extension', () => {
	let editor: Editor;
	let workbench: Workbench;

	beforeAll(async () => {
		editor = await Editor.start({ extensions: installGuest() });
		workbench = await editor.open({ folder: makeWorkspace('greeting', 1) });
	});
	afterAll(() => editor.stop());
	afterEach(({ task }) => editor.keepEvidence(task));

	it('registers a type, and its jobs are in the tree, with their log', async () => {
		await workbench.run('Guest: Greet');
		await workbench.page
			.locator('.notifications-toasts .monaco-list-row')
			.filter({ hasText: 'Guest: succeeded, {"greeted":"world"}' })
			.waitFor();
		await workbench.jobs.open();
		await workbench.jobs.row('Greet the world').filter({ hasText: 'succeeded' }).click();
		await workbench.output.wholeLine('Hello, world!').waitFor();
		const connection = await editor.connect();
		const { jobs } = await connection.request('job/list', { filter: { type: ['guest.greet'] } });
		connection.dispose();
		expect(jobs).toMatchObject([{ origin: 'guest', progress: { current: 1, total: 1 } }]);
	});
});
