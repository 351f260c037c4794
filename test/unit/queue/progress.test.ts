import { describe, expect, it } from 'vitest';
import { ProgressBoard } from '../../../daemon/queue/views/progress.ts';

function boardOf(...children: string[]): ProgressBoard {
	const board = new ProgressBoard(() => {});
	board.open('parent', null, undefined);
	for (const id of children) board.open(id, 'parent', undefined);
	return board;
}

describe('the progress of a parent', () => {
	it('is the sum of its children, replaced as they report', () => {
		const board = boardOf('a', 'b');
		board.report('a', { current: 0.1, total: 1, unit: 'files' });
		board.report('b', { current: 0.2, total: 3 });
		expect(board.shown('parent')).toEqual({ current: 0.3, total: 4, unit: 'files' });
		board.report('a', { current: 1, total: 1 });
		board.report('b', { current: 2 });
		expect(board.shown('parent')).toEqual({ current: 3, unit: 'files' });
		board.close('a');
		board.report('b', { current: 3, total: 3 });
		expect(board.shown('parent')).toEqual({ current: 4, total: 4, unit: 'files' });
	});

	it('stays a number, however large those of its children are', () => {
		const board = boardOf('a', 'b');
		const large = { current: 1e308, total: 1e308 };
		for (const id of ['parent', 'a', 'b']) board.report(id, { ...large });
		const shown = board.shown('parent');
		expect(JSON.parse(JSON.stringify(shown))).toEqual(shown);
		expect(shown?.current).toBeGreaterThanOrEqual(1e308);
	});

	it('costs no more for the last of very many children than for the first', () => {
		// Where each report went through all of them this took minutes.
		const board = boardOf();
		for (let n = 0; n < 200_000; n++) board.restoreChild('parent', `${n}`, { current: 1 });
		expect(board.shown('parent')).toEqual({ current: 200_000 });
	});
});
