/** Search results as rows: by file, with what was looked for marked. */
import { describe, expect, it } from 'vitest';
import { createHistory } from '../../../extension/search/history.ts';
import { asText, highlightsOf, rowsOf } from '../../../extension/search/results/model.ts';
import type { Hit } from '../../../shared/protocol/indexing.ts';

const hit = (path: string, line: number, more: Partial<Hit> = {}): Hit => ({
	workspace: 'file:///w',
	path,
	line,
	column: 1,
	snippet: `line ${line}`,
	score: 1,
	...more,
});

describe('results', () => {
	it('stand by file in the order of the first hits, by line within, and are numbered as they are walked', () => {
		const files = rowsOf([hit('b', 9), hit('a', 1), hit('b', 2)]);
		expect(
			files.map(({ path, hits }) => [path, hits.map((row) => [row.hit.line, row.number])]),
		).toEqual([
			[
				'b',
				[
					[2, 0],
					[9, 1],
				],
			],
			['a', [[1, 2]]],
		]);
		expect(files[0]?.hits[0]?.file).toBe(files[0]);
		expect(asText(files)).toBe('b:2:1: line 2\nb:9:1: line 9\na:1:1: line 1\n');
	});

	it('mark the match where the daemon says it is, else the words', () => {
		const exact = hit('a', 1, { column: 5, endColumn: 9, matchAt: 4, snippet: 'one open two' });
		expect(highlightsOf(exact, '/op.n/')).toEqual([[4, 8]]);
		expect(highlightsOf({ ...exact, snippet: 'one op' }, '/op.n/')).toEqual([[4, 6]]);
		const words = hit('a', 1, { snippet: 'Open the socket, reopen' });
		expect(highlightsOf(words, 'open socket op')).toEqual([
			[0, 4],
			[9, 15],
			[19, 23],
		]);
		expect(highlightsOf(words, '!')).toEqual([]);
	});
});

it('the history has each query once, the latest first, and only so many', () => {
	const stored = new Map<string, unknown>();
	const history = createHistory({
		get: <T>(key: string, standard?: T) => (stored.get(key) as T | undefined) ?? (standard as T),
		update: async (key, value) => void stored.set(key, value),
	});
	for (let n = 0; n < 30; n++) history.add(`query ${n}`);
	history.add('query 25');
	expect(history.all().slice(0, 3)).toEqual(['query 25', 'query 29', 'query 28']);
	expect(history.all()).toHaveLength(20);
});
