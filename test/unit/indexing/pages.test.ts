import { expect, test } from 'vitest';
import { createPages } from '../../../daemon/indexing/searcher/pages.ts';

test('the next page goes on with what was kept, as far as that goes', () => {
	const pages = createPages<string>({ searches: 2, candidates: 3 });
	const all = { first: 0, items: ['a', 'b', 'c', 'd', 'e', 'f'], count: 6 };
	expect(pages.take('x', 0)).toBeUndefined();
	pages.keep('x', all, 1);
	expect(pages.take('x', 1)).toEqual({ first: 1, items: ['b', 'c', 'd'], count: 6 });
	// It was taken out.
	expect(pages.take('x', 1)).toBeUndefined();

	pages.keep('x', { first: 1, items: ['b', 'c', 'd'], count: 6 }, 3);
	expect(pages.take('x', 3)).toEqual({ first: 3, items: ['d'], count: 6 });
	pages.keep('x', all, 3);
	expect(pages.take('x', 2)).toBeUndefined();
	pages.keep('x', all, 0);
	expect(pages.take('x', 3)).toBeUndefined();

	for (const search of ['x', 'y', 'z']) pages.keep(search, all, 0);
	expect(['x', 'y', 'z'].map((search) => pages.take(search, 0) !== undefined)).toEqual([
		...[false, true, true],
	]);
});
