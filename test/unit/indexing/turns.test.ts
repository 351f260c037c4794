import { expect, test } from 'vitest';
import { createTurns } from '../../../daemon/indexing/searcher/turns.ts';

/** Holds what it is given until told. */
function held() {
	const { promise, resolve } = Promise.withResolvers<void>();
	const given: string[] = [];
	const work = async (one: string) => {
		given.push(one);
		await promise;
	};
	return { work, given, end: resolve };
}

const page = (nextCursor: string | null, given: string[] = []) => ({
	given,
	work: async (one: string) => {
		given.push(one);
		return { nextCursor };
	},
});

test('whoever has least to do is next', async () => {
	const turns = createTurns(['a', 'b']);
	const [first, second, third] = [held(), held(), held()];
	const all = [first, second].map(({ work }) => turns.use(work));
	second.end();
	await all[1];
	all.push(turns.use(third.work));
	expect([first, second, third].map(({ given }) => given)).toEqual([['a'], ['b'], ['b']]);
	first.end();
	third.end();
	await Promise.all(all);
});

test('one that failed is not taken for busy', async () => {
	const turns = createTurns(['a', 'b']);
	await expect(turns.use(() => Promise.reject(new Error('no')))).rejects.toThrow('no');
	const next = page(null);
	await turns.page(undefined, next.work);
	expect(next.given).toEqual(['a']);
});

test('the next page is found by whom had the last one, unless that is busy', async () => {
	const turns = createTurns(['a', 'b']);
	const long = held();
	const busy = turns.use(long.work);
	const first = page('second page');
	await turns.page(undefined, first.work);
	long.end();
	await busy;
	const second = page('third page');
	await turns.page('second page', second.work);
	expect([first.given, second.given]).toEqual([['b'], ['b']]);
	const [onA, onB] = [held(), held()];
	const both = [turns.use(onA.work), turns.use(onB.work)];
	onA.end();
	await both[0];
	const third = page(null);
	await turns.page('third page', third.work);
	expect(third.given).toEqual(['a']);
	onB.end();
	await both[1];
});
