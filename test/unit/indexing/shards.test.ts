import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { ChangedFile } from '../../../daemon/indexing/catalogue/found.ts';
import { filesTitle, titled } from '../../../daemon/indexing/titles.ts';
import { shardsOf } from '../../../daemon/indexing/worker/shards.ts';

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

test('shards hold every file in its order, within their bounds', () => {
	fc.assert(
		fc.property(files, (changed) => {
			const shards = [...shardsOf(changed)];
			const all = shards.flat();
			expect(all).toEqual(changed);
			for (const [number, shard] of shards.entries()) {
				expect(shard.length).toBeGreaterThan(0);
				expect(shard.length).toBeLessThanOrEqual(number === 0 ? 250 : 4000);
				const bytes = shard.reduce((sum, { size }) => sum + size, 0);
				if (shard.length > 1) expect(bytes).toBeLessThanOrEqual(Math.min(16, 4 ** number) * MB);
			}
		}),
		{ numRuns: 50 },
	);
});

test('paths of the greatest length make smaller shards', () => {
	const changed = Array.from({ length: 2000 }, (_, i): ChangedFile => {
		return { path: `${i}/${'x'.repeat(4000)}`, size: 1, modifiedMs: 0 };
	});
	const longest = [...shardsOf(changed)].map((shard) => JSON.stringify(shard).length);
	expect(Math.max(...longest)).toBeLessThan(1_100_000);
});

test('titles say what is indexed, on one line of a bounded length', () => {
	expect(filesTitle(['src/a.ts'])).toBe('Index src/a.ts');
	expect(filesTitle(['src/a.ts', 'src/sub/b.ts'])).toBe('Index 2 files in src');
	expect(filesTitle(['a', 'b/c', 'd'])).toBe('Index 3 files');
	expect(titled('a\nb')).toBe('a b');
	expect(titled('🙂'.repeat(200))).toHaveLength(199);
	expect(titled('🙂'.repeat(200)).isWellFormed()).toBe(true);
});
