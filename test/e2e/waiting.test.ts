/** Jobs that wait: they say for what, start by hand or when it happens, and stop and go on as they are told. */
import { execFileSync } from 'node:child_process';
import { pathToFileURL } from 'node:url';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { DaemonConnection } from '../../shared/client/connection.ts';
import type { JobSpecInput } from '../../shared/job.ts';
import { daemonState, ensureGone } from './daemon.ts';
import { Editor } from './editor.ts';
import { makeGate } from './gate.ts';
import type { Workbench } from './pages/workbench.ts';
import { PATIENCE_MS } from './patience.ts';
import { commit, makeWorkspace } from './workspace.ts';

describe('a job that waits', () => {
	let editor: Editor;
	let folder: string;
	let workbench: Workbench;
	let connection: DaemonConnection;

	beforeAll(async () => {
		editor = await Editor.start();
		folder = makeWorkspace('meadow', 3);
		workbench = await editor.open({ folder });
		await workbench.jobs.openEmpty();
		await workbench.jobs.widen(150);
		connection = await editor.connect();
	});
	afterAll(async () => {
		connection.dispose();
		await editor.stop();
	});
	afterEach(({ task }) => editor.keepEvidence(task));

	const enqueue = async (title: string, line: string, more: Partial<JobSpecInput> = {}) => {
		const command = { command: '/bin/sh', args: ['-c', line], env: { PATH: '/usr/bin:/bin' } };
		const workspace = pathToFileURL(folder).href;
		const spec = { type: 'command', title, command, workspace, ...more };
		const { jobs } = await connection.request('job/enqueue', { jobs: [spec] });
		await row(title).waitFor();
		return jobs[0]?.id ?? '';
	};
	const row = (title: string) => workbench.jobs.row(title);
	const succeeded = (title: string) => row(title).filter({ hasText: 'succeeded' }).waitFor();

	it('says in its tooltip for what, since when, what starts it and what Run Now does', async () => {
		await enqueue('Ship **it** [now](command:x)', 'true', {
			constraints: { event: 'git.commit' },
		});
		const words = [
			'Ship **it** [now](command:x)',
			'Waiting for the event "git.commit". Since ',
			'It starts after the next commit in its folder.',
			'Run Now starts it anyway, this once.',
			'Queue: default',
		];
		await workbench.jobs.explain(row('Ship'), words, async (tooltip) => {
			// Titles are other people's words: they make no links.
			expect(await tooltip.locator('a').count()).toBe(0);
		});
	});

	it('says how many are ahead of it', async () => {
		await connection.request('queue/update', { name: 'lane', concurrency: 1 });
		await enqueue('Hold the lane', 'sleep 1000', { queue: 'lane' });
		await row('Hold the lane').filter({ hasText: 'running' }).waitFor();
		await enqueue('Second in the lane', 'true', { queue: 'lane' });
		await enqueue('Third in the lane', 'true', { queue: 'lane' });
		await workbench.jobs.explain(row('Third in the lane'), [
			'Queue lane runs 1 at a time and is full.',
			'1 job is ahead of it in queue lane.',
		]);
	});

	it('starts at once with Run Now, whatever it waits for', async () => {
		await workbench.jobs.act(row('Third in the lane'), 'Run Now');
		await succeeded('Third in the lane');
		const runAt = Date.now() + 3_600_000;
		await enqueue('Water the plants', 'true', { runAt });
		await row('Water the plants').filter({ hasText: 'starts at' }).waitFor();
		await workbench.jobs.act(row('Water the plants'), 'Run Now');
		await succeeded('Water the plants');
		await row('Ship').filter({ hasText: 'git.commit' }).waitFor();
	});

	it('is paused while it runs, and goes on where it was', async () => {
		const gate = makeGate();
		await enqueue('Count the sheep', `echo first sheep; ${gate.wait}; echo last sheep`);
		await row('Count the sheep').filter({ hasText: 'running' }).waitFor();
		await workbench.jobs.choose(row('Count the sheep'), 'Pause');
		await row('Count the sheep').filter({ hasText: 'paused' }).waitFor();
		gate.open();
		await workbench.jobs.act(row('Count the sheep'), 'Resume');
		await succeeded('Count the sheep');
		await row('Count the sheep').click();
		await workbench.output.wholeLine('last sheep').waitFor();
	});

	it('is held while it waits, and taken off the list when it has ended', async () => {
		await workbench.jobs.choose(row('Second in the lane'), 'Pause');
		await row('Second in the lane').filter({ hasText: 'held until resumed' }).waitFor();
		await workbench.jobs.act(row('Hold the lane'), 'Cancel');
		await row('Hold the lane').filter({ hasText: 'cancelled' }).waitFor();
		await row('Second in the lane').filter({ hasText: 'held until resumed' }).waitFor();
		await workbench.run('Semantica: Resume Job…');
		await workbench.quickInput.row('Second in the lane').click();
		await succeeded('Second in the lane');
		await workbench.jobs.choose(row('Second in the lane'), 'Remove');
		await row('Second in the lane').waitFor({ state: 'detached' });
	});

	it('does not start while everything is paused, which is in sight', async () => {
		await workbench.run('Semantica: Pause All');
		await workbench.statusItem('Semantica: paused').waitFor();
		await workbench.jobs.view.getByText('nothing else starts').waitFor();
		await enqueue('Mow the lawn', 'true');
		await row('Mow the lawn').filter({ hasText: 'everything is paused' }).waitFor();
		await workbench.run('Semantica: Run Command as Job…');
		await workbench.quickInput.title.filter({ hasText: 'Run Command' }).waitFor();
		await workbench.quickInput.fill('echo green');
		await workbench.quickInput.accept();
		await workbench.output.line('verything is paused').waitFor();
		await workbench.jobs.titleAction('Resume All').click();
		await succeeded('Mow the lawn');
		await workbench.output.wholeLine('green').waitFor();
		await workbench.statusItem(/^\s*Semantica\s*$/).waitFor();
	});

	it('starts with the commit that it waits for, and not with the same one once more', async () => {
		commit(folder);
		await succeeded('Ship');
		await enqueue('Ship more', 'true', { constraints: { event: 'git.commit' } });
		// As another window on the repository tells it, when it comes to it.
		const occurrence = execFileSync('git', ['-C', folder, 'rev-parse', 'HEAD'], {
			encoding: 'utf8',
		});
		const workspace = pathToFileURL(folder).href;
		const again = { name: 'git.commit', workspace, occurrence: occurrence.trim() };
		expect(await connection.request('event/emit', again)).toEqual({ released: 0 });
		commit(folder);
		await succeeded('Ship more');
	});

	it('starts only when nobody types', async () => {
		const id = await enqueue('Tidy up', 'true', { constraints: { idle: true } });
		await workbench.page.keyboard.press('ControlOrMeta+n');
		await workbench.page.locator('.part.editor .monaco-editor').first().click();
		await workbench.page.keyboard.type('a person');
		const reason = async () =>
			(await connection.request('job/explain', { id })).reasons[0]?.message;
		await expect.poll(reason, { timeout: PATIENCE_MS }).toContain('an editor was used');
		await workbench.jobs.act(row('Tidy up'), 'Cancel');
	});

	it('hears of windows that open and close, from windows that need no daemon themselves', async () => {
		const pasture = makeWorkspace('pasture', 2);
		const workspace = pathToFileURL(pasture).href;
		const waiting = (event: string) => ({ workspace, constraints: { event } });
		const greeting = enqueue('Greet', 'true', waiting('workspace.opened'));
		await row('Other Workspaces').filter({ hasText: 'pasture' }).click();
		await greeting;
		await enqueue('Say goodbye', 'true', waiting('window.closed'));
		const other = await editor.open({ folder: pasture });
		await succeeded('Greet');
		// A window that is loaded again opens its folder, and has not closed.
		await enqueue('Welcome back', 'true', waiting('workspace.opened'));
		await other.page.reload();
		await succeeded('Welcome back');
		await row('Say goodbye').filter({ hasText: 'window.closed' }).waitFor();
		await other.close();
		// It might have been loaded again: that it does not come back shows after a minute.
		await row('Say goodbye')
			.filter({ hasText: 'succeeded' })
			.waitFor({ timeout: 60_000 + PATIENCE_MS });
	});

	it('does not bring a daemon back for a window that only looked on', async () => {
		const guest = await editor.open({ folder: makeWorkspace('hedge', 2) });
		await guest.statusItem(/^\s*Semantica\s*$/).waitFor();
		await workbench.close();
		// One that is still there would bring the daemon back: the guest and this test are left.
		const clients = async () => (await connection.request('system/status', {})).clients;
		await expect.poll(clients, { timeout: PATIENCE_MS }).toBe(2);
		await connection.request('system/drain', { reason: 'test', mode: 'finish' });
		await guest.statusItem('Semantica').waitFor({ state: 'detached' });
		await ensureGone(editor.home);
		expect(daemonState(editor.home)).toBeUndefined();
		expect(await guest.notifications.count()).toBe(0);
	});
});
