/** Windows of two builds on one data folder. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { Link } from '../../../extension/connection/link.ts';
import { restartDaemon } from '../../../extension/connection/restart.ts';
import type { LinkState } from '../../../extension/connection/state.ts';
import { enqueue } from '../../../extension/jobs/enqueue.ts';
import { JobStore } from '../../../extension/jobs/store/store.ts';
import { followJobs } from '../../../extension/jobs/store/subscription.ts';
import { buildAs, runningBuild, type TestBuild } from '../../support/builds.ts';
import { gone, shell, temporaryFolder } from '../../support/daemon.ts';
import { createCli } from '../cli/cli.ts';
import { until, window } from '../extension/window.ts';

const older = buildAs('9.9.0');
const newer = buildAs('9.10.0');
const ancient = buildAs('9.8.0', { protocol: 0 });

/** A window with its jobs. */
function windowOf({ dist }: TestBuild, home: string) {
	const { link, notifications } = window(home, { distFolder: dist });
	const store = new JobStore();
	const jobs = followJobs(store, { link, notifications, log: () => {} });
	onTestFinished(() => jobs.dispose());
	return { link, store, loaded: () => jobs.loaded() };
}

type Window = ReturnType<typeof windowOf>;

/** A job that ends when its gate is open. */
async function gated({ link, store, loaded }: Window, home: string, title: string) {
	await loaded();
	const gate = join(home, title);
	const line = `until [ -e '${gate}' ]; do sleep 0.02; done`;
	const id = await enqueue(link, shell(line, { title, priority: 60 }));
	await until(store, () => store.get(id)?.state === 'running');
	return { id, open: () => writeFileSync(gate, '') };
}

const when = (link: Link, holds: (state: LinkState) => boolean): Promise<void> =>
	new Promise((resolve) => {
		const check = (state: LinkState) => {
			if (holds(state)) resolve();
		};
		link.onDidChange(check);
		check(link.state);
	});

/** Connected to a daemon of this version. */
const on = (version: string) => (state: LinkState) =>
	state.kind === 'connected' && state.server.version === version;

const pidOf = (home: string): number => runningBuild(home)?.pid ?? 0;

describe('a window of a newer build', () => {
	test('has an idle older daemon make way, and every window goes on with the newer one', async () => {
		const home = temporaryFolder();
		const old = windowOf(older, home);
		await old.loaded();
		const young = windowOf(newer, home);
		await young.loaded();
		await Promise.all([when(old.link, on('9.10.0')), when(young.link, on('9.10.0'))]);
		expect(old.link.state).toMatchObject({ relation: 'newer' });
		expect(young.link.state).toMatchObject({ relation: 'same' });
		await enqueue(old.link, shell('true'));
	});

	test('lets what runs finish; both windows know of it and may go on asking', async () => {
		const home = temporaryFolder();
		const old = windowOf(older, home);
		const running = await gated(old, home, 'first');
		const first = pidOf(home);
		const young = windowOf(newer, home);
		await young.loaded();
		expect(young.link.state).toMatchObject({ kind: 'connected', relation: 'older' });
		const handover = { mode: 'handover', reason: 'Semantica 9.10.0 takes over' };
		for (const { store } of [old, young]) {
			await until(store, () => store.draining !== undefined);
			expect(store.draining).toEqual(handover);
		}
		const waiting = [
			await enqueue(old.link, shell('true')),
			await enqueue(young.link, shell('true')),
		];
		await until(young.store, () => waiting.every((id) => young.store.get(id)?.state === 'queued'));
		expect(pidOf(home)).toBe(first);
		running.open();
		await Promise.all([when(old.link, on('9.10.0')), when(young.link, on('9.10.0'))]);
		await until(young.store, () =>
			[running.id, ...waiting].every((id) => young.store.get(id)?.state === 'succeeded'),
		);
		expect(young.store.draining).toBeUndefined();
	});

	test('that closes before the older daemon has left need not be there', async () => {
		const home = temporaryFolder();
		const old = windowOf(older, home);
		const running = await gated(old, home, 'first');
		const young = windowOf(newer, home);
		await young.loaded();
		await until(old.store, () => old.store.draining !== undefined);
		await young.link.stop();
		running.open();
		await when(old.link, on('9.10.0'));
		expect(old.link.state).toMatchObject({ relation: 'newer' });
	});

	test('whose older daemon is killed in the middle: the older window brings up the newer one', async () => {
		const home = temporaryFolder();
		const old = windowOf(older, home);
		await gated(old, home, 'first');
		const young = windowOf(newer, home);
		await young.loaded();
		await until(old.store, () => old.store.draining !== undefined);
		await young.link.stop();
		process.kill(pidOf(home), 'SIGKILL');
		await when(old.link, on('9.10.0'));
		const jobs = () => old.store.group('failed').map(({ stopReason }) => stopReason);
		await until(old.store, () => jobs().length === 1);
		expect(jobs()).toEqual(['interrupted']);
	});
});

describe('a window that does not speak the older daemon’s protocol', () => {
	const ports = (link: Link, unseen: number[], yes: boolean) => ({
		link,
		loaded: async () => {},
		confirmInterruption: async () => true,
		async confirmUnseen(running: number) {
			unseen.push(running);
			return yes;
		},
		confirmKill: async () => false,
		log: () => {},
	});

	/** It has a daemon, in which a job runs until its gate is open. */
	async function ancientHome() {
		const home = temporaryFolder();
		const cli = createCli({ dist: ancient.dist, home });
		const gate = join(home, 'gate');
		const line = `echo begun; until [ -e '${gate}' ]; do sleep 0.02; done`;
		const { stdout } = await cli.run(['run', '--', '/bin/sh', '-c', line]);
		const following = cli.start(['logs', '-f', stdout.trim()]);
		await following.saw('begun');
		following.child.kill();
		return { home, first: pidOf(home), open: () => writeFileSync(gate, '') };
	}

	test('says that it waits, asks nothing of it, and goes on with its own', async () => {
		const { home, first, open } = await ancientHome();
		const { link } = windowOf(newer, home);
		link.start();
		await when(link, (state) => state.kind === 'handover' && state.busy);
		await expect(link.request('queue/list', {})).rejects.toMatchObject({
			kind: 'DRAINING',
			message: expect.stringMatching(/older version that still runs jobs.*Restart Daemon/),
		});
		expect(await link.tell('activity/report', {})).toBe(false);
		expect(pidOf(home)).toBe(first);
		open();
		await when(link, on('9.10.0'));
	});

	test('takes over at once only where the person says so', async () => {
		const { home, first } = await ancientHome();
		const { link } = windowOf(newer, home);
		link.start();
		await when(link, (state) => state.kind === 'handover' && state.busy);
		const unseen: number[] = [];
		const restart = (yes: boolean) =>
			restartDaemon({ ...ports(link, unseen, yes), home: () => home });
		expect(await restart(false)).toBe(false);
		expect(pidOf(home)).toBe(first);
		expect(await restart(true)).toBe(true);
		await gone(first);
		expect(unseen).toEqual([1, 1]);
		expect(link.state).toMatchObject({ kind: 'connected', server: { version: '9.10.0' } });
	});
});
