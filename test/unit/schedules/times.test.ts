import { describe, expect, test } from 'vitest';
import { dueTimes } from '../../../daemon/schedules/times.ts';

const HOUR = 3_600_000;
const at = (iso: string) => Date.parse(iso);
const utc = (time: number) => new Date(time).toISOString();

function cron(text: string, timezone = 'UTC') {
	return dueTimes({ when: { cron: text }, timezone, anchor: 0 });
}

function following(text: string, timezone: string, from: string, count: number): string[] {
	const times = cron(text, timezone);
	const found: string[] = [];
	for (let time = times.next(at(from)); time !== undefined && found.length < count; ) {
		found.push(utc(time));
		time = times.next(time);
	}
	return found;
}

describe('cron', () => {
	test('a time that summer time skips is due at the next that exists, once', () => {
		expect(following('30 2 * * *', 'Europe/Berlin', '2026-03-28T12:00:00Z', 2)).toEqual([
			'2026-03-29T01:00:00.000Z',
			'2026-03-30T00:30:00.000Z',
		]);
		expect(following('0,30 2 * * *', 'Europe/Berlin', '2026-03-28T12:00:00Z', 2)).toEqual([
			'2026-03-29T01:00:00.000Z',
			'2026-03-30T00:00:00.000Z',
		]);
	});

	test('a time that exists twice is due once, an hourly one every hour', () => {
		expect(following('30 2 * * *', 'Europe/Berlin', '2026-10-24T12:00:00Z', 2)).toEqual([
			'2026-10-25T00:30:00.000Z',
			'2026-10-26T01:30:00.000Z',
		]);
		expect(following('30 * * * *', 'Europe/Berlin', '2026-10-25T00:00:00Z', 3)).toEqual([
			'2026-10-25T00:30:00.000Z',
			'2026-10-25T01:30:00.000Z',
			'2026-10-25T02:30:00.000Z',
		]);
	});

	test('six fields have seconds first; macros and names are understood', () => {
		expect(following('*/20 0 9 * * MON-FRI', 'Asia/Kolkata', '2026-10-24T12:00:00Z', 2)).toEqual([
			'2026-10-26T03:30:00.000Z',
			'2026-10-26T03:30:20.000Z',
		]);
		expect(following('@daily', 'America/New_York', '2026-10-24T12:00:00Z', 1)).toEqual([
			'2026-10-25T04:00:00.000Z',
		]);
	});

	test.each([
		['30 2 * * *', 'Europe/Berlin'],
		['*/7 1-3 * * *', 'America/New_York'],
		['0 0 1 */2 *', 'Australia/Lord_Howe'],
		['@hourly', 'UTC'],
	])('the newest of %s in %s are those that a walk forward finds', (text, zone) => {
		const times = cron(text, zone);
		const [from, until] = [at('2026-09-20T00:00:00Z'), at('2026-11-15T00:00:00Z')];
		const walked: number[] = [];
		let time = times.next(from);
		while (time !== undefined && time <= until) {
			walked.push(time);
			time = times.next(time);
		}
		expect(times.newest(from, until, 10_000)).toEqual(walked.toReversed());
		expect(times.newest(from, until, 3)).toEqual(walked.slice(-3).reverse());
	});

	test('the last moment is part of what is asked for, the first is not', () => {
		const noon = at('2026-11-26T12:00:00Z');
		expect(cron('0 12 * * *').newest(noon - 1, noon, 5)).toEqual([noon]);
		expect(cron('0 12 * * *').newest(noon, noon + 1, 5)).toEqual([]);
	});

	test.each([
		['61 * * * *', 'Field 1 (minute) cannot be "61".'],
		['0 25 * * *', 'Field 2 (hour) cannot be "25".'],
		['0 0 0 * *', 'Field 3 (day of month) cannot be "0".'],
		['0 0 * 13 *', 'Field 4 (month) cannot be "13".'],
		['0 0 * * 8', 'Field 5 (day of week) cannot be "8".'],
		['99 0 0 * * *', 'Field 1 (second) cannot be "99".'],
		['*/0 * * * *', 'Field 1 (minute) cannot be "*/0".'],
		['5-3 * * * *', 'Field 1 (minute) cannot be "5-3".'],
		[
			'* * * *',
			'A cron expression has five fields (minute hour day month weekday), or six with seconds first; "* * * *" has 4.',
		],
		['@reboot', '"@reboot" is no macro: there are @yearly, @monthly, @weekly, @daily and @hourly.'],
		['0 0 30 2 *', '"0 0 30 2 *" never comes: no day is like that.'],
	])('%s is refused with the place of the mistake', (text, message) => {
		expect(() => cron(text)).toThrow(
			expect.objectContaining({ message, data: { kind: 'VALIDATION', path: 'when.cron' } }),
		);
	});

	test('an unknown zone is refused', () => {
		expect(() => cron('@daily', 'Mars/Olympus')).toThrow(
			expect.objectContaining({ data: { kind: 'VALIDATION', path: 'timezone' } }),
		);
	});
});

describe('an interval', () => {
	const times = dueTimes({ when: { everyMs: HOUR }, timezone: 'UTC', anchor: 1000 });

	test('counts from its anchor', () => {
		expect(times.next(0)).toBe(1000);
		expect(times.next(1000)).toBe(1000 + HOUR);
		expect(times.next(999 + HOUR)).toBe(1000 + HOUR);
	});

	test('a year of missed ones costs no more than what is asked for', () => {
		const every = dueTimes({ when: { everyMs: 1000 }, timezone: 'UTC', anchor: 0 });
		const year = 365 * 24 * HOUR;
		expect(every.newest(0, year, 3)).toEqual([year, year - 1000, year - 2000]);
	});
});

test('one time is due once', () => {
	const noon = at('2026-11-26T12:00:00Z');
	const times = dueTimes({ when: { at: noon }, timezone: 'UTC', anchor: 0 });
	expect(times.next(noon - 1)).toBe(noon);
	expect(times.next(noon)).toBeUndefined();
	expect(times.newest(noon - 1, noon, 5)).toEqual([noon]);
	expect(times.newest(noon, noon + HOUR, 5)).toEqual([]);
});
