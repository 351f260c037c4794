/** The editor's connection against real daemons and real sockets, without an editor. */
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { applyDaemonSettings } from '../../../extension/connection/daemonSettings.ts';
import { isSilence } from '../../../extension/connection/silence.ts';
import { enqueue } from '../../../extension/jobs/enqueue.ts';
import { JobStore } from '../../../extension/jobs/store/store.ts';
import { followJobs } from '../../../extension/jobs/store/subscription.ts';
import { dataPaths } from '../../../shared/paths.ts';
import { STOPPED_FROM } from '../../../shared/stopped.ts';
import { gone, shell, temporaryFolder } from '../../support/daemon.ts';
import { daemonPid, reached, until, window } from './window.ts';

describe('a window', () => {
	test('starts the daemon when it needs one, and others join it', async () => {
		const home = temporaryFolder();
		const windows = Array.from({ length: 4 }, () => window(home).link);
		const answers = await Promise.all(windows.map((link) => link.request('system/status', {})));
		expect(new Set(answers.map(({ pid }) => pid)).size).toBe(1);
		expect(windows.map(({ state }) => state.kind)).toEqual(Array(4).fill('connected'));
		for (const link of windows.slice(1)) await link.stop();
	});

	test('that had the daemon stopped starts it again only when a person needs it', async () => {
		const { link } = window(temporaryFolder());
		const pid = await daemonPid(link);
		link.leave();
		const params = { reason: 'stopped from the editor', mode: 'stop', timeoutMs: 1_000 } as const;
		await link.request('system/drain', params);
		await gone(pid);
		await reached(link, 'stopped');
		link.wake();
		expect(link.state.kind).toBe('stopped');
		await expect(link.request('job/list', {})).rejects.toThrow('was stopped');
		link.stay();
		expect(await daemonPid(link)).not.toBe(pid);
	});

	test.each(Object.values(STOPPED_FROM))(
		'that could not be told brings no daemon back that was %s',
		async (reason) => {
			const { link } = window(temporaryFolder());
			const pid = await daemonPid(link);
			await link.request('system/drain', { reason, mode: 'stop', timeoutMs: 1000 });
			await gone(pid);
			await reached(link, 'stopped');
			link.wake();
			expect(link.state.kind).toBe('stopped');
			// The mark stands until the next daemon.
			link.stay();
			const next = await daemonPid(link);
			process.kill(next, 'SIGKILL');
			await gone(next);
			expect(await daemonPid(link)).not.toBe(next);
		},
	);

	test('that is used while a stopped daemon ends what runs does not bring it back', async () => {
		const { link } = window(temporaryFolder());
		const pid = await daemonPid(link);
		link.leave();
		// A person looks at a log meanwhile.
		link.stay();
		await link.request('job/list', {});
		process.kill(pid, 'SIGKILL');
		await reached(link, 'stopped');
		link.stay();
		expect(await daemonPid(link)).not.toBe(pid);
	});

	test('is back after the daemon was killed, with its jobs and no job twice', async () => {
		const { link, notifications } = window(temporaryFolder());
		const store = new JobStore();
		const jobs = followJobs(store, { link, notifications, log: () => {} });
		onTestFinished(() => jobs.dispose());
		await jobs.loaded();
		for (let round = 0; round < 5; round++) {
			const pid = await daemonPid(link);
			// Asked just before, during and after the end of the daemon.
			const asked = Array.from({ length: 20 }, (_, number) =>
				enqueue(link, shell('true', { tag: `round-${round}`, title: `${round}-${number}` })),
			);
			process.kill(pid, 'SIGKILL');
			const began = performance.now();
			await gone(pid);
			const ids = await Promise.all(asked);
			expect(await daemonPid(link)).not.toBe(pid);
			const { total } = await link.request('job/list', { filter: { tag: `round-${round}` } });
			expect(total.value).toBe(20);
			expect(new Set(ids).size).toBe(20);
			expect(performance.now() - began).toBeLessThan(20_000);
		}
		await until(store, () => store.group('finished').length + store.group('failed').length === 100);
	});

	test('gives a sentence where a daemon accepts but does not answer', async () => {
		const home = temporaryFolder();
		const endpoint = join(mkdtempSync(join(tmpdir(), 'silent-')), 's');
		const silent = createServer(() => {}).listen(endpoint);
		onTestFinished(() => void silent.close());
		const { stateFile, tokenFile, run } = dataPaths(home);
		mkdirSync(run, { recursive: true });
		writeFileSync(tokenFile, 'x');
		const state = { pid: 1, endpoint, protocol: 1, version: '0', buildId: 'b', instance: 'i' };
		writeFileSync(stateFile, JSON.stringify({ ...state, startedAt: 0 }));
		const { link } = window(home, { handshakeMs: 200 });
		const error = await link.request('system/status', {}).catch((error: unknown) => error);
		expect(String(error)).toContain('does not answer');
		expect(isSilence(error)).toBe(true);
		expect(link.state.kind).toBe('failed');
	});

	test('says what is wrong with the data folder, and works once it is right', async () => {
		const home = join(temporaryFolder(), 'home');
		writeFileSync(home, 'a file where a folder should be');
		const { link } = window(home);
		const error = await link.request('system/status', {}).catch((error: unknown) => error);
		expect(String(error)).toContain(`cannot write to its data folder ${home}`);
		// The editor's way to name another one.
		expect(String(error)).toContain('with the setting semantica.dataFolder');
		expect(link.state.kind).toBe('failed');
		rmSync(home);
		expect((await link.request('system/status', {})).home).toBe(home);
	});

	test('says that the installation is damaged', async () => {
		const empty = temporaryFolder();
		const { link } = window(temporaryFolder(), { distFolder: empty });
		await expect(link.request('system/status', {})).rejects.toThrow('Reinstall the extension');
	});

	test('runs nothing where nothing may run', async () => {
		const home = join(temporaryFolder(), 'home');
		const { link } = window(home, { refusal: () => new Error('Restricted Mode') });
		link.start();
		await expect(link.request('system/status', {})).rejects.toThrow('Restricted Mode');
		expect(link.state.kind).toBe('stopped');
	});

	test('lets go on stop, and can be started again', async () => {
		const { link } = window(temporaryFolder());
		const pid = await daemonPid(link);
		await link.stop();
		expect(link.state.kind).toBe('stopped');
		link.start();
		await reached(link, 'connected');
		expect(await daemonPid(link)).toBe(pid);
		expect((await link.request('system/status', {})).clients).toBe(1);
	});

	test('tells a daemon that runs anyway, and starts none to tell it', async () => {
		const home = join(temporaryFolder(), 'home');
		const passer = window(home).link;
		expect(await passer.tell('activity/report', {})).toBe(false);
		expect([existsSync(home), passer.state.kind]).toEqual([false, 'stopped']);
		const { link, notifications } = window(home);
		const store = new JobStore();
		const jobs = followJobs(store, { link, notifications, log: () => {} });
		onTestFinished(() => jobs.dispose());
		await jobs.loaded();
		const constraints = { event: 'window.closed' };
		const id = await enqueue(link, shell('true', { constraints }));
		expect(await passer.tell('event/emit', { name: 'window.closed' })).toBe(true);
		expect(passer.state.kind).toBe('connected');
		await until(store, () => store.get(id)?.state === 'succeeded');
	});

	test('that could not start a daemon joins one that runs meanwhile, and keeps it', async () => {
		const home = temporaryFolder();
		const { link } = window(home, { distFolder: temporaryFolder() });
		await expect(link.request('system/status', {})).rejects.toThrow('Reinstall the extension');
		expect(await link.tell('activity/report', {})).toBe(false);
		expect(link.state.kind).toBe('failed');
		const other = window(home).link;
		const pid = await daemonPid(other);
		expect(await link.tell('activity/report', {})).toBe(true);
		expect(await daemonPid(link)).toBe(pid);
		await other.stop();
	});

	test('leaves with a daemon that it only told something, and keeps one that a person uses', async () => {
		const home = temporaryFolder();
		const { link } = window(home);
		const pid = await daemonPid(link);
		const [guest, user] = [window(home).link, window(home).link];
		expect(await guest.tell('activity/report', {})).toBe(true);
		expect(await user.tell('activity/report', {})).toBe(true);
		user.stay();
		await link.stop();
		const left = reached(guest, 'stopped');
		process.kill(pid, 'SIGKILL');
		await left;
		await reached(user, 'connected');
		expect(await daemonPid(user)).not.toBe(pid);
		expect((await user.request('system/status', {})).clients).toBe(1);
	});

	test('runs and tells nothing where nothing may run', async () => {
		const home = temporaryFolder();
		const { link } = window(home);
		await daemonPid(link);
		const restricted = window(home, { refusal: () => new Error('Restricted Mode') }).link;
		expect(await restricted.tell('activity/report', {})).toBe(false);
		expect((await link.request('system/status', {})).clients).toBe(1);
	});

	test('gives the daemon what a person has set, and nothing else', async () => {
		const { link } = window(temporaryFolder());
		const failures: string[] = [];
		const log = (message: string) => failures.push(message);
		const before = await link.request('settings/get', {});
		await applyDaemonSettings(link, { minBattery: null }, log);
		expect(await link.request('settings/get', {})).toEqual(before);
		await applyDaemonSettings(link, { minBattery: 35 }, log);
		await applyDaemonSettings(link, { minBattery: 35 }, log);
		const after = await link.request('settings/get', {});
		expect(after).toEqual({
			values: { ...before.values, minBattery: 35 },
			revision: before.revision + 1,
		});
		expect(failures).toEqual([]);
	});

	test('sees when everything is paused, whoever paused it', async () => {
		const { link, notifications } = window(temporaryFolder());
		const store = new JobStore();
		const jobs = followJobs(store, { link, notifications, log: () => {} });
		onTestFinished(() => jobs.dispose());
		await jobs.loaded();
		expect(store.paused).toBe(false);
		await link.request('queue/update', { name: '*', paused: true });
		await until(store, () => store.paused);
		await link.request('queue/update', { name: '*', paused: false });
		await until(store, () => !store.paused);
	});
});
