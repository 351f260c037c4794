import { describe, expect, it } from 'vitest';
import { priorityBy } from '../../../extension/commands/priorityBy.ts';
import { startTime } from '../../../extension/commands/startTime.ts';
import { makeJob } from './makeJob.ts';

const NOW = new Date(2026, 2, 1, 12, 0).getTime();

describe('a start time as people type it', () => {
	it.each([
		['now', NOW],
		['+10m', NOW + 600_000],
		['1h30m', NOW + 5_400_000],
		['18:30', new Date(2026, 2, 1, 18, 30).getTime()],
		['9:05', new Date(2026, 2, 2, 9, 5).getTime()],
		['2026-03-04', new Date(2026, 2, 4).getTime()],
		['2026-03-04 07:15', new Date(2026, 2, 4, 7, 15).getTime()],
	])('%s', (typed, at) => expect(startTime(typed, NOW)).toBe(at));

	it.each(['', 'soon', '25:00', '2026-02-30', '2026-03-04 25:00', '+', '10'])('not %j', (typed) => {
		expect(startTime(typed, NOW)).toBeUndefined();
	});
});

describe('another priority', () => {
	it('is each job’s own by as much, within what there is', async () => {
		const priorities: Record<string, number> = { a: 0, b: 95, c: -100 };
		// Of the third in the view only its page knows.
		const known = (id: string) => makeJob({ id, priority: priorities[id] ?? 0 });
		const store = { get: (id: string) => (id === 'far' ? undefined : known(id)) };
		const link = { request: async () => ({ job: makeJob({ id: 'far', priority: 50 }) }) as never };
		expect([...(await priorityBy(10, { store, link })(['a', 'b', 'far']))]).toEqual([
			['a', { priority: 10 }],
			['b', { priority: 100 }],
			['far', { priority: 60 }],
		]);
		expect([...(await priorityBy(-10, { store, link })(['c']))]).toEqual([
			['c', { priority: -100 }],
		]);
	});
});
