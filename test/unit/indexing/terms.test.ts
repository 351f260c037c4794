import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { DocumentWords } from '../../../daemon/indexing/segments/words.ts';
import { termsOf, WORD_LENGTH, wordsOf } from '../../../daemon/indexing/words/identifiers.ts';
import { TermCounter } from '../../../daemon/indexing/words/terms.ts';

/** The same, slowly: what the counter's tables and bytes must come to. */
function expected(text: string): Map<string, number> {
	const counts = new Map<string, number>();
	const runs = text.match(/[\w\u{80}-\u{10ffff}]+/gu) ?? [];
	for (const word of runs.flatMap((run) => wordsOf(run.normalize('NFC')))) {
		if (word.length > WORD_LENGTH) continue;
		for (const term of termsOf(word)) counts.set(term, (counts.get(term) ?? 0) + 1);
	}
	return new Map([...counts].map(([term, count]) => [term, Math.round(Math.sqrt(count))]));
}

const counted = ({ names, terms, weights }: DocumentWords): Map<string, number> =>
	new Map(Array.from(terms, (term, at) => [names[term] ?? '', weights[at] ?? 0]));

const texts = fc.array(
	fc.oneof(
		fc.constantFrom('getUserName', 'get_user_name', 'HTTPServer2', 'for', 'naïve', '検索する'),
		fc.constantFrom(' ', '\n', '.', '—', '“', '(', '_'),
		fc.string(),
		fc.string({ unit: 'grapheme' }),
	),
	{ maxLength: 60 },
);

test('every term comes as often as the square root of its count, whatever the texts before', () => {
	const counter = new TermCounter();
	fc.assert(
		fc.property(texts, (parts) => {
			const text = parts.join('');
			fc.pre(text.isWellFormed());
			expect(counted(counter.documentOf(Buffer.from(text), ''))).toEqual(expected(text));
		}),
		{ numRuns: 500 },
	);
});

test('more different words than the first table holds', () => {
	const words = Array.from({ length: 30_000 }, (_, i) => `name${i.toString(36)}Part`);
	const counter = new TermCounter();
	expect(counter.documentOf(Buffer.from(words.join(' ')), '').terms).toHaveLength(60_001);
	const one = counter.documentOf(Buffer.from('name0Part'), '');
	expect(counted(one)).toEqual(
		new Map([...['name0', 'part', 'name0part'].map((term) => [term, 1] as const)]),
	);
});

test('a word of the path counts ten times, beside the text', () => {
	const counter = new TermCounter();
	const words = counter.documentOf(Buffer.from('queue queue queue queue text'), 'src/queue.ts');
	expect(counted(words)).toEqual(
		new Map([
			['src', 10],
			['queue', 12],
			['ts', 10],
			['text', 1],
		]),
	);
	expect(words.length).toBe(6);
	expect(counted(counter.documentOf(Buffer.from('queue'), ''))).toEqual(new Map([['queue', 1]]));
});

test('nothing comes of an empty text', () => {
	const words = new TermCounter().documentOf(Buffer.alloc(0), '');
	expect([counted(words).size, words.length]).toEqual([0, 0]);
});
