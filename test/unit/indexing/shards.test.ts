import fc from 'fast-check';
import { expect, test } from 'vitest';
import { filesTitle, titled } from '../../../daemon/indexing/titles.ts';
import { type ChangedFile, shardsOf } from '../../../daemon/indexing/worker/shards.ts';

const MB = 1024 * 1024;

const files = fc
	.array(
		fc.record({
			path: fc.string({ minLength: 1, maxLength: 8 }),
			size: fc.oneof(fc.integer({ min: 0, max: 10_000 }), fc.integer({ min: 0, max: 9 * MB })),
			modifiedMs: fc.integer({ min: 0, max: 1e10 }),
		}),
		{ maxLength: 1200 },
	)
	.map((list) => list.map((file, i): ChangedFile => ({ ...file, path: `${file.path}${i}` })));

test('shards hold every file once, within their bounds, the latest hours first', () => {
	fc.assert(
		fc.property(files, (changed) => {
			const shards = shardsOf(changed);
			const all = shards.flat();
			expect(all.map(({ path }) => path).sort()).toEqual(changed.map(({ path }) => path).sort());
			for (const shard of shards) {
				expect(shard.length).toBeGreaterThan(0);
				expect(shard.length).toBeLessThanOrEqual(250);
				const bytes = shard.reduce((sum, { size }) => sum + size, 0);
				if (shard.length > 1) expect(bytes).toBeLessThanOrEqual(4 * MB);
			}
			const hours = all.map(({ modifiedMs }) => Math.floor(modifiedMs / 3_600_000));
			expect(hours).toEqual([...hours].sort((a, b) => b - a));
		}),
		{ numRuns: 50 },
	);
});

test('titles say what is indexed, on one line of a bounded length', () => {
	expect(filesTitle(['src/a.ts'])).toBe('Index src/a.ts');
	expect(filesTitle(['src/a.ts', 'src/sub/b.ts'])).toBe('Index 2 files in src');
	expect(filesTitle(['a', 'b/c', 'd'])).toBe('Index 3 files');
	expect(titled('a\nb')).toBe('a b');
	expect(titled('🙂'.repeat(200))).toHaveLength(199);
	expect(titled('🙂'.repeat(200)).isWellFormed()).toBe(true);
});
