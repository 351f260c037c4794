/** Pausing stops every process of a run, and resuming lets exactly those go on (docs/processes.md section 3a). */
import { existsSync } from 'node:fs';
import { setTimeout as delay, setImmediate as nextTurn } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import {
	commandLineOf,
	marked,
	newMarker,
	processorTime,
	stateOf,
	until,
} from '../../support/processes.ts';
import { ahead, openHarness } from './harness.ts';

/** Ways to be busy; M stands for the marker. */
const BUSY: readonly (readonly [string, string])[] = [
	['a loop', 'while :; do : M; done'],
	['a loop in a session of its own', 'setsid sh -c "while :; do : M; done"'],
	['a loop forked twice', '(setsid sh -c "(while :; do : M; done) &" &); sleep M'],
	['a loop in a group of its own', 'timeout 99999 sh -c "while :; do : M; done"'],
	['a job that forks all the time', 'while :; do (: M); done'],
	['two that hand over to each other', 'yes M | cat >/dev/null; : M'],
	['bash with job control', 'bash -c "set -m; while :; do : M; done & wait; : M"'],
	['a job that ignores what it can', "trap '' TERM INT HUP USR1 TSTP CONT; while :; do : M; done"],
];

// A run by standby has a control group too.
describe.each(['process group', 'standby'] as const)('by %s:', (means) => {
	test.each(BUSY)('%s stands still and goes on', async (_, line) => {
		const { run } = await openHarness({ means });
		const marker = newMarker();
		const job = await run(line.replaceAll('M', marker));
		const time = () => sum(marked(marker).map(processorTime));
		await until(() => marked(marker).length >= 3 - ahead(means) && time() > 5, 'the job is busy');

		expect(await job.pause()).toBe(true);
		const before = time();
		const pids = marked(marker);
		await delay(1000);
		expect(time() - before).toBeLessThanOrEqual(1);
		expect(marked(marker).sort()).toEqual(pids.sort());

		await job.resume();
		await until(() => time() > before + 5, 'the job is busy again');
		job.stop(0);
		await job.ended;
		expect(marked(marker)).toEqual([]);
	});

	test('what the job itself had stopped stays stopped', async () => {
		const { run } = await openHarness({ means });
		const marker = newMarker();
		const job = await run(`sleep ${marker} & kill -STOP $!; echo $!; sleep ${marker}`);
		await until(() => job.output().includes('\n'), 'one process is stopped');
		const stopped = Number(job.output());
		await until(() => stateOf(stopped) === 'T', 'it stands still');
		expect(await job.pause()).toBe(true);
		await job.resume();
		const others = marked(marker).filter((pid) => pid !== stopped);
		await until(() => others.every((pid) => stateOf(pid) !== 'T'), 'the others go on');
		expect(stateOf(stopped)).toBe('T');
	});

	test.each(['sh', 'bash'])(
		'%s sees no child stop, and the exit code is the job’s own',
		async (sh) => {
			const { run } = await openHarness({ means });
			const marker = newMarker();
			const script = `${sh} -c 'sleep 0.3; : ${marker}; (exit 3); echo $?'; exit 4`;
			const job = await run(script);
			await until(() => marked(marker).length >= 4 - ahead(means), 'the job is under way');
			for (let i = 0; i < 5; i++) {
				if (!(await job.pause())) break;
				await job.resume();
			}
			expect(await job.ended).toEqual({ kind: 'exit', exitCode: 4, signal: null });
			expect(job.output()).toBe('3\n');
		},
	);

	test.each(['sh', 'bash'])('stopped while paused, %s still says goodbye', async (sh) => {
		const { run } = await openHarness({ means });
		const job = await run([
			'/usr/bin/env',
			sh,
			'-c',
			'trap "echo bye; exit 2" TERM; echo up; while :; do sleep 0.02; done',
		]);
		await until(() => job.output().includes('up'), 'the trap is set');
		expect(await job.pause()).toBe(true);
		job.stop(30_000);
		expect(await job.ended).toEqual({ kind: 'exit', exitCode: 2, signal: null });
		expect(job.output().split('\n')).toEqual(expect.arrayContaining(['up', 'bye']));
	});

	test('stopped while it comes to a stand, it says goodbye, whenever that was', async () => {
		const { run } = await openHarness({ means });
		for (let turns = 0; turns < 12; turns++) {
			const job = await run(
				'trap "echo bye; exit 2" TERM; setsid sleep 99999 & echo up; while :; do sleep 0.02; done',
			);
			await until(() => job.output().includes('up'), 'the trap is set');
			const paused = job.pause();
			for (let turn = 0; turn < turns; turn++) await nextTurn();
			job.stop(60_000);
			expect(await job.ended).toEqual({ kind: 'exit', exitCode: 2, signal: null });
			await paused;
			expect(await job.pause()).toBe(false);
		}
	});

	test('not paused once it is being stopped', async () => {
		const { run } = await openHarness({ means });
		const job = await run('trap "sleep 0.1; exit 2" TERM; echo up; while :; do sleep 0.02; done');
		await until(() => job.output().includes('up'), 'the trap is set');
		job.stop(60_000);
		expect(await job.pause()).toBe(false);
		expect(await job.ended).toEqual({ kind: 'exit', exitCode: 2, signal: null });
	});

	test('stopped while paused, deaf: gone after the grace time', async () => {
		const { run } = await openHarness({ means });
		const marker = newMarker();
		const job = await run(
			`trap '' TERM; setsid sleep ${marker} & echo up; sleep ${marker}; sleep ${marker}`,
		);
		await until(() => job.output().includes('up'), 'the trap is set');
		expect(await job.pause()).toBe(true);
		job.stop(200);
		expect(await job.ended).toEqual({ kind: 'signal', signal: 'SIGKILL' });
		expect(marked(marker)).toEqual([]);
	});

	test('ten at once', async () => {
		const { run } = await openHarness({ means });
		const marker = newMarker();
		const jobs = await Promise.all(
			Array.from({ length: 10 }, () => run(`setsid sleep ${marker} & sleep ${marker}`)),
		);
		const sleepers = () =>
			marked(marker).filter((pid) => commandLineOf(pid).startsWith(`sleep ${marker}`));
		const inState = (state: string) => sleepers().filter((pid) => stateOf(pid) === state).length;
		await until(() => inState('S') === 20, 'ten jobs are under way');
		// On a busy machine one may not stand still in time; then it goes on, and may be paused again.
		const paused = await Promise.all(jobs.map((job) => job.pause()));
		for (const [index, job] of jobs.entries()) {
			for (let tries = 1; paused[index] === false && tries < 5; tries++) {
				paused[index] = await job.pause();
			}
		}
		expect(paused).toEqual(jobs.map(() => true));
		// Stopped, or frozen, which does not show here.
		expect(sleepers()).toHaveLength(20);
		await Promise.all(jobs.map((job) => job.resume()));
		await until(() => inState('S') === 20, 'all go on');
	});
});

test('a run that has ended cannot be paused', async () => {
	const { run } = await openHarness();
	const job = await run('exit 0');
	await job.ended;
	expect(await job.pause()).toBe(false);
	await job.resume();
	expect(existsSync(job.statusFile)).toBe(true);
});

function sum(numbers: readonly number[]): number {
	return numbers.reduce((a, b) => a + b, 0);
}
