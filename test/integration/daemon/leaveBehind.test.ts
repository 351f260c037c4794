/** Jobs that may leave processes behind, under a real daemon, through its death. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import {
	enqueue,
	gone,
	isAlive,
	jobEnd,
	jobWhen,
	logSays,
	readWholeLog,
	shell,
	startDaemon,
	temporaryFolder,
} from '../../support/daemon.ts';

const linux = process.platform === 'linux';

function endAtLast(pid: number): number {
	onTestFinished(() => {
		if (isAlive(pid)) process.kill(pid, 'SIGKILL');
	});
	return pid;
}

const pidIn = (file: string) => endAtLast(Number(readFileSync(file, 'utf8')));

test.skipIf(!linux)(
	'what a job may leave behind lives on through the death of its daemon, and a cancel ends it',
	async () => {
		const daemon = await startDaemon();
		const connection = await daemon.connect();
		const folder = temporaryFolder();
		const file = (name: string) => join(folder, name);
		const leaves = (name: string) =>
			`setsid sleep 600 >/dev/null 2>&1 & echo $! > '${file(name)}'; sleep 601 & echo $! > '${file(`${name}2`)}'; exit 3`;
		const [id = '', strict = ''] = await enqueue(
			connection,
			shell(leaves('a'), { leaveBehind: true, subject: 'one', supersede: 'none' }),
			shell(leaves('b')),
		);
		expect(await jobEnd(daemon, id)).toMatchObject({
			state: 'failed',
			exitCode: 3,
			leaveBehind: true,
		});
		expect(await jobEnd(daemon, strict)).toMatchObject({ state: 'failed', exitCode: 3 });
		const [apart, beside] = [pidIn(file('a')), pidIn(file('a2'))];
		for (const name of ['b', 'b2']) await gone(pidIn(file(name)));
		expect(await readWholeLog(connection, id)).toMatch(
			/leaves 2 processes: sleep \(pid \d+\), sleep \(pid \d+\); cancelling the job ends that/,
		);
		const { left } = await connection.request('job/get', { id });
		expect(left?.map(({ pid }) => pid).sort()).toEqual([apart, beside].sort());
		const { text } = await connection.request('system/metrics', {});
		expect(text).toContain('\nsemantica_left_processes 2\n');
		// Its subject is free.
		const [next = ''] = await enqueue(
			connection,
			shell('true', { subject: 'one', supersede: 'none' }),
		);
		expect(await jobEnd(daemon, next)).toMatchObject({ state: 'succeeded' });

		// Of one that still runs nothing stays, whoever ends it.
		const runs = (name: string) => `sleep 600 & echo $! > '${file(name)}'; echo begun; wait`;
		const [cancelled = '', orphan = ''] = await enqueue(
			connection,
			shell(runs('c'), { leaveBehind: true, graceMs: 0 }),
			shell(runs('d'), { leaveBehind: true }),
		);
		for (const one of [cancelled, orphan]) await logSays(daemon, one, '\nbegun\n');
		await connection.request('job/cancel', { ids: [cancelled] });
		await jobEnd(daemon, cancelled);
		await gone(pidIn(file('c')));

		await daemon.kill();
		await gone(pidIn(file('d')));
		await daemon.restart();
		const again = await daemon.connect();
		await jobWhen(daemon, orphan, ({ state }) => state === 'failed');
		expect([isAlive(apart), isAlive(beside)]).toEqual([true, true]);
		const ended = await again.request('job/cancel', { ids: [id] });
		expect(ended).toMatchObject({ count: 1, skippedCount: 0, skipped: [] });
		await gone(apart);
		await gone(beside);
		const after = await again.request('job/get', { id });
		expect(after).toMatchObject({ job: { state: 'failed', exitCode: 3 } });
		expect(after.left).toBeUndefined();
		const twice = await again.request('job/cancel', { ids: [id] });
		expect(twice).toMatchObject({ count: 0, skippedCount: 1 });
	},
);
