/** A job that thousands wait for, in a real daemon that is killed while it tells them. */
import { expect, it } from 'vitest';
import type { JobSpecInput } from '../../../shared/job.ts';
import { enqueue, shell, startDaemon } from '../../support/daemon.ts';

const WAITERS = 10_000;

it('goes on telling those that wait for a job after kill -9 in the middle of it', {
	timeout: 180_000,
}, async () => {
	const daemon = await startDaemon();
	const connection = await daemon.connect();
	const [first = ''] = await enqueue(connection, shell('true', { title: 'first', runAt: 4e12 }));
	const waiter: JobSpecInput = shell('true', { after: [{ id: first }] });
	let last = '';
	for (let made = 0; made < WAITERS; made += 1000) {
		const ids = await enqueue(connection, ...Array.from({ length: 1000 }, () => waiter));
		last = ids.at(-1) ?? '';
	}
	await connection.request('job/cancel', { ids: [first] });
	const { total } = await connection.request('job/list', {
		filter: { state: ['cancelled'] },
		limit: 1,
	});
	await daemon.kill();
	expect(total.value).toBeLessThan(WAITERS);
	await daemon.restart();
	const link = await daemon.connect();
	// They are told in the order in which they came.
	const waited = await link.request('job/wait', { ids: [last], timeoutMs: 120_000 });
	expect(waited.satisfied).toBe(true);
	const { jobs } = await link.request('job/list', {
		filter: { state: ['cancelled'], after: first },
		limit: 200,
	});
	expect(jobs).toHaveLength(200);
	expect(jobs.every(({ stopReason }) => stopReason === 'dependency')).toBe(true);
	expect(jobs[0]?.error?.message).toContain(`«first» (${first}) was cancelled`);
	const status = await link.request('system/status', {});
	expect(status.counts).toMatchObject({ queued: 0, cancelled: WAITERS + 1 });
});
