/** Restart Daemon against real daemons, from windows that are connected to one and from windows that are not. */
import { describe, expect, onTestFinished, test } from 'vitest';
import { restartDaemon } from '../../../extension/connection/restart.ts';
import { enqueue } from '../../../extension/jobs/enqueue.ts';
import { JobStore } from '../../../extension/jobs/store/store.ts';
import { followJobs } from '../../../extension/jobs/store/subscription.ts';
import { gone, shell, temporaryFolder } from '../../support/daemon.ts';
import { daemonPid, until, window } from './window.ts';

/** A window with its jobs, and what its person answers. */
function person(home: string, answer: { interrupt?: boolean; kill?: () => Promise<boolean> } = {}) {
	const { link, notifications } = window(home);
	const store = new JobStore();
	const jobs = followJobs(store, { link, notifications, log: () => {} });
	onTestFinished(() => jobs.dispose());
	const asked: string[] = [];
	const restart = () =>
		restartDaemon({
			link,
			home: () => home,
			loaded: () => jobs.loaded(),
			confirmInterruption: async () => {
				asked.push(...store.group('running').map(({ title }) => title));
				return answer.interrupt ?? true;
			},
			confirmUnseen: async () => true,
			confirmKill: async () => (await answer.kill?.()) ?? false,
			log: () => {},
		});
	return { link, store, asked, restart };
}

describe('Restart Daemon', () => {
	test('starts one where none runs', async () => {
		const { link, asked, restart } = person(temporaryFolder());
		expect(await restart()).toBe(true);
		expect([link.state.kind, asked]).toEqual(['connected', []]);
	});

	test('replaces the one that runs, also from a window that has not needed it', async () => {
		const home = temporaryFolder();
		const other = person(home);
		await other.restart();
		const pid = await daemonPid(other.link);
		const id = await enqueue(other.link, shell('sleep 1000', { title: 'Hold' }));
		await until(other.store, () => other.store.get(id)?.state === 'running');
		await other.link.stop();
		const { link, asked, restart } = person(home);
		expect(await restart()).toBe(true);
		expect(asked).toEqual(['Hold']);
		await gone(pid);
		expect(await daemonPid(link)).not.toBe(pid);
	});

	test('leaves it alone when the person says no', async () => {
		const home = temporaryFolder();
		const other = window(home).link;
		const pid = await daemonPid(other);
		const { restart } = person(home, { interrupt: false });
		expect(await restart()).toBe(false);
		expect(await daemonPid(other)).toBe(pid);
		await other.stop();
	});

	test('kills nobody by the number of a silent daemon that ended while the person was asked', async () => {
		let pid = 0;
		const { link, restart } = person(temporaryFolder(), {
			kill: async () => {
				process.kill(pid, 'SIGKILL');
				await gone(pid);
				return true;
			},
		});
		await restart();
		pid = await daemonPid(link);
		process.kill(pid, 'SIGSTOP');
		// To kill a number that nobody has would be an error here, and where somebody has it the end of a stranger.
		expect(await restart()).toBe(true);
		expect(await daemonPid(link)).not.toBe(pid);
	});
});
