import { expect, test } from 'vitest';
import { fuse } from '../../../../daemon/indexing/meaning/fuse.ts';
import type { Hit } from '../../../../shared/protocol/indexing.ts';

const hit = (path: string, more: Partial<Hit> = {}): Hit => ({
	workspace: 'file:///w',
	path,
	line: 1,
	column: 1,
	snippet: path,
	score: 1,
	...more,
});
const list = (names: string, more: Partial<Hit> = {}) => [...names].map((name) => hit(name, more));
const fused = (...lists: readonly (readonly Hit[])[]) =>
	fuse(lists.map((hits) => ({ hits, weight: 1 })));
const paths = (hits: readonly Hit[]) => hits.map(({ path }) => path).join('');

test('what both found comes first, what one found in turns, the first list before the second', () => {
	expect(paths(fused(list('abc'), list('xby')))).toBe('baxcy');
	expect(paths(fused(list('abc'), []))).toBe('abc');
	expect(paths(fused([], list('xy')))).toBe('xy');
	expect(paths(fused(list('ab'), list('cd'), list('ec')))).toBe('caebd');
});

test('a file that both found is shown as the first list shows it, and scores fall', () => {
	const both = fused(list('ab', { line: 7 }), list('cb', { line: 9, kind: 'meaning' }));
	expect(both.map(({ path, line, kind }) => [path, line, kind])).toEqual([
		['b', 7, undefined],
		['a', 7, undefined],
		['c', 9, 'meaning'],
	]);
	const scores = both.map(({ score }) => score);
	expect(scores).toEqual(scores.toSorted((a, b) => b - a));
});

test('what a list of double weight has comes before what others have alone', () => {
	const lists = [
		{ hits: list('abc'), weight: 2 },
		{ hits: list('xcy'), weight: 1 },
	];
	expect(paths(fuse(lists))).toBe('cabxy');
});
