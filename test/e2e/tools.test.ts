/** The doors for the editor's own agents, as another extension of the same window finds them. */
import { realpathSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import type { DaemonConnection } from '../../shared/client/connection.ts';
import { type Driver, installDriver } from './driver.ts';
import { Editor } from './editor.ts';
import type { Workbench } from './pages/workbench.ts';
import { PATIENCE_MS } from './patience.ts';
import { makeWorkspace, RARE } from './workspace.ts';

const NAMES = [
	...['run_job', 'wait_job', 'get_job', 'list_jobs', 'read_log', 'cancel_job'],
	...['search_code', 'index_folder'],
];
const DOOR = 'semantica.ai.door';

describe('an agent in the editor', () => {
	let editor: Editor;
	let folder: string;
	let workbench: Workbench;
	let driver: Driver;
	let person: DaemonConnection;

	beforeAll(async () => {
		const place = installDriver();
		editor = await Editor.start({
			extensions: place.extensions,
			env: place.env,
			settings: { [DOOR]: 'tools', 'chat.disableAIFeatures': false },
		});
		folder = realpathSync(makeWorkspace('bakery', 3));
		workbench = await editor.open({ folder });
		driver = await place.connect();
	});
	afterAll(async () => {
		person?.dispose();
		await editor.stop();
	});
	afterEach(({ task }) => editor.keepEvidence(task));

	/** Those of ours that have this before the name that the server has for them. The editor lists whatever is declared. */
	const named = async (before: RegExp) => {
		const all = await driver.tools();
		return NAMES.flatMap((name) => all.filter((full) => full.replace(before, '') === name));
	};
	const served = () => named(/^mcp_.*?semantica_/);
	const invoke = (name: string, input: object, tokenBudget?: number) =>
		driver.invoke(`semantica_${name}`, input, tokenBudget);
	const answer = async (button: 'Yes' | 'Cancel', ...words: string[]) => {
		const { dialog } = workbench;
		for (const text of words) await dialog.filter({ hasText: text }).waitFor();
		await picture('tool-question');
		await dialog.getByRole('button', { name: button, exact: true }).click();
		await dialog.waitFor({ state: 'detached' });
	};
	const picture = async (name: string) => {
		const pictures = process.env['SEMANTICA_PICTURES'];
		if (pictures !== undefined) {
			await workbench.page.screenshot({ path: join(pictures, `${name}.png`) });
		}
	};
	const idIn = (text: string) => /[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/.exec(text)?.[0] ?? '';

	it('finds the eight tools, and no server beside them', async () => {
		await expect.poll(() => named(/^semantica_/), { timeout: PATIENCE_MS }).toHaveLength(8);
		await driver.startServers();
		expect(await served()).toEqual([]);
	});

	it('is let run a command by its person, who sees it to the letter, and not without', async () => {
		const command = ['printf', 'two words\\n'];
		const run = invoke('run_job', { command, cwd: folder, timeout_seconds: 600 });
		await answer('Yes', 'printf "two words\\\\n"', folder, '10 min');
		const text = await run.text;
		expect(text).toMatch(/^SUCCEEDED[\s\S]*two words/);
		person = await editor.connect();
		const { job } = await person.request('job/get', { id: idIn(text) });
		expect(job.origin).toBe(`mcp/code-server#${folder}`);
		const refused = invoke('run_job', { command: ['touch', 'no'], cwd: folder });
		await answer('Cancel', 'touch no');
		await expect(refused.text).rejects.toThrow(/cancel/i);
		expect((await person.request('job/list', {})).total.value).toBe(1);
	});

	it('looks at jobs, their output and the index', async () => {
		const indexing = invoke('index_folder', { folder, wait_seconds: 45 });
		await answer('Yes', folder);
		expect(await indexing.text).toMatch(/^SUCCEEDED/);
		const found = await invoke('search_code', { query: RARE.word }).text;
		expect(found).toContain(`${RARE.path}:${RARE.line}`);
		const list = await invoke('list_jobs', { mine: true }).text;
		expect(list).toContain('2 jobs of 2');
		const id = /([0-9a-f-]{36}) \| SUCCEEDED[^\n]*printf/.exec(list)?.[1] ?? '';
		expect(await invoke('get_job', { job_id: id }).text).toContain('asked for by mcp/code-server');
		expect(await invoke('read_log', { job_id: id }).text).toContain('two words');
		expect(await invoke('get_job', { job_id: '../token' }).text).toContain('is not a job id');
	});

	it('may go away from a wait, which ends no job, and is asked before it ends one', async () => {
		const run = invoke('run_job', {
			command:
				'yes "a line of output" | head -n 2000; until [ -e go ]; do sleep 0.1; done; echo gone',
			shell: true,
			cwd: folder,
			wait_seconds: 0,
		});
		await answer('Yes', 'A line for a shell.');
		const id = idIn(await run.text);
		const waiting = invoke('wait_job', { job_ids: [id], timeout_seconds: 600 });
		await workbench.statusItem('Waiting for jobs').waitFor();
		waiting.cancel();
		await expect(waiting.text).rejects.toThrow(/cancel/i);
		expect((await person.request('job/get', { id })).job.state).toBe('running');

		const log = await invoke('read_log', { job_id: id, max_bytes: 32_000 }, 300).text;
		expect(log.length).toBeLessThanOrEqual(1200);
		expect(log).toMatch(/^RUNNING[\s\S]*untrusted[\s\S]*characters left out[\s\S]*--- end/);

		const kept = invoke('cancel_job', { job_ids: [id] });
		await answer('Cancel', id);
		await expect(kept.text).rejects.toThrow(/cancel/i);
		writeFileSync(join(folder, 'go'), '');
		const done = await invoke('wait_job', { job_ids: [id], timeout_seconds: 300 }).text;
		expect(done).toMatch(/^DONE: 1 of 1 ended\.[\s\S]*gone/);
	});

	it('is held to the policy: Semantica asks, once, or refuses', async () => {
		await person.request('ai/update', { run: 'ask' });
		const run = invoke('run_job', { command: ['echo', 'approved'], cwd: folder, wait_seconds: 45 });
		const notification = workbench.notification('code-server wants to run echo approved');
		await notification.waitFor();
		expect(await workbench.dialog.count()).toBe(0);
		await picture('tool-policy');
		await notification.getByText('Let It Run', { exact: true }).click();
		expect(await run.text).toMatch(/^SUCCEEDED/);
		await person.request('ai/update', { run: 'off' });
		const off = await invoke('run_job', { command: ['true'], cwd: folder }).text;
		expect(off).toMatch(/^NOT DONE: A person has switched off/);
		await person.request('ai/update', { run: 'host' });
		const outside = invoke('run_job', { command: ['true'], cwd: '/' });
		await answer('Yes', 'Folder: /');
		expect(await outside.text).toMatch(/^NOT DONE: .* lies outside/);
	});

	it('finds the server instead where that is the door, and neither where it is shut', async () => {
		const isShut = () =>
			expect(invoke('list_jobs', {}).text).rejects.toThrow(/implementation registered/);
		await driver.set(DOOR, 'mcp');
		const started = () => driver.startServers().then(served);
		await expect.poll(started, { timeout: PATIENCE_MS }).toHaveLength(8);
		await isShut();
		const list = (await served()).find((name) => name.endsWith('list_jobs')) ?? '';
		expect(await driver.invoke(list, { limit: 1 }).text).toMatch(/jobs run\.\n1 job of \d+/);
		await driver.set(DOOR, 'off');
		await expect.poll(served, { timeout: PATIENCE_MS }).toEqual([]);
		await isShut();
		await driver.set(DOOR, 'tools');
		await vi.waitUntil(() => invoke('list_jobs', {}).text.catch(() => ''), {
			timeout: PATIENCE_MS,
		});
	});
});
