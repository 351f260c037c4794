/** Who is told that a job has ended: the window that a person is in, else the desktop. */
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import type { DaemonConnection } from '../../../shared/client/connection.ts';
import type { JobsEnded } from '../../../shared/protocol/notify.ts';
import { enqueue, jobEnd, shell, startDaemon, type TestDaemon } from '../../support/daemon.ts';
import { openDesktop, whyNoDesktop } from '../../support/desktop.ts';
import { until } from '../../support/processes.ts';

const FAILS = shell('exit 3', { notify: 'failed', title: 'work' });

async function openWindow(daemon: TestDaemon, focused: boolean) {
	const connection = await daemon.connect('vscode');
	const told: JobsEnded[] = [];
	connection.onNotification('jobs/ended', (ended) => told.push(ended));
	await connection.request('window/report', { focused });
	return { connection, told };
}

async function end(daemon: TestDaemon, connection: DaemonConnection, job = FAILS): Promise<string> {
	const [id = ''] = await enqueue(connection, job);
	await jobEnd(daemon, id);
	return id;
}

describe('of the end of a job that asked for it', () => {
	test('the window that had focus last is told, and no other', async () => {
		const daemon = await startDaemon();
		const [first, second] = [await openWindow(daemon, true), await openWindow(daemon, false)];
		const client = await daemon.connect();
		const seen = () => [first.told.length, second.told.length];
		const id = await end(daemon, client);
		await until(() => first.told.length === 1, 'the first is told');
		expect(first.told[0]).toMatchObject({
			count: 1,
			failed: 1,
			jobs: [{ id, title: 'work', state: 'failed', notify: 'failed', exitCode: 3 }],
		});
		await second.connection.request('window/report', { focused: true });
		await second.connection.request('window/report', { focused: false });
		await end(daemon, client);
		await until(() => second.told.length === 1, 'the second is told');
		second.connection.dispose();
		await end(daemon, client);
		await until(() => first.told.length === 2, 'the first is told again');
		expect(seen()).toEqual([2, 1]);
	});

	test('nothing is said where it was not asked for, was tried again, was cancelled or replaced', async () => {
		const daemon = await startDaemon();
		const { told } = await openWindow(daemon, true);
		const client = await daemon.connect();
		await end(daemon, client, shell('exit 1'));
		await end(daemon, client, shell('exit 0', { notify: 'failed' }));
		await end(daemon, client, shell('exit 1', { notify: 'never' }));
		const later = { notify: 'ended', runAt: Date.now() + 3_600_000 } as const;
		const [cancelled = ''] = await enqueue(client, shell('true', later));
		await client.request('job/cancel', { ids: [cancelled] });
		await enqueue(client, shell('true', { ...later, subject: 's' }));
		await enqueue(client, shell('true', { ...later, subject: 's', notify: 'never' }));
		const again = { maxAttempts: 2, backoff: { baseMs: 0 } };
		const once = await end(
			daemon,
			client,
			shell('[ "$SEMANTICA_ATTEMPT" = 2 ]', { ...again, notify: 'failed' }),
		);
		const last = await end(daemon, client, shell('true', { notify: 'ended', title: 'last' }));
		await until(() => told.length > 0, 'the last is told');
		expect(once).not.toBe('');
		expect(told.map(({ jobs }) => jobs.map(({ id }) => id))).toEqual([[last]]);
	});

	test('a late good end is told where that was asked for, and a failure at once', async () => {
		const daemon = await startDaemon({ config: { notifyLongMs: 3000 } });
		const { told } = await openWindow(daemon, true);
		const client = await daemon.connect();
		const titles = () => told.flatMap(({ jobs }) => jobs.map(({ title }) => title));
		await end(daemon, client, shell('true', { notify: 'long', title: 'soon' }));
		await end(daemon, client, shell('exit 1', { notify: 'long', title: 'bad' }));
		await until(() => titles().length === 1, 'the failure is told');
		// What it waited counts: whoever asked for it has been looking at something else since.
		const waits = { runAt: Date.now() + 3500, notify: 'long' } as const;
		await end(daemon, client, shell('true', { ...waits, title: 'late' }));
		await end(daemon, client, shell('sleep 3.2', { notify: 'failed', title: 'not asked' }));
		const [dropped = ''] = await enqueue(
			client,
			shell('sleep 100', { notify: 'long', title: 'dropped' }),
		);
		await delay(3200);
		await client.request('job/cancel', { ids: [dropped] });
		await jobEnd(daemon, dropped);
		await end(daemon, client, shell('exit 1', { notify: 'failed', title: 'last' }));
		await until(() => titles().includes('last'), 'the last is told');
		expect(titles().sort()).toEqual(['bad', 'last', 'late']);
	});

	test('many at once are told as one, of which the first are named', async () => {
		const daemon = await startDaemon();
		const { told } = await openWindow(daemon, true);
		const client = await daemon.connect();
		await client.request('queue/update', { name: '*', paused: true });
		const later = { runAt: Date.now() + 3_600_000, ttlMs: 1, notify: 'ended' } as const;
		await enqueue(client, ...Array(25).fill(shell('true', later)));
		await until(() => told.reduce((sum, { count }) => sum + count, 0) === 25, 'all are told');
		expect(told.length).toBeLessThan(4);
		expect(Math.max(...told.map(({ jobs }) => jobs.length))).toBe(10);
		expect(told.map(({ failed }) => failed)).toEqual(told.map(({ count }) => count));
	});

	test('without a window and a desktop the next window is told, of what a death interrupted too', async () => {
		const daemon = await startDaemon({ env: { DBUS_SESSION_BUS_ADDRESS: '', DISPLAY: '' } });
		const before = await openWindow(daemon, true);
		const client = await daemon.connect();
		const [id = ''] = await enqueue(client, shell('sleep 100', { notify: 'failed' }));
		for (let state = ''; state !== 'running'; await delay(20)) {
			state = (await client.request('job/get', { id })).job.state;
		}
		await daemon.kill();
		await daemon.restart();
		await jobEnd(daemon, id);
		await delay(500);
		const after = await openWindow(daemon, false);
		await until(() => after.told.length === 1, 'it is told');
		expect(after.told[0]?.jobs[0]).toMatchObject({ id, stopReason: 'interrupted' });
		expect(before.told).toEqual([]);
	});
});

const problem = whyNoDesktop();
if (problem !== undefined) console.log(`Notifications of the desktop were not tried: ${problem}.`);

describe.runIf(problem === undefined)('on a desktop', () => {
	test('notify-send takes what jobs are called as it is, and runs nothing of it', async () => {
		const desktop = await openDesktop();
		const daemon = await startDaemon({ env: desktop.env });
		const client = await daemon.connect();
		const title = '--help $(touch x) `y` <b>bold</b> & a\\nb "q" \'s\' 100%';
		await end(daemon, client, shell('exit 3', { notify: 'failed', title }));
		await until(() => desktop.told().length === 1, 'the desktop is told');
		expect(desktop.told()).toEqual([
			{
				app: 'Semantica',
				summary: 'Job failed',
				// As markup, which the server reads back.
				body: `${title.replace('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')}\nThe process ended with exit code 3. Its log says why.`,
				urgency: 2,
			},
		]);
	});

	test('nothing is said beside a window, nor when it is switched off', async () => {
		const desktop = await openDesktop();
		const daemon = await startDaemon({ env: desktop.env, config: { notifications: false } });
		const client = await daemon.connect();
		await end(daemon, client);
		const { told, connection } = await openWindow(daemon, false);
		await until(() => told.length === 1, 'what nobody could be told is told to the window');
		const { revision } = await client.request('settings/get', {});
		await client.request('settings/update', { values: { notifications: true }, revision });
		await end(daemon, client);
		await until(() => told.length === 2, 'the window is told');
		connection.dispose();
		await end(daemon, client, shell('true', { notify: 'ended', title: 'last' }));
		await until(() => desktop.told().length > 0, 'the desktop is told');
		expect(desktop.told()).toMatchObject([{ summary: 'Job succeeded', body: 'last', urgency: 1 }]);
	});

	test('a desktop that is gone is said once, in the log', async () => {
		const gone = { DBUS_SESSION_BUS_ADDRESS: 'unix:path=/nowhere/bus' };
		const daemon = await startDaemon({ env: gone });
		const client = await daemon.connect();
		for (let i = 0; i < 2; i++) await end(daemon, client);
		const said = 'Nobody could be told on the desktop';
		await until(() => daemon.log().includes(said), 'it is said');
		await end(daemon, client);
		await client.request('system/drain', { reason: 'test', mode: 'stop' });
		await until(() => daemon.log().includes('The daemon has left.'), 'it leaves');
		expect(daemon.log().split(said)).toHaveLength(2);
	});
});
