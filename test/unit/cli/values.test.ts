import { describe, expect, it } from 'vitest';
import { commandEnvironment } from '../../../daemon/cli/parse/environment.ts';
import { parseJobs } from '../../../daemon/cli/parse/jobsFile.ts';
import {
	parseDuration,
	parseInteger,
	parseSize,
	parseTime,
} from '../../../daemon/cli/parse/values.ts';

describe('durations', () => {
	it.each([
		['90', 90_000],
		['0.5', 500],
		['500ms', 500],
		['30s', 30_000],
		['5m', 300_000],
		['1h30m', 5_400_000],
		['1h 30m', 5_400_000],
		['2D', 172_800_000],
	])('%s', (text, ms) => expect(parseDuration(text)).toBe(ms));

	it.each(['', '0', '-5', '5x', 'm', '1e9', 'soon', '99999999999999999d'])(
		'refuses "%s"',
		(text) => {
			expect(() => parseDuration(text)).toThrow('is not a duration');
		},
	);
});

describe('times', () => {
	const now = new Date(2026, 2, 1, 12, 0).getTime();
	it.each([
		['+10m', now + 600_000],
		['18:30', new Date(2026, 2, 1, 18, 30).getTime()],
		['09:00', new Date(2026, 2, 2, 9, 0).getTime()],
		['12:00', new Date(2026, 2, 2, 12, 0).getTime()],
		['2026-03-05', new Date(2026, 2, 5).getTime()],
		['2026-03-05 07:15', new Date(2026, 2, 5, 7, 15).getTime()],
		['2026-03-05T07:15:00Z', Date.UTC(2026, 2, 5, 7, 15)],
	])('%s', (text, time) => expect(parseTime(text, now)).toBe(time));

	it.each(['', '25:00', '12:60', 'tomorrow', '2026-13-01', '5'])('refuses "%s"', (text) => {
		expect(() => parseTime(text, now)).toThrow('is not a time');
	});
});

describe('sizes and numbers', () => {
	it('reads sizes', () => {
		expect(['4096', '500k', '1M', '1.5MiB', '2 MB', '1T'].map(parseSize)).toEqual([
			4096, 512_000, 1_048_576, 1_572_864, 2_097_152, 1_099_511_627_776,
		]);
		expect(() => parseSize('big')).toThrow('is not a size');
	});

	it('reads whole numbers only', () => {
		expect(parseInteger('-100')).toBe(-100);
		for (const text of ['1.5', 'ten', '', '1e3']) expect(() => parseInteger(text)).toThrow();
	});
});

describe('days that there are not', () => {
	it.each([
		'2027-02-30',
		'2026-02-29',
		'2026-04-31T10:00',
		'2026-06-31 09:00',
		'2026-02-30T00:00Z',
	])('%s is refused', (text) => expect(() => parseTime(text, 0)).toThrow('is not a time'));
	it.each(['2028-02-29', '2026-12-31T23:59', '2026-03-01T00:30+05:00'])('%s is taken', (text) =>
		expect(parseTime(text, 0)).toBeGreaterThan(0),
	);
});

describe('the environment of a command', () => {
	const env = { Path: '/usr/bin', HOME: '/home/me', EMPTY: '' };
	it('carries this PATH and what is asked for', () => {
		expect(commandEnvironment(['A=1=2', 'HOME', 'EMPTY'], env)).toEqual({
			Path: '/usr/bin',
			A: '1=2',
			HOME: '/home/me',
			EMPTY: '',
		});
	});

	it('refuses to copy what is not set', () => {
		expect(() => commandEnvironment(['NOPE'], env)).toThrow('--env NOPE: it is not set here');
		expect(() => commandEnvironment(['=x'], env)).toThrow('needs a name');
	});
});

describe('files of jobs', () => {
	const places = (text: string) => parseJobs(text).map(({ spec, place }) => [spec['type'], place]);

	it('may be one job, an array, an object with jobs, or lines', () => {
		expect(places('{"type":"a"}')).toEqual([['a', 'job 1']]);
		expect(places('[{"type":"a"},{"type":"b"}]')).toEqual([
			['a', 'job 1'],
			['b', 'job 2'],
		]);
		expect(places('{"jobs":[{"type":"a"}]}')).toEqual([['a', 'job 1']]);
		expect(places('\ufeff{"type":"a"}\n\n{"type":"b"}\n')).toEqual([
			['a', 'line 1'],
			['b', 'line 3'],
		]);
	});

	it.each([
		['', 'no job'],
		['[]', 'no job'],
		['{"type":"a"}\n{"type"', 'line 2: '],
		[
			'{"type":"a"}\n{"type":"b"}}',
			'line 2: Unexpected non-whitespace character after JSON at position 12 (column 13)',
		],
		['\n{\n  "type": "a"\n  "tag": "b"\n}', 'position 19 (line 4 column 3)'],
		['[\n {"type":"a"},\n]', "Unexpected token ']'"],
		['[1]', 'job 1 of the input is not a JSON object'],
		['"text"', 'not a JSON object'],
	])('refuses %j', (text, message) => expect(() => parseJobs(text)).toThrow(message));
});
