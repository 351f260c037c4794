import { expect, test } from 'vitest';
import { LONG_AWAY_MS, returnsAfterLong } from '../../../extension/indexing/away.ts';

test('only a return after long away counts, from when the window was left', () => {
	let now = 0;
	const told = returnsAfterLong(() => now);
	expect(told(true)).toBe(false);
	expect(told(false)).toBe(false);
	now += LONG_AWAY_MS - 1;
	expect(told(true)).toBe(false);
	expect(told(false)).toBe(false);
	now += LONG_AWAY_MS / 2;
	// The editor tells of other changes of its state as well.
	expect(told(false)).toBe(false);
	now += LONG_AWAY_MS / 2;
	expect(told(true)).toBe(true);
	expect(told(true)).toBe(false);
});
