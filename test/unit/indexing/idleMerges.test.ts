import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { createIdleMerges } from '../../../daemon/indexing/worker/idleMerges.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test('merges only while nothing is to be done, one after the other, and goes on after a failure', async () => {
	const left = new Map([
		['a', 2],
		['b', 1],
	]);
	const done: string[] = [];
	const merges = createIdleMerges((workspace) => {
		done.push(workspace);
		if (workspace === 'broken') throw new Error('no');
		const more = (left.get(workspace) ?? 0) - 1;
		left.set(workspace, more);
		return more >= 0;
	});
	merges.began();
	merges.later('broken');
	merges.later('a');
	merges.later('b');
	await vi.advanceTimersByTimeAsync(60_000);
	expect(done).toEqual([]);
	merges.ended();
	await vi.advanceTimersByTimeAsync(900);
	merges.began();
	merges.began();
	merges.ended();
	await vi.advanceTimersByTimeAsync(60_000);
	expect(done).toEqual([]);
	merges.ended();
	await vi.advanceTimersByTimeAsync(1000);
	expect(done).toEqual(['broken']);
	// A job comes between two of them.
	merges.began();
	await vi.advanceTimersByTimeAsync(60_000);
	expect(done).toEqual(['broken']);
	merges.ended();
	await vi.runAllTimersAsync();
	expect(done).toEqual(['broken', 'a', 'a', 'a', 'b', 'b']);
});
