/** Schedules of a real daemon: over the wire, through its death, and while it leaves. */
import { setTimeout as delay } from 'node:timers/promises';
import { expect, test } from 'vitest';
import type { DaemonConnection } from '../../../shared/client/connection.ts';
import type { Schedule, SchedulesChanged } from '../../../shared/protocol/schedules.ts';
import { gone, readWholeLog, shell, startDaemon } from '../../support/daemon.ts';

/** Resolves with the schedule once a change says so. */
function scheduleWhen(
	connection: DaemonConnection,
	condition: (schedule: Schedule) => boolean,
): Promise<Schedule> {
	return new Promise((resolve, reject) => {
		const timer = setTimeout(() => reject(new Error('The schedule did not get there.')), 60_000);
		connection.onNotification('schedules/changed', (change: SchedulesChanged) => {
			const found = 'resync' in change ? undefined : change.schedules.find(condition);
			if (found === undefined) return;
			clearTimeout(timer);
			resolve(found);
		});
	});
}

test('what is due runs, knows its time, and is told to whoever subscribed', async () => {
	const daemon = await startDaemon();
	const connection = await daemon.connect();
	await connection.request('schedule/subscribe', {});
	const ended = scheduleWhen(connection, ({ last }) => last?.state === 'succeeded');
	const spec = shell('echo "due $SEMANTICA_DUE_AT"');
	const when = { at: Date.now() + 1000 };
	const { created } = await connection.request('schedule/put', { name: 'soon', spec, when });
	expect(created).toBe(true);
	const { last, nextAt } = await ended;
	expect(nextAt).toBeNull();
	const { job } = await connection.request('job/get', { id: last?.jobId ?? '' });
	expect(job).toMatchObject({
		origin: 'schedule/soon',
		key: `schedule/soon/${when.at}`,
		createdAt: expect.any(Number),
	});
	expect(job.createdAt).toBeGreaterThanOrEqual(when.at);
	expect(await readWholeLog(connection, job.id)).toContain(`due ${when.at}\n`);
	const { id } = await connection.request('schedule/run', { name: 'soon' });
	expect((await connection.request('job/get', { id })).job.origin).toBe('schedule/soon');
	const removed = new Promise<readonly string[]>((resolve) => {
		connection.onNotification('schedules/changed', (change) => {
			if ('removed' in change && change.removed.length > 0) resolve(change.removed);
		});
	});
	await connection.request('schedule/remove', { name: 'soon' });
	expect(await removed).toEqual(['soon']);
	await expect(connection.request('schedule/list', { name: 'soon' })).rejects.toMatchObject({
		data: { kind: 'NOT_FOUND' },
	});
});

test('what fell due while no daemon was there is made up for by the next one', async () => {
	const daemon = await startDaemon();
	const connection = await daemon.connect();
	const when = { everyMs: 1000 };
	await connection.request('schedule/put', { name: 'beat', spec: shell('true'), when });
	await daemon.kill();
	// The clock of the machine has to pass by a due time; there is no event for that.
	await delay(1500);
	await daemon.restart();
	const again = await daemon.connect();
	const begun = scheduleWhen(again, ({ last }) => last !== null);
	await again.request('schedule/subscribe', {});
	const {
		schedules: [now],
	} = await again.request('schedule/list', {});
	expect((now?.last ?? (await begun).last)?.jobId).toEqual(expect.any(String));
});

test('a schedule keeps the daemon until it will be due no more', async () => {
	const daemon = await startDaemon({ config: { idleExitMs: 1 } });
	const { pid } = daemon.state;
	const connection = await daemon.connect();
	const when = { at: Date.now() + 2000 };
	await connection.request('schedule/put', { name: 'last', spec: shell('true'), when });
	connection.dispose();
	// It stays for the due time, does the work, and has no reason to stay after that.
	await gone(pid);
	await daemon.restart();
	const { jobs } = await (await daemon.connect()).request('job/list', {
		filter: { origin: ['schedule/last'] },
	});
	expect(jobs).toMatchObject([{ state: 'succeeded', key: `schedule/last/${when.at}` }]);
});
