import { expect, test } from 'vitest';
import { createTurns } from '../../../daemon/indexing/searcher/turns.ts';

function two() {
	const [a, b] = [
		{ name: 'a', open: 0 },
		{ name: 'b', open: 0 },
	];
	const turns = createTurns([a, b]);
	/** Who finds that page. */
	const page = async (cursor: string | undefined, nextCursor: string | null) => {
		let by = '';
		await turns.page(cursor, async ({ name }) => {
			by = name;
			return { nextCursor };
		});
		return by;
	};
	return { a, b, turns, page };
}

test('whoever has least to do is next', () => {
	const { a, b, turns } = two();
	expect(turns.next()).toBe(a);
	a.open = 2;
	b.open = 1;
	expect(turns.next()).toBe(b);
	b.open = 3;
	expect(turns.next()).toBe(a);
});

test('the next page is found by whom had the last one, unless that is at something', async () => {
	const { a, b, page } = two();
	a.open = 1;
	expect(await page(undefined, 'second')).toBe('b');
	a.open = 0;
	expect(await page('second', 'third')).toBe('b');
	b.open = 1;
	expect(await page('third', null)).toBe('a');
});
