/** How runs end, and that the truth is told about it. */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Containment } from '../../../daemon/processes/containment.ts';
import { openStatusFiles } from '../../../daemon/processes/posix/statusFiles.ts';
import { temporaryFolder } from '../../support/daemon.ts';
import {
	commandLineOf,
	livingProcesses,
	marked,
	newMarker,
	parentOf,
	until,
} from '../../support/processes.ts';
import { ahead, MEANS, openHarness, usesControlGroups } from './harness.ts';

const exit = (exitCode: number, signal: string | null = null) => ({
	kind: 'exit',
	exitCode,
	signal,
});

describe.each(MEANS)('by %s:', (means) => {
	test.each([
		['exit 0', exit(0)],
		['exit 7', exit(7)],
		['kill -KILL $$', exit(137, 'SIGKILL')],
		['kill -TERM $$', exit(143, 'SIGTERM')],
		['kill -USR1 0', exit(138, 'SIGUSR1')],
		["trap 'exit 9' INT; kill -INT $$", exit(9)],
		["trap 'exit 8' TERM; kill -TERM 0", exit(8)],
		['exec /bin/true', exit(0)],
		['exec 0<&- 1>&- 2>&-; exit 5', exit(5)],
	])('%s', async (line, outcome) => {
		const { run } = await openHarness({ means });
		expect(await (await run(line)).ended).toEqual(outcome);
	});

	test.each([
		['in the background', 'sleep M & exit 3'],
		['in a session of its own', 'setsid sleep M & exit 3'],
		['forked twice', '(setsid sh -c "sleep M &" &); exit 3'],
		['in a group of its own', 'timeout 99999 sleep M & sleep 0.2; exit 3'],
	])('what a job leaves %s is gone at its end, and its exit code is kept', async (_, line) => {
		const { run } = await openHarness({ means });
		const marker = newMarker();
		const job = await run(line.replaceAll('M', marker));
		expect(await job.ended).toEqual(exit(3));
		expect(marked(marker)).toEqual([]);
	});

	test('what has itself moved to another control group is gone too', async (context) => {
		const { run, containment, home } = await openHarness({ means });
		if (!usesControlGroups(containment))
			context.skip('there are no control groups to move between');
		const marker = newMarker();
		const [, runs = ''] = /own under (\S+)\.$/m.exec(sentences(containment)) ?? [];
		const job = await run(
			`setsid sh -c 'echo 0 >"$0/cgroup.procs" && : >moved; exec sleep ${marker}' '${dirname(runs)}' & ` +
				'until [ -e moved ]; do sleep 0.02; done; exit 3',
			{ cwd: home },
		);
		expect(await job.ended).toEqual(exit(3));
		expect(marked(marker)).toEqual([]);
	});

	test('its watcher alone killed: the run ends, and all of it', async () => {
		const { run } = await openHarness({ means });
		const marker = newMarker();
		const job = await run(`sleep ${marker} & sleep ${marker}`);
		await until(() => marked(marker).length >= 5 - ahead(means), 'the job is under way');
		const watcher = watcherOf(job.identity.pid);
		process.kill(watcher, 'SIGKILL');
		expect(await job.ended).toEqual({ kind: 'signal', signal: 'SIGKILL' });
		expect(marked(marker)).toEqual([]);
	});

	test('its supervisor alone killed: the run ends, and all of it', async () => {
		const { run } = await openHarness({ means });
		const marker = newMarker();
		const job = await run(`sleep ${marker} & setsid sleep ${marker} & sleep ${marker}`);
		await until(() => marked(marker).length >= 6 - ahead(means), 'the job is under way');
		process.kill(job.identity.pid, 'SIGKILL');
		expect(await job.ended).toEqual({ kind: 'signal', signal: 'SIGKILL' });
		expect(marked(marker)).toEqual([]);
	});

	test('a job that kills its supervisor and everything it finds is still ended', async () => {
		const { run } = await openHarness({ means });
		const marker = newMarker();
		const job = await run(`setsid sleep ${marker} & kill -KILL $PPID; sleep ${marker}`);
		expect(await job.ended).toEqual({ kind: 'signal', signal: 'SIGKILL' });
		expect(marked(marker)).toEqual([]);
	});
});

describe.each(MEANS)('stopping, by %s:', (means) => {
	test('TERM first: the job may say goodbye, in every group of its session', async () => {
		const { run } = await openHarness({ means });
		const marker = newMarker();
		const loop = 'while :; do sleep 0.02; done';
		// It waits for the other before it says goodbye itself: its end is the end of the run.
		const job = await run(
			`timeout 99999 sh -c 'trap "echo inner; exit 0" TERM; echo up; ${loop}; : ${marker}' & ` +
				`trap "wait; echo outer; exit 0" TERM; echo up; ${loop}; : ${marker}`,
		);
		await until(() => job.output().match(/up/g)?.length === 2, 'both traps are set');
		job.stop(30_000);
		expect(await job.ended).toMatchObject({ kind: 'exit' });
		// Twice, perhaps, where timeout passes on what the process has heard itself.
		expect(job.output().split('\n')).toEqual(expect.arrayContaining(['inner', 'outer']));
		expect(marked(marker)).toEqual([]);
	});

	test('KILL after the grace time, whatever the job ignores', async () => {
		const { run } = await openHarness({ means });
		const marker = newMarker();
		const job = await run(`trap '' TERM; sleep ${marker} & echo up; wait; sleep ${marker}`);
		await until(() => job.output().includes('up'), 'the trap is set');
		const began = performance.now();
		job.stop(300);
		expect(await job.ended).toEqual({ kind: 'signal', signal: 'SIGKILL' });
		expect(performance.now() - began).toBeGreaterThanOrEqual(290);
		expect(marked(marker)).toEqual([]);
	});

	test('a job that has stopped its own group is ended all the same', async () => {
		const { run } = await openHarness({ means });
		const marker = newMarker();
		// A sleep that begins after the signal would hold its shell up.
		const loop = `while :; do sleep 0.02; done; : ${marker}`;
		const job = await run(`trap 'exit 6' TERM; kill -STOP 0; ${loop}`);
		const isStopped = () => {
			const pids = marked(marker);
			return pids.length > 0 && !pids.some(isRunning);
		};
		await until(isStopped, 'the group is stopped');
		job.stop(5000);
		expect(await job.ended).toEqual(exit(6));
	});
});

describe('the status file', () => {
	test.each(MEANS)('keeps the exit code for a daemon that was away (%s)', async (means) => {
		const { run, runner, statusFolder } = await openHarness({ means });
		const job = await run('exit 4');
		await job.ended;
		expect(readFileSync(job.statusFile, 'latin1')).toBe('4\n');
		const unfinished = { id: job.id, run: 1, boot: null, restartable: false };
		await runner.cleanUp([], [unfinished]);
		expect(await runner.settle(unfinished)).toEqual({
			outcome: exit(4),
			result: undefined,
			cost: expect.objectContaining({ cpuMs: expect.any(Number) }),
			problems: null,
			incomplete: true,
		});
		await runner.forget(job.id, 1);
		expect(readdirSync(statusFolder)).toEqual([]);
		expect(await runner.settle(unfinished)).toMatchObject({ outcome: { kind: 'interrupted' } });
	});

	test('beside a wish to be tried again, for a daemon that was away', async () => {
		const { run, runner, statusFolder } = await openHarness();
		const job = await run('exit 0');
		await job.ended;
		const again = { afterMs: 5, free: false };
		runner.keepAgain(job.id, 1, JSON.stringify(again));
		runner.markTaken(job.id, 1);
		const unfinished = { id: job.id, run: 1, boot: null, restartable: true };
		await runner.cleanUp([], [unfinished]);
		expect((await runner.settle(unfinished)).outcome).toEqual({ ...exit(0), again });
		await runner.forget(job.id, 1);
		expect(readdirSync(statusFolder)).toEqual([]);
	});

	test('beside a result that cannot be read: that is lost, not absent', async () => {
		const files = await openStatusFiles(temporaryFolder(), 50);
		expect(await files.result('job', 1)).toBeUndefined();
		files.keepResult('job', 1, '{"a":1}');
		expect(await files.result('job', 1)).toBe('{"a":1}');
		const file = `${files.path('job', 1)}.result`;
		rmSync(file);
		mkdirSync(file);
		await expect(files.result('job', 1)).rejects.toMatchObject({ code: 'EISDIR' });
	});

	test('empty, as after a full disk, or damaged: it says nothing', async () => {
		const { runner, statusFolder } = await openHarness();
		for (const [i, text] of ['', '0', '12x\n', '\n'].entries()) {
			writeFileSync(join(statusFolder, `job${i}.1`), text);
			expect(
				await runner.settle({ id: `job${i}`, run: 1, boot: null, restartable: false }),
			).toMatchObject({
				outcome: { kind: 'interrupted' },
			});
		}
	});

	test.each([137, 141])('exit code %i was the end of the daemon, not of the job', async (code) => {
		const { runner, statusFolder } = await openHarness();
		writeFileSync(join(statusFolder, 'job.1'), `${code}\n`);
		expect(
			await runner.settle({ id: 'job', run: 1, boot: null, restartable: false }),
		).toMatchObject({
			outcome: { kind: 'interrupted' },
		});
	});

	test('where it cannot be written, the exit code is told all the same', async () => {
		const { run } = await openHarness();
		const job = await run('echo up; sleep 0.2; exit 11');
		await until(() => job.output().includes('up'), 'the job has begun');
		// A folder in its place, since permissions mean nothing to root.
		mkdirSync(job.statusFile);
		expect(await job.ended).toEqual(exit(11));
	});

	test('those of no unfinished run are cleared away at start', async () => {
		const { runner, statusFolder } = await openHarness();
		for (const name of ['a.1', 'a.2', 'b.1']) writeFileSync(join(statusFolder, name), '0\n');
		await runner.cleanUp([], [{ id: 'a', run: 2, boot: null, restartable: false }]);
		expect(['a.1', 'a.2', 'b.1'].map((name) => existsSync(join(statusFolder, name)))).toEqual([
			false,
			true,
			false,
		]);
	});
});

function watcherOf(supervisor: number): number {
	const watchers = livingProcesses().filter(
		(pid) => parentOf(pid) === supervisor && commandLineOf(pid).includes(' semantica '),
	);
	const [watcher] = watchers;
	if (watcher === undefined) throw new Error('The supervisor has no watcher.');
	return watcher;
}

function isRunning(pid: number): boolean {
	return !/^\d+ \(.*\) [TZX]/s.test(readFileSync(`/proc/${pid}/stat`, 'latin1'));
}

const sentences = ({ checks }: Containment): string =>
	checks()
		.map(({ message }) => message)
		.join('\n');
