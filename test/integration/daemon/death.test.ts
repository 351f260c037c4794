/** When the daemon is killed nothing it started survives, and what was promised stands. */

import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { ConnectionClosed } from '../../../shared/client/connection.ts';
import {
	enqueue,
	gone,
	jobEnd,
	jobWhen,
	logSays,
	readWholeLog,
	shell,
	startDaemon,
} from '../../support/daemon.ts';
import { stateOf, until } from '../../support/processes.ts';
import { atWork, family, marked } from './families.ts';

describe('when the daemon is killed', () => {
	test('nothing it started survives, and the next one goes on by the rules', async () => {
		const { daemon, restartableId, onceId, quietId, later, alive } = await atWork();
		const first = daemon.state;
		await daemon.kill();
		await until(() => alive().length === 0, 'nothing is left of any job');

		await daemon.restart();
		expect(daemon.state.instance).not.toBe(first.instance);
		const connection = await daemon.connect();
		const interrupted = {
			state: 'failed',
			stopReason: 'interrupted',
			error: { code: 'INTERRUPTED', message: expect.stringMatching(/not restartable/) },
		};
		expect(await jobEnd(daemon, onceId)).toMatchObject(interrupted);
		expect(await jobEnd(daemon, quietId)).toMatchObject(interrupted);
		// The attempt that was interrupted is not charged.
		expect(await jobEnd(daemon, restartableId)).toMatchObject({
			state: 'succeeded',
			run: 2,
			attempt: 1,
		});
		expect(await readWholeLog(connection, restartableId)).toMatch(/^run 1$.*^run 2$/ms);
		const { runs } = await connection.request('job/get', { id: restartableId });
		expect(runs.map((run) => run.reason)).toEqual(['interrupted', 'exit']);
		expect((await connection.request('job/get', { id: later })).job.state).toBe('queued');
		const { recovery, counts } = await connection.request('system/status', {});
		expect(recovery).toMatchObject({ interrupted: 2, requeued: 1, resolved: 0 });
		const { checks } = await connection.request('system/diagnose', {});
		expect(checks).toContainEqual({
			name: 'what the last daemon left',
			ok: true,
			message: expect.stringMatching(
				/2 jobs had been interrupted, 1 interrupted job was queued again\.$/,
			),
		});
		expect(counts).toMatchObject({ failed: 2, succeeded: 1, queued: 1, running: 0 });
		// What the interrupted one had said is still there, and counted.
		const log = await readWholeLog(connection, onceId);
		expect(log).toContain('ready\n');
		expect((await connection.request('job/get', { id: onceId })).job.logBytes).toBe(
			Buffer.byteLength(log),
		);
	});

	test('a job that ended while nobody could hear it keeps its exit code', async () => {
		const daemon = await startDaemon();
		const connection = await daemon.connect();
		const gate = join(daemon.home, 'gate');
		const status = (id: string) => join(daemon.paths.statusFolder, `${id}.1`);
		const line = (code: number) => `until [ -e ${gate} ]; do sleep 0.02; done; exit ${code}`;
		const ids = await enqueue(connection, shell(line(0)), shell(line(42)));
		for (const id of ids) await jobWhen(daemon, id, (job) => job.state === 'running');
		for (const id of ids) {
			const started = async () => (await connection.request('job/get', { id })).runs[0]?.pid;
			while ((await started()) === null) await delay(10);
		}
		process.kill(daemon.state.pid, 'SIGSTOP');
		await until(() => stateOf(daemon.state.pid) === 'T', 'the daemon stands still');
		writeFileSync(gate, '');
		await until(
			() => ids.every((id) => existsSync(status(id)) && readFileSync(status(id), 'utf8') !== ''),
			'both left their status',
		);
		await daemon.kill();
		await daemon.restart();
		expect(await jobEnd(daemon, ids[0] ?? '')).toMatchObject({ state: 'succeeded', exitCode: 0 });
		expect(await jobEnd(daemon, ids[1] ?? '')).toMatchObject({
			state: 'failed',
			stopReason: 'exit',
			exitCode: 42,
		});
		const { recovery } = await (await daemon.connect()).request('system/status', {});
		expect(recovery).toMatchObject({ resolved: 2, interrupted: 0 });
		expect(ids.filter((id) => existsSync(status(id)))).toEqual([]);
		const known = await (await daemon.connect()).request('job/get', { id: ids[0] ?? '' });
		expect(known.runs[0]?.cost?.cpuMs).toBeTypeOf('number');
	});

	test('what an interrupted run cost is known where its control group told', async () => {
		const daemon = await startDaemon();
		const connection = await daemon.connect();
		const { checks } = await connection.request('system/diagnose', {});
		const [id = ''] = await enqueue(connection, shell('echo begun; while :; do :; done'));
		await logSays(daemon, id, '\nbegun\n');
		await daemon.kill();
		await daemon.restart();
		const { cost } = await jobEnd(daemon, id);
		const tells = checks.some(({ message }) => message.startsWith('Every job has a control group'));
		expect(cost).toEqual(tells ? expect.objectContaining({ cpuMs: expect.any(Number) }) : null);
	});

	test('a stop that was promised is carried out, not the restart', async () => {
		const daemon = await startDaemon();
		const connection = await daemon.connect();
		const { job, alive } = marked(family(true), { restartable: true, graceMs: 60_000 });
		const [id = ''] = await enqueue(connection, job);
		await logSays(daemon, id, '\nready\n');
		await connection.request('job/cancel', { ids: [id] });
		await daemon.kill();
		await until(() => alive().length === 0, 'nothing is left of the job');
		await daemon.restart();
		expect(await jobEnd(daemon, id)).toMatchObject({
			state: 'cancelled',
			stopReason: 'cancel',
			run: 1,
		});
	});

	test('by a job, however soon, that job is given up after the third time', async () => {
		const daemon = await startDaemon();
		const pid = `grep '"pid"' ${daemon.paths.stateFile} | tr -cd 0-9`;
		const killer = shell(`kill -9 "$(${pid})"; sleep 60`, { restartable: true });
		const [id = ''] = await enqueue(await daemon.connect(), killer);
		for (let death = 1; death <= 3; death++) {
			await gone(daemon.state.pid);
			await daemon.restart();
		}
		expect(await jobEnd(daemon, id)).toMatchObject({
			state: 'failed',
			stopReason: 'poison',
			run: 3,
		});
	});

	test('what was acknowledged is there, many times over', async () => {
		const daemon = await startDaemon();
		const acknowledged: string[] = [];
		for (let round = 0; round < 3; round++) {
			const connection = await daemon.connect();
			await connection.request('queue/update', { name: '*', paused: true });
			const flood = Array.from({ length: 200 }, () =>
				enqueue(connection, shell('true')).then(
					(ids) => acknowledged.push(...ids),
					() => {},
				),
			);
			// In the middle of it: some are answered, some are not.
			await Promise.all(flood.slice(0, 20));
			await daemon.kill();
			await Promise.all(flood);
			await daemon.restart();
		}
		const connection = await daemon.connect();
		expect(acknowledged.length).toBeGreaterThanOrEqual(60);
		for (const id of acknowledged) {
			expect((await connection.request('job/get', { id })).job.state).toBe('queued');
		}
	});
});

test('what is asked over a connection that has ended already says so, as what was under way does', async () => {
	const daemon = await startDaemon();
	const connection = await daemon.connect();
	await daemon.kill();
	await connection.closed;
	await expect(connection.request('queue/list', {})).rejects.toThrow(ConnectionClosed);
	connection.dispose();
	await expect(connection.request('queue/list', {})).rejects.toThrow(ConnectionClosed);
});
