/** However a job ends, nothing that it started is left, and its end is its own. */
import { describe, expect, test } from 'vitest';
import { enqueue, jobEnd, jobWhen, logSays, runToEnd, startDaemon } from '../../support/daemon.ts';
import { until } from '../../support/processes.ts';
import { family, marked } from './families.ts';

describe('cancelling a job', () => {
	test('ends its whole family, at once where it listens', async () => {
		const daemon = await startDaemon();
		const connection = await daemon.connect();
		const { job, alive } = marked(family(false), { graceMs: 60_000 });
		const [id = ''] = await enqueue(connection, job);
		await logSays(daemon, id, '\nready\n');
		expect(alive().length).toBeGreaterThanOrEqual(5);
		await connection.request('job/cancel', { ids: [id] });
		// Well within the grace time, or this would take a minute.
		expect(await jobEnd(daemon, id, 30_000)).toMatchObject({
			state: 'cancelled',
			signal: 'SIGTERM',
		});
		expect(alive()).toEqual([]);
	});

	test('that does not listen ends it after its grace time', async () => {
		const daemon = await startDaemon();
		const connection = await daemon.connect();
		const { job, alive } = marked(family(true), { graceMs: 400 });
		const [id = ''] = await enqueue(connection, job);
		await logSays(daemon, id, '\nready\n');
		await connection.request('job/cancel', { ids: [id] });
		const stopping = await jobWhen(
			daemon,
			id,
			(found) => found.stopping !== null || found.finishedAt !== null,
		);
		const ended = await jobEnd(daemon, id);
		expect(ended).toMatchObject({ state: 'cancelled', stopReason: 'cancel' });
		expect((ended.finishedAt ?? 0) - (stopping.startedAt ?? 0)).toBeGreaterThanOrEqual(400);
		expect(alive()).toEqual([]);
	});

	test('before its process is there means that it never is, or not for long', async () => {
		const daemon = await startDaemon();
		const connection = await daemon.connect();
		const jobs = Array.from({ length: 20 }, () => marked('sleep 300', { graceMs: 60_000 }));
		const ids = await enqueue(connection, ...jobs.map(({ job }) => job));
		await connection.request('job/cancel', { ids });
		// Well within the grace time: a process that is just beginning hears of it too.
		for (const id of ids) expect((await jobEnd(daemon, id, 30_000)).state).toBe('cancelled');
		for (const { alive } of jobs) expect(alive()).toEqual([]);
	});
});

describe('a job that ends', () => {
	test('leaves nothing behind, and its exit code is its own', async () => {
		const daemon = await startDaemon();
		const connection = await daemon.connect();
		for (const line of [
			'sleep 300 & exit 7',
			'(sleep 300 &) ; exit 7',
			'nohup sleep 300 >/dev/null 2>&1 & exit 7',
			"trap '' TERM; (trap '' TERM INT HUP; sleep 300) & exit 7",
		]) {
			const { job, alive } = marked(line);
			const ended = await runToEnd(daemon, connection, job);
			expect(ended, line).toMatchObject({ state: 'failed', exitCode: 7, stopReason: 'exit' });
			await until(() => alive().length === 0, `nothing is left of ${line}`);
		}
	});
});
