/** `stats/now` and `stats/history` of a real daemon. */
import { expect, it } from 'vitest';
import { enqueue, jobEnd, jobWhen, shell, startDaemon } from '../../support/daemon.ts';
import { openSession } from '../daemon/wire.ts';
import { samples, sumOf, textOf } from './samples.ts';

it('tells how things stand as the status and the metrics do', async () => {
	const daemon = await startDaemon();
	const client = await daemon.connect();
	await client.request('queue/update', { name: 'still', paused: true });
	await client.request('queue/update', {
		name: 'slow',
		rate: { count: 1, perMs: 3_600_000 },
	});
	const [ended = '', running = '', , , , slow = ''] = await enqueue(
		client,
		shell('echo text'),
		shell('sleep 600', { queue: 'long' }),
		...Array.from({ length: 3 }, () => shell('true', { queue: 'still' })),
		...Array.from({ length: 3 }, () => shell('true', { queue: 'slow' })),
	);
	await jobEnd(daemon, ended);
	await jobWhen(daemon, running, (job) => job.state === 'running');
	await jobEnd(daemon, slow);
	const now = await client.request('stats/now', {});
	const status = await client.request('system/status', {});
	expect(now.counts).toEqual(status.counts);
	expect(now.waiting).toEqual({ paused: 3, rate: 2 });
	expect(now.global).toMatchObject({ paused: false, running: 1 });
	expect(now.queues.slice(0, 3).map(({ name, waiting }) => [name, waiting])).toEqual([
		['still', { paused: 3 }],
		['slow', { rate: 2 }],
		['long', {}],
	]);
	for (const { waiting: _, ...queue } of now.queues) expect(status.queues).toContainEqual(queue);
	expect(now.moreQueues).toBe(0);
	expect(now.daemon.startedAt).toBe(status.startedAt);
	expect(now.daemon.cpuMs).toBeGreaterThan(0);
	expect(now.storage.databaseBytes).toBe(status.storage.databaseBytes);
	expect(now.storage.logBytes).toBeGreaterThan(0);
	expect(now.storage.payloadQuotaBytes).toBeGreaterThan(0);
	const few = await client.request('stats/now', { queues: 1 });
	expect([few.queues.length, few.moreQueues]).toEqual([1, now.queues.length - 1]);
	const { queues, to } = await client.request('stats/history', {
		bucketMs: 60_000,
		from: now.at - 3_600_000,
	});
	expect(to).toBeGreaterThanOrEqual(now.at);
	expect(queues.map(({ queue, ended: by }) => [queue, by]).sort()).toEqual([
		['default', { succeeded: 1 }],
		['slow', { succeeded: 1 }],
	]);
	const found = samples(await textOf(client));
	for (const [reason, count] of Object.entries(now.waiting)) {
		expect(sumOf(found, 'semantica_jobs_waiting', { reason }), reason).toBe(count);
	}
});

it('refuses by path what it does not understand', async () => {
	const daemon = await startDaemon();
	const client = await openSession(daemon);
	for (const [path, wrong] of [
		['bucketMs', { bucketMs: 59_999 }],
		['bucketMs', { bucketMs: 86_400_001 }],
		['bucketMs', { bucketMs: 60_000.5 }],
		['from', { from: -1 }],
		['from', { from: 'yesterday' }],
		['from', { from: undefined }],
		['from', { from: 0 }],
		['more', { more: 1 }],
	] as const) {
		const asked = { bucketMs: 60_000, from: Date.now(), ...wrong };
		const { error } = await client.ask('stats/history', asked);
		expect(error?.data?.path, JSON.stringify(wrong)).toBe(path);
		expect(error?.message).toMatch(new RegExp(`^${path}: .*\\.$`));
	}
	const { error } = await client.ask('stats/now', { queues: 1001 });
	expect(error?.data?.path).toBe('queues');
});
