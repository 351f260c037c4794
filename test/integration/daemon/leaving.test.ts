/** When the daemon is asked to leave, or is needed no more: in order, and with the truth about what ran. */
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import type { Job } from '../../../shared/job.ts';
import {
	enqueue,
	gone,
	jobEnd,
	logSays,
	runToEnd,
	shell,
	startDaemon,
	type TestDaemon,
} from '../../support/daemon.ts';
import { stateOf } from '../../support/processes.ts';
import { atWork, family, marked } from './families.ts';

describe('when the daemon is asked to leave', () => {
	test('by SIGTERM it stops what runs, tells the truth about it, and takes its traces along', async () => {
		const { daemon, restartableId, onceId, later, alive } = await atWork();
		const { pid, endpoint } = daemon.state;
		process.kill(pid, 'SIGTERM');
		await gone(pid);
		expect(alive()).toEqual([]);
		expect(existsSync(endpoint)).toBe(false);
		expect(existsSync(daemon.paths.stateFile)).toBe(false);
		expect(daemon.log()).toMatch(/Draining \(stop\): SIGTERM; 3 running\..*The daemon has left\./s);

		await daemon.restart();
		const connection = await daemon.connect();
		const { recovery } = await connection.request('system/status', {});
		expect(recovery).toEqual({ interrupted: 0, requeued: 0, resolved: 0, killed: 0 });
		expect(await jobEnd(daemon, onceId)).toMatchObject({
			state: 'failed',
			stopReason: 'interrupted',
		});
		expect(await jobEnd(daemon, restartableId)).toMatchObject({ state: 'succeeded', attempt: 1 });
		expect((await connection.request('job/get', { id: later })).job.state).toBe('queued');
	});

	test('whoever watches hears of it, also when nothing keeps the daemon any longer', async () => {
		const daemon = await startDaemon();
		const watching = await daemon.connect();
		const told: (string | undefined)[] = [];
		watching.onNotification('jobs/changed', ({ draining }) => told.push(draining?.reason));
		await watching.request('jobs/subscribe', {});
		const person = await daemon.connect();
		const drain = { reason: 'a person wants it', mode: 'stop', timeoutMs: 0 } as const;
		await person.request('system/drain', drain);
		await gone(daemon.state.pid);
		// What was written before the end is there to be read.
		await expect(watching.request('system/status', {})).rejects.toThrow();
		expect(told.at(-1)).toBe('a person wants it');
	});

	test('to finish, it takes no more, starts no more, and goes when the last has ended', async () => {
		const daemon = await startDaemon();
		const connection = await daemon.connect();
		await connection.request('queue/update', { name: 'default', concurrency: 1 });
		const gate = join(daemon.home, 'gate');
		const [running = '', waiting = ''] = await enqueue(
			connection,
			shell(`echo begun; until [ -e ${gate} ]; do sleep 0.02; done; exit 5`),
			shell('true'),
		);
		await logSays(daemon, running, '\nbegun\n');
		const drain = { reason: 'an update', mode: 'finish', timeoutMs: 600_000 } as const;
		expect(await connection.request('system/drain', drain)).toEqual({ mode: 'finish', running: 1 });
		await expect(enqueue(connection, shell('true'))).rejects.toMatchObject({
			code: 5030,
			data: { kind: 'DRAINING' },
			message: expect.stringMatching(/shutting down \(an update\)/),
		});
		expect((await connection.request('system/status', {})).draining).toBe('an update');
		const why = await connection.request('job/explain', { id: waiting });
		expect(why.reasons.map(({ kind }) => kind)).toEqual(['limit', 'draining']);
		const left = daemon.state.pid;
		writeFileSync(gate, '');
		await connection.closed;
		await gone(left);
		await daemon.restart();
		expect(await jobEnd(daemon, running)).toMatchObject({ state: 'failed', exitCode: 5, run: 1 });
		// Nobody drains the next one: it goes on with what waited.
		expect((await jobEnd(daemon, waiting)).state).toBe('succeeded');
	});

	test('to finish in time, it stops what is not ready then', async () => {
		const daemon = await startDaemon();
		const connection = await daemon.connect();
		const { job, alive } = marked(family(false));
		const [id = ''] = await enqueue(connection, job);
		await logSays(daemon, id, '\nready\n');
		const { pid } = daemon.state;
		await connection.request('system/drain', { reason: 'haste', mode: 'finish', timeoutMs: 200 });
		await gone(pid);
		expect(alive()).toEqual([]);
		await daemon.restart();
		expect(await jobEnd(daemon, id)).toMatchObject({ state: 'failed', stopReason: 'interrupted' });
	});

	test('when idle, it goes on taking work until there is none', async () => {
		const daemon = await startDaemon();
		const connection = await daemon.connect();
		const gate = join(daemon.home, 'gate');
		const wait = `until [ -e ${gate} ]; do sleep 0.02; done`;
		const [first = ''] = await enqueue(connection, shell(`echo begun; ${wait}`));
		await logSays(daemon, first, '\nbegun\n');
		await connection.request('system/drain', { reason: 'an update', mode: 'whenIdle' });
		const [second = ''] = await enqueue(connection, shell(`echo begun; ${wait}`));
		await logSays(daemon, second, '\nbegun\n');
		const { pid } = daemon.state;
		writeFileSync(gate, '');
		await gone(pid);
		await daemon.restart();
		expect((await jobEnd(daemon, first)).state).toBe('succeeded');
		expect((await jobEnd(daemon, second)).state).toBe('succeeded');
	});

	test('when idle, it does not take the moment between two jobs for idleness', async () => {
		const daemon = await startDaemon();
		const connection = await daemon.connect();
		await connection.request('queue/update', { name: 'default', concurrency: 1 });
		const ids = await enqueue(connection, ...Array.from({ length: 5 }, () => shell('true')));
		const { pid } = daemon.state;
		await connection.request('system/drain', { reason: 'an update', mode: 'whenIdle' });
		await gone(pid);
		await daemon.restart();
		const restarted = daemon.state.startedAt;
		for (const id of ids) {
			const job = await jobAt(daemon, id);
			expect(job.state).toBe('succeeded');
			expect(job.finishedAt).toBeLessThan(restarted);
		}
	});

	test('in the very moment that work arrives, that work is not begun and broken off', async () => {
		const states: Record<string, number> = {};
		for (let round = 0; round < 8; round++) {
			const daemon = await startDaemon();
			const connection = await daemon.connect();
			const { pid } = daemon.state;
			const enqueued = Array.from({ length: 10 }, () => enqueue(connection, shell('sleep 0.2')));
			// Sometimes before, sometimes after the work was committed, claimed or started.
			await delay(round * 3);
			const drained = connection.request('system/drain', { reason: 'now', mode: 'finish' });
			const ids = (await Promise.allSettled([...enqueued, drained])).flatMap((outcome) =>
				outcome.status === 'fulfilled' && Array.isArray(outcome.value) ? outcome.value : [],
			);
			await gone(pid);
			await daemon.restart();
			for (const id of ids) {
				const job = await jobEnd(daemon, id);
				states[job.state] = (states[job.state] ?? 0) + 1;
			}
			await daemon.kill();
		}
		// Each was finished before, or left for the next daemon: none was interrupted.
		expect(Object.keys(states)).toEqual(['succeeded']);
	});
});

describe('a daemon that nobody needs', () => {
	test.each([0, 300])(
		'leaves %i ms after the last one, and not while anybody is connected or anything is to be done',
		async (idleExitMs) => {
			const daemon = await startDaemon({ config: { idleExitMs } });
			const { pid } = daemon.state;
			// However short its patience, whoever started it finds it there.
			const connection = await daemon.connect();
			const job = await runToEnd(daemon, connection, shell('sleep 1'));
			expect(job.state).toBe('succeeded');
			expect(stateOf(pid)).not.toBe(undefined);
			const [waiting = ''] = await enqueue(connection, shell('true', { runAt: Date.now() + 1500 }));
			connection.dispose();
			await gone(pid);
			expect(daemon.log()).toMatch(/Nothing to do and nobody connected: leaving\./);
			await daemon.restart();
			expect((await jobAt(daemon, waiting)).state).toBe('succeeded');
		},
	);
});

async function jobAt(daemon: TestDaemon, id: string): Promise<Job> {
	return (await (await daemon.connect()).request('job/get', { id })).job;
}
