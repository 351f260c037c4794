import fc from 'fast-check';
import { expect, test } from 'vitest';
import { lastLines } from '../../../../daemon/processes/log/lastLines.ts';

/** What `tail -n` would begin with. */
function expected(log: string, count: number): number {
	const lines = log.split(/(?<=\n)/);
	return log.length - lines.slice(Math.max(0, lines.length - count)).join('').length;
}

test('the last lines begin where tail would begin, however the log is cut into files', async () => {
	await fc.assert(
		fc.asyncProperty(
			fc.stringMatching(/^[ab\n]{0,40}$/),
			fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 4 }),
			fc.nat(8),
			async (log, sizes, count) => {
				const segments: { start: number; size: number }[] = [];
				for (let start = 0; start < log.length; ) {
					const size = Math.min(sizes[segments.length % sizes.length] ?? 1, log.length - start);
					segments.push({ start, size });
					start += size;
				}
				const found = await lastLines(segments, count, async ({ start, size }) =>
					Buffer.from(log.slice(start, start + size)),
				);
				expect(found).toBe(count === 0 ? log.length : expected(log, count));
			},
		),
	);
});
