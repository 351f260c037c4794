import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { JobStore } from '../../../extension/jobs/store/store.ts';
import { UsualTimes } from '../../../extension/jobs/store/usual.ts';
import {
	createElapsedText,
	elapsedMs,
	untilNextStep,
} from '../../../extension/jobs/text/elapsed.ts';
import { createJobText } from '../../../extension/jobs/text/text.ts';
import { rowTitle } from '../../../extension/jobs/text/title.ts';
import { RunningClock } from '../../../extension/jobs/tree/runningClock.ts';
import type { Job } from '../../../shared/job.ts';
import { makeJob } from './makeJob.ts';

const NOW = 1_000_000_000_000;
const t = (message: string, ...args: (string | number)[]) =>
	message.replace(/\{(\d)\}/g, (_all, index) => String(args[Number(index)]));
const runningFor = (ms: number, more: Partial<Job> = {}) =>
	makeJob({ state: 'running', startedAt: NOW - ms, ...more });

describe('how long a job has been running', () => {
	const text = createElapsedText(t, createJobText(t, 'en', () => NOW).duration, () => NOW);

	it.each([
		[4_999, undefined],
		[5_000, '5 s'],
		[59_999, '55 s'],
		[60_000, '1 min'],
		[69_999, '1 min'],
		[75_000, '1 min 10 s'],
		[11.5 * 60_000, '11 min'],
		[3_725_000, '1 h 2 min'],
		// The clock was set back.
		[-3_600_000, undefined],
	])('%d ms: %s', (ms, words) => {
		expect(text(runningFor(ms), undefined)).toBe(words);
	});

	it('changes in steps, of which the next is known', () => {
		const next = [0, 4_000, 5_000, 58_000, 61_000, 11.5 * 60_000].map((ms) =>
			untilNextStep(runningFor(ms), NOW),
		);
		expect(next).toEqual([5_000, 1_000, 5_000, 2_000, 9_000, 30_000]);
	});

	it('stands beside what it usually takes', () => {
		expect(text(runningFor(15_000), 40_000)).toBe('15 s, usually 40 s');
		expect(text(runningFor(15_000, { stopping: 'cancel' }), 40_000)).toBeUndefined();
		expect(text(makeJob({ state: 'paused', startedAt: NOW - 90_000 }), 40_000)).toBeUndefined();
	});
});

describe('the clock of running rows', () => {
	beforeEach(() => vi.useFakeTimers({ now: NOW }));
	afterEach(() => vi.useRealTimers());

	function clock(...jobs: Job[]) {
		const running = [...jobs];
		const tick = vi.fn<(ids: readonly string[]) => void>();
		const long = vi.fn<(ids: readonly string[]) => void>();
		const made = new RunningClock({ running: () => running, now: Date.now, tick, long });
		return { clock: made, tick, long, running };
	}

	it('has a row say nothing of a time that a clock set back takes away', () => {
		const job = runningFor(20_000);
		const { clock: seen, tick } = clock(job);
		seen.visible = true;
		expect(tick).toHaveBeenLastCalledWith([job.id]);
		tick.mockClear();
		vi.setSystemTime(NOW - 3_600_000);
		vi.advanceTimersByTime(5_000);
		expect(tick.mock.calls).toEqual([[[job.id]]]);
		seen.dispose();
	});

	it('holds no timer while nobody looks or nothing runs', () => {
		const { clock: hidden } = clock(runningFor(0));
		hidden.changed();
		expect(vi.getTimerCount()).toBe(0);
		const { clock: seen, running } = clock();
		seen.visible = true;
		seen.changed();
		expect(vi.getTimerCount()).toBe(0);
		running.push(makeJob({ state: 'running', startedAt: Date.now() }));
		seen.changed();
		expect(vi.getTimerCount()).toBe(1);
		running.pop();
		vi.advanceTimersByTime(60_000);
		expect(vi.getTimerCount()).toBe(0);
	});

	it('names the rows that say another time, and those that run for long', () => {
		const old = runningFor(20 * 60_000);
		const young = runningFor(0);
		const { clock: seen, tick, long } = clock(old, young);
		seen.visible = true;
		expect(tick.mock.calls).toEqual([[[old.id]]]);
		vi.advanceTimersByTime(5_000);
		expect(tick.mock.lastCall).toEqual([[young.id]]);
		expect(long.mock.lastCall).toEqual([[old.id, young.id]]);
		vi.advanceTimersByTime(55_000);
		expect(tick.mock.lastCall?.[0]).toContain(old.id);
		seen.visible = false;
		expect(vi.getTimerCount()).toBe(0);
		expect(elapsedMs(old, Date.now())).toBe(21 * 60_000);
	});
});

describe('what running jobs usually take', () => {
	it('is asked once for each, a few at a time, and forgotten with the job', async () => {
		const store = new JobStore();
		const request = vi.fn(async (_method: string, { id }: { id: string }) =>
			id === 'b' ? Promise.reject(new Error('gone')) : { usualMs: 40_000 },
		);
		const link = { request, state: { kind: 'connected' } } as unknown as ConstructorParameters<
			typeof UsualTimes
		>[1];
		const usual = new UsualTimes(store, link, () => {});
		const known = vi.fn();
		usual.onDidChange(known);
		usual.want(['a', 'b', 'c', 'd', 'e']);
		usual.want(['a', 'b', 'c', 'd', 'e']);
		await vi.waitFor(() => expect(known).toHaveBeenCalledTimes(1));
		expect(request).toHaveBeenCalledTimes(4);
		expect([usual.of('a'), usual.of('b'), usual.of('e')]).toEqual([40_000, undefined, undefined]);
		usual.want(['a', 'b', 'c', 'd', 'e']);
		await vi.waitFor(() => expect(usual.of('e')).toBe(40_000));
		expect(request).toHaveBeenCalledTimes(5);
		store.updates.emit([makeJob({ id: 'a', state: 'failed' })]);
		expect(usual.of('a')).toBeUndefined();
	});
});

it.each([
	['a\nb\tc\u0000d', 'a b c d'],
	['txt.\u202eexe\u202c', 'txt. exe'],
	['\u05e9\u05dc\u05d5\u05dd', '\u05e9\u05dc\u05d5\u05dd'],
	['**bold** [x](command:y) $(sync)', '**bold** [x](command:y) $(sync)'],
	['\u001b', '…'],
	['👩‍🚀 launch', '👩‍🚀 launch'],
])('a row has the title %j as %j', (title, row) => {
	expect(rowTitle(title)).toBe(row);
});
