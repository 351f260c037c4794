/** The daemon dies, hangs or is replaced, and the person keeps working. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { daemonState, isAlive, until } from './daemon.ts';
import { Editor } from './editor.ts';
import { makeGate } from './gate.ts';
import type { Workbench } from './pages/workbench.ts';
import { makeWorkspace } from './workspace.ts';

describe('a daemon', () => {
	let editor: Editor;
	let workbench: Workbench;

	beforeAll(async () => {
		editor = await Editor.start();
		workbench = await editor.open({ folder: makeWorkspace('harbour', 3) });
	});
	afterAll(() => editor.stop());
	afterEach(({ task }) => editor.keepEvidence(task));

	const running = () => {
		const state = daemonState(editor.home);
		if (state === undefined) throw new Error('No daemon runs.');
		return state;
	};
	const replaced = (old: { instance: string }) =>
		until('another daemon is there', () => {
			const now = daemonState(editor.home);
			return now !== undefined && now.instance !== old.instance;
		});

	/** A job that counts, ends when its gate is open, and may be run again after an interruption. */
	const count = async (title: string) => {
		const connection = await editor.connect();
		const gate = makeGate();
		const line = `echo first tick; ${gate.wait}; echo last tick`;
		const command = { command: '/bin/sh', args: ['-c', line], env: { PATH: '/usr/bin:/bin' } };
		await connection.request('job/enqueue', {
			jobs: [{ type: 'command', title, restartable: true, command }],
		});
		connection.dispose();
		return gate;
	};

	it('comes up', () => workbench.jobs.openEmpty());

	it('that is killed is back at once, and followed logs go on', async () => {
		const gate = await count('Count the ships');
		const row = workbench.jobs.row('Count the ships');
		await row.filter({ hasText: 'running' }).waitFor();
		await row.click();
		await workbench.output.wholeLine('first tick').waitFor();

		const old = running();
		const began = Date.now();
		process.kill(old.pid, 'SIGKILL');
		await replaced(old);
		await workbench.output.line('run 2,').waitFor();
		console.log(`Killed, and the log goes on after ${Date.now() - began} ms.`);
		gate.open();
		await workbench.output.wholeLine('last tick').waitFor();
		await workbench.jobs.row('Count the ships').filter({ hasText: 'succeeded' }).waitFor();
		expect(await workbench.notifications.count()).toBe(0);
	});

	it('that dies while it is asked leaves nothing undone, and nothing done twice', async () => {
		const old = running();
		process.kill(old.pid, 'SIGSTOP');
		await workbench.run('Semantica: Index Workspace');
		await workbench.quickInput.widget.waitFor({ state: 'hidden' });
		process.kill(old.pid, 'SIGKILL');
		await replaced(old);
		const row = workbench.jobs.row('Index harbour').filter({ hasText: 'succeeded' });
		await row.waitFor();
		expect(await row.count()).toBe(1);
	});

	it('is restarted on demand; only what would be lost asks first', async () => {
		const gate = await count('Count the gulls');
		await workbench.jobs.row('Count the gulls').filter({ hasText: 'running' }).waitFor();
		const old = running();
		await workbench.run('Semantica: Restart Daemon');
		await replaced(old);
		await until('the old one has left', () => !isAlive(old.pid));
		await workbench.jobs.row('Count the gulls').filter({ hasText: 'running' }).waitFor();
		gate.open();
		await workbench.jobs.row('Count the gulls').filter({ hasText: 'succeeded' }).waitFor();
	});

	it('stays when a command would be interrupted and the person says no', async () => {
		const connection = await editor.connect();
		const command = { command: process.execPath, args: ['-e', 'setTimeout(() => {}, 1e6)'] };
		await connection.request('job/enqueue', {
			jobs: [{ type: 'command', title: 'Hold the line', command }],
		});
		const row = workbench.jobs.row('Hold the line');
		await row.filter({ hasText: 'running' }).waitFor();
		const old = running();
		await workbench.run('Semantica: Restart Daemon');
		await workbench.dialog.filter({ hasText: 'interrupts Hold the line' }).waitFor();
		await workbench.dialog.getByText('Cancel').click();
		await workbench.dialog.waitFor({ state: 'detached' });
		expect(running()).toEqual(old);
		await workbench.jobs.act(row, 'Cancel');
		await row.filter({ hasText: 'cancelled' }).waitFor();
		connection.dispose();
	});

	it('that does not answer runs a command once, though it was asked for twice', async () => {
		const ask = async () => {
			await workbench.run('Semantica: Run Command as Job…');
			await workbench.quickInput.title.filter({ hasText: 'Run Command' }).waitFor();
			await workbench.quickInput.fill('echo deploy');
			await workbench.quickInput.accept();
		};
		const { pid } = running();
		process.kill(pid, 'SIGSTOP');
		await ask();
		const silence = workbench.notification('does not answer');
		await silence.getByRole('button', { name: 'Restart Daemon' }).waitFor();
		await ask();
		process.kill(pid, 'SIGCONT');
		await workbench.output.wholeLine('deploy').waitFor();
		await workbench.jobs.row('echo deploy').filter({ hasText: 'succeeded' }).waitFor();
		const connection = await editor.connect();
		const { jobs } = await connection.request('job/list', { filter: { text: 'echo deploy' } });
		connection.dispose();
		expect(jobs.length).toBe(1);
	});

	it('has a log that can be read', async () => {
		await workbench.run('Semantica: Show Daemon Log');
		await workbench.activeTab.filter({ hasText: 'daemon.log' }).waitFor();
	});

	it('that does not answer is ended only when the person says so', async () => {
		const old = running();
		process.kill(old.pid, 'SIGSTOP');
		await workbench.run('Semantica: Restart Daemon');
		await workbench.dialog.filter({ hasText: 'does not answer' }).waitFor();
		await workbench.dialog.getByText('End Process').click();
		await replaced(old);
		expect(isAlive(old.pid)).toBe(false);
		await workbench.run('Semantica: Index Workspace');
		await workbench.jobs.row('Index harbour').filter({ hasText: 'succeeded' }).nth(1).waitFor();
	});
});
