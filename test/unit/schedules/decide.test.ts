import fc from 'fast-check';
import { afterAll, describe, expect, test } from 'vitest';
import {
	type Decision,
	decide,
	fireAt,
	firstDue,
	MISSED_AFTER_MS,
	MOST_MISSED,
	type ScheduleRules,
	type Unfinished,
} from '../../../daemon/schedules/decide.ts';
import { dueTimes } from '../../../daemon/schedules/times.ts';
import { MISSED, OVERLAP, type ScheduleWhen } from '../../../shared/protocol/schedules.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const NOON = Date.parse('2026-11-26T12:00:00Z');
const IDLE: Unfinished = { queued: 0, running: 0 };

function rules(when: ScheduleWhen, more: Partial<ScheduleRules> = {}): ScheduleRules {
	return {
		times: dueTimes({ when, timezone: 'Europe/Berlin', anchor: NOON }),
		everyMs: 'everyMs' in when ? when.everyMs : null,
		missed: 'once',
		overlap: 'skip',
		jitterMs: 0,
		startAt: null,
		endAt: null,
		...more,
	};
}

const hourly = (more: Partial<ScheduleRules> = {}) => rules({ everyMs: HOUR }, more);
const look = (of: ScheduleRules, nextAt: number, now: number, unfinished = IDLE) =>
	decide('test', of, nextAt, now, () => unfinished);

describe('a due time', () => {
	test('fires when it has come, and the next one is kept', () => {
		expect(look(hourly(), NOON + HOUR, NOON + HOUR - 1)).toBeUndefined();
		expect(look(hourly(), NOON + HOUR, NOON + HOUR)).toEqual({
			fire: [NOON + HOUR],
			replace: false,
			missed: 0,
			overlapped: 0,
			nextAt: NOON + 2 * HOUR,
		});
	});

	test('is the last one at endAt, and none comes before startAt', () => {
		const until = hourly({ endAt: NOON + 2 * HOUR });
		expect(look(until, NOON + 2 * HOUR, NOON + 2 * HOUR)).toMatchObject({
			fire: [NOON + 2 * HOUR],
			nextAt: undefined,
		});
		// Slept through the end.
		expect(look(until, NOON + HOUR, NOON + 9 * HOUR)).toMatchObject({
			fire: [NOON + 2 * HOUR],
			missed: 1,
			nextAt: undefined,
		});
		const from = rules({ everyMs: HOUR }, { startAt: NOON + 5 * HOUR });
		expect(firstDue(from, NOON)).toBe(NOON + 5 * HOUR);
	});

	test('is later by its jitter, which is the same at every look and never longer than asked', () => {
		const daily = rules({ cron: '0 13 * * *' }, { jitterMs: HOUR });
		const times = Array.from({ length: 200 }, (_, n) => fireAt('nightly', daily, NOON + n * DAY));
		const late = times.map((time, n) => time - NOON - n * DAY);
		expect(Math.min(...late)).toBeGreaterThanOrEqual(0);
		expect(Math.max(...late)).toBeLessThan(HOUR);
		expect(new Set(late).size).toBeGreaterThan(190);
		expect(fireAt('nightly', daily, NOON)).toBe(fireAt('nightly', daily, NOON));
		expect(fireAt('another', daily, NOON)).not.toBe(fireAt('nightly', daily, NOON));
		const often = rules({ everyMs: 1000 }, { jitterMs: HOUR });
		expect(fireAt('often', often, NOON)).toBeLessThan(NOON + 1000);
	});
});

describe('missed times', () => {
	const at = NOON + 5 * HOUR + 30 * MINUTE;

	test('skip: what could not begin on time does not', () => {
		expect(look(hourly({ missed: 'skip' }), NOON + HOUR, at)).toMatchObject({
			fire: [],
			missed: 5,
			nextAt: NOON + 6 * HOUR,
		});
		const justInTime = NOON + 5 * HOUR + MISSED_AFTER_MS;
		expect(look(hourly({ missed: 'skip' }), NOON + HOUR, justInTime)).toMatchObject({
			fire: [NOON + 5 * HOUR],
			missed: 4,
		});
	});

	test('once: one run makes up for all of them', () => {
		expect(look(hourly(), NOON + HOUR, at)).toMatchObject({
			fire: [NOON + 5 * HOUR],
			missed: 4,
			nextAt: NOON + 6 * HOUR,
		});
	});

	test('all: a run each, of very many the newest', () => {
		const all = hourly({ missed: 'all', overlap: 'queue' });
		expect(look(all, NOON + HOUR, at)).toMatchObject({
			fire: [1, 2, 3, 4, 5].map((n) => NOON + n * HOUR),
			missed: 0,
		});
		const decision = look(all, NOON + HOUR, NOON + 1000 * HOUR);
		expect(decision?.fire).toHaveLength(MOST_MISSED);
		expect(decision?.fire.at(-1)).toBe(NOON + 1000 * HOUR);
		expect(decision?.nextAt).toBe(NOON + 1001 * HOUR);
	});
});

describe('overlap', () => {
	const due = NOON + HOUR;
	const running = { queued: 0, running: 1 };

	test('skip: nothing begins while one is unfinished', () => {
		expect(look(hourly(), due, due, running)).toMatchObject({ fire: [], overlapped: 1 });
		expect(look(hourly(), due, due, { queued: 1, running: 0 })).toMatchObject({ overlapped: 1 });
	});

	test('queue: one more waits than runs', () => {
		const queue = hourly({ overlap: 'queue' });
		expect(look(queue, due, due, running)).toMatchObject({ fire: [due], overlapped: 0 });
		expect(look(queue, due, due, { queued: 1, running: 1 })).toMatchObject({
			fire: [],
			overlapped: 1,
		});
	});

	test('replace: what is unfinished makes way', () => {
		const replace = hourly({ overlap: 'replace' });
		expect(look(replace, due, due, running)).toMatchObject({ fire: [due], replace: true });
		expect(look(replace, due, due)).toMatchObject({ fire: [due], replace: false });
	});
});

describe('a clock that is set back', () => {
	test('an interval is never further away than it is long', () => {
		expect(look(hourly(), NOON + HOUR, NOON - DAY)).toEqual({
			fire: [],
			replace: false,
			missed: 0,
			overlapped: 0,
			nextAt: NOON - DAY + HOUR,
		});
	});

	test('a time of day waits until it comes again', () => {
		const daily = rules({ cron: '0 12 * * *' });
		expect(look(daily, NOON + DAY, NOON - DAY)).toBeUndefined();
	});
});

let years = 0;
afterAll(() => console.log(`schedules: ${years.toFixed(0)} years were simulated`));

test('whatever the clock does, each due time is decided once', { timeout: 300_000 }, () => {
	const when: fc.Arbitrary<ScheduleWhen> = fc.oneof(
		fc
			.constantFrom(
				'30 2 * * *',
				'0 3 * * 1',
				'*/20 1-3 * * *',
				'0 0 1 * *',
				'15 14 29 2 *',
				'@hourly',
				'*/30 * * * * *',
			)
			.map((cron) => ({ cron })),
		fc.integer({ min: 1000, max: 7 * DAY }).map((everyMs) => ({ everyMs })),
		fc.integer({ min: NOON, max: NOON + 400 * DAY }).map((at) => ({ at })),
	);
	const step = fc.oneof(
		{ weight: 6, arbitrary: fc.constant({ kind: 'on time' as const, ms: 0 }) },
		{
			weight: 2,
			arbitrary: fc.record({ kind: fc.constant('sleep' as const), ms: fc.nat(40 * DAY) }),
		},
		{
			weight: 1,
			arbitrary: fc.record({ kind: fc.constant('back' as const), ms: fc.nat(3 * HOUR) }),
		},
	);
	const history = fc.record({
		when,
		timezone: fc.constantFrom('Europe/Berlin', 'America/New_York', 'Australia/Lord_Howe', 'UTC'),
		missed: fc.constantFrom(...MISSED),
		overlap: fc.constantFrom(...OVERLAP),
		jitterMs: fc.constantFrom(0, 0, 10 * MINUTE),
		unfinished: fc.array(fc.record({ queued: fc.nat(2), running: fc.nat(2) }), { minLength: 1 }),
		steps: fc.array(step, { minLength: 1, maxLength: 60 }),
	});
	fc.assert(
		fc.property(history, ({ when, timezone, unfinished, steps, ...policy }) => {
			const times = dueTimes({ when, timezone, anchor: NOON });
			const everyMs = 'everyMs' in when ? when.everyMs : null;
			const of: ScheduleRules = { ...policy, times, everyMs, startAt: null, endAt: null };
			const decided = new Set<number>();
			let nextAt = firstDue(of, NOON);
			let now = NOON;
			for (const [n, { kind, ms }] of steps.entries()) {
				if (nextAt === undefined) return;
				const before = now;
				if (kind === 'sleep') now += ms;
				else if (kind === 'back') now -= ms;
				else now = Math.max(now, fireAt('p', of, nextAt));
				years += Math.max(0, now - before) / (365 * DAY);
				const open = unfinished[n % unfinished.length] ?? IDLE;
				const decision = decide('p', of, nextAt, now, () => open);
				if (decision === undefined) continue;
				check(of, decision, nextAt, now, decided, open);
				if (kind === 'on time' && everyMs === null) expect(decision.missed).toBe(0);
				nextAt = decision.nextAt;
			}
		}),
		{ numRuns: 250 },
	);
});

function check(
	of: ScheduleRules,
	{ fire, missed, overlapped, nextAt }: Decision,
	was: number,
	now: number,
	decided: Set<number>,
	open: Unfinished,
): void {
	for (const dueAt of fire) {
		// It is one, has come, is new, and stood between the next one before and the next one now.
		if (of.everyMs === null) expect(of.times.newest(dueAt - 1, dueAt, 1)).toEqual([dueAt]);
		expect(fireAt('p', of, dueAt)).toBeLessThanOrEqual(now);
		expect(dueAt).toBeGreaterThanOrEqual(was);
		if (of.everyMs === null) expect(decided.has(dueAt)).toBe(false);
		decided.add(dueAt);
	}
	if (nextAt !== undefined && of.everyMs === null) {
		expect(nextAt).toBeGreaterThan(was);
		// Nothing between them is forgotten.
		const between = of.times.newest(was - 1, nextAt - 1, MOST_MISSED + 2).length;
		expect(Math.min(fire.length + missed + overlapped, MOST_MISSED + 1)).toBe(
			Math.min(between, MOST_MISSED + 1),
		);
	}
	if (of.missed !== 'all') expect(fire.length).toBeLessThanOrEqual(1);
	if (of.overlap === 'skip' && open.queued + open.running > 0) expect(fire).toEqual([]);
}
