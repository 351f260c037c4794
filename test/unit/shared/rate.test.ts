import { expect, test } from 'vitest';
import { describeRate } from '../../../shared/rate.ts';

test.each([
	[1, 1000, '1 per second'],
	[10, 60_000, '10 per minute'],
	[3, 90_000, '3 per 90 seconds'],
	[100, 7_200_000, '100 per 2 hours'],
	[5, 86_400_000, '5 per day'],
	[2, 250, '2 per 250 ms'],
])('%i in %i ms is %s', (count, perMs, text) => {
	expect(describeRate({ count, perMs })).toBe(text);
});
