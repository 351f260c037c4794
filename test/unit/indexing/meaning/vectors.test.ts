import { describe, expect, test } from 'vitest';
import { createBest, product, quantize } from '../../../../daemon/indexing/meaning/vectors.ts';
import { createRandom } from '../../../support/random.ts';

const random = createRandom(17);
const vector = (dimension: number) =>
	Array.from({ length: dimension }, () => random.int(-1000, 1000) / 1000);

function cosine(a: readonly number[], b: readonly number[]): number {
	const dot = (x: readonly number[], y: readonly number[]) =>
		x.reduce((sum, value, at) => sum + value * (y[at] ?? 0), 0);
	return dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b));
}

describe('vectors of bytes', () => {
	test.each([2, 64, 768, 3072])('say how alike two of %i numbers are', (dimension) => {
		for (let round = 0; round < 20; round++) {
			const a = vector(dimension);
			const b = vector(dimension).map((value, at) => value + (a[at] ?? 0) * (round / 10));
			const [x, y] = [quantize(a), quantize(b)];
			if (x === undefined || y === undefined) throw new Error('They point somewhere.');
			const shifted = new Int8Array([1, 2, 3, ...y.bytes]);
			const likeness = product(x.bytes, shifted, 3) * x.scale * y.scale;
			expect(likeness).toBeCloseTo(cosine(a, b), 1.7);
		}
	});

	test('are nothing where nothing points anywhere', () => {
		expect(quantize([])).toBeUndefined();
		expect(quantize([0, 0])).toBeUndefined();
		expect(quantize([1, Number.NaN])).toBeUndefined();
		expect(quantize([1, Number.POSITIVE_INFINITY])).toBeUndefined();
	});
});

test('the best of many are those that sorting finds', () => {
	const scores = Array.from({ length: 1000 }, () => random.int(0, 300));
	const best = createBest<number>(10);
	for (const [at, score] of scores.entries()) if (best.takes(score)) best.add(at, score);
	const expected = scores.toSorted((a, b) => b - a).slice(0, 10);
	expect(best.all().map(({ score }) => score)).toEqual(expected);
});
