import { describe, expect, it } from 'vitest';
import {
	formatAge,
	formatBytes,
	formatCount,
	formatDuration,
	formatElapsed,
	formatPercent,
} from '../../../daemon/cli/render/format.ts';
import { NOW } from './samples.ts';

describe('durations', () => {
	it.each([
		[-5, '0.0s'],
		[0, '0.0s'],
		[440, '0.4s'],
		[9_949, '9.9s'],
		[9_960, '10s'],
		[59_499, '59s'],
		[59_500, '1m'],
		[200_000, '3m 20s'],
		[3_599_600, '1h'],
		[7_500_000, '2h 5m'],
		[86_400_000, '1d'],
		[97_200_000, '1d 3h'],
	])('%d ms is %s', (ms, text) => expect(formatDuration(ms)).toBe(text));

	it('counts whole seconds while something is running', () => {
		expect([0, 999, 1000, 59_999, 61_500].map(formatElapsed)).toEqual([
			'0s',
			'0s',
			'1s',
			'59s',
			'1m 1s',
		]);
	});
});

describe('ages', () => {
	it.each([
		[0, 'now'],
		[-12_000, '12s ago'],
		[-180_000, '3m ago'],
		[-7_300_000, '2h ago'],
		[-90_000_000, '1d ago'],
		[300_000, 'in 5m'],
	])('%d ms from now is %s', (offset, text) => expect(formatAge(NOW + offset, NOW)).toBe(text));
});

describe('amounts', () => {
	it.each([
		[0, '0 bytes'],
		[1, '1 byte'],
		[999, '999 bytes'],
		[1_240, '1.2 kB'],
		[48_000_000, '48 MB'],
		[999_600, '1.0 MB'],
		[5e15, '5000 TB'],
	])('%d bytes are %s', (bytes, text) => expect(formatBytes(bytes)).toBe(text));

	it.each([
		[0, '0'],
		[2.25, '2.3'],
		[999, '999'],
		[1000, '1,000'],
		[1234567, '1,234,567'],
		[1234.6, '1,235'],
	])('%d is written %s', (value, text) => expect(formatCount(value)).toBe(text));

	it('says 100% only of what is complete', () => {
		expect(formatPercent(999, 1000)).toBe('99%');
		expect(formatPercent(1000, 1000)).toBe('100%');
		expect(formatPercent(5, 0)).toBe('0%');
	});
});
