import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { SegmentDamage } from '../../../daemon/indexing/segments/bytes.ts';
import { encodeDocumentWords } from '../../../daemon/indexing/segments/encodeWords.ts';
import {
	type DocumentWords,
	readWords,
	type SegmentWords,
	type WordPostings,
} from '../../../daemon/indexing/segments/words.ts';

const opened = (bytes: Buffer): SegmentWords =>
	readWords((from, length) => {
		if (from + length > bytes.length) throw new SegmentDamage('cut short');
		return bytes.subarray(from, from + length);
	});

const plain = (postings: WordPostings | undefined): [number, number][] =>
	[...Array.from(postings?.docs ?? []).keys()].map((at) => [
		postings?.docs[at] ?? 0,
		postings?.weights[at] ?? 0,
	]);

const term = fc.oneof(
	fc.constantFrom('open', 'opened', 'openssl', 'socket', '索引', 'größe'.normalize('NFC'), '𝒳y'),
	fc
		.string({ unit: 'grapheme', minLength: 1, maxLength: 6 })
		.map((text) => text.replaceAll('\n', '')),
	fc.integer({ min: 0, max: 3000 }).map((n) => `name${n.toString(36)}`),
);

const document = fc
	.uniqueArray(fc.tuple(term, fc.integer({ min: 1, max: 500 })), {
		maxLength: 60,
		selector: ([text]) => text,
	})
	.map(
		(words): DocumentWords => ({
			names: words.map(([text]) => text),
			terms: Uint32Array.from(words.keys()),
			weights: Uint32Array.from(words, ([, weight]) => weight),
			length: words.length,
		}),
	);

/** The same, slowly. */
function having(documents: readonly DocumentWords[], text: string): [number, number][] {
	return documents.flatMap(({ names, weights }, doc) => {
		const at = names.indexOf(text);
		return at === -1 ? [] : [[doc, weights[at] ?? 0] as [number, number]];
	});
}

describe('the words of a segment', () => {
	test('are what its documents have, term by term, by their beginning, and in order', () => {
		fc.assert(
			fc.property(fc.array(document, { maxLength: 40 }), term, (documents, other) => {
				const words = opened(encodeDocumentWords(documents));
				const terms = [...new Set(documents.flatMap((one) => one.names))].sort();
				expect([...words.lengths]).toEqual(documents.map(({ length }) => length));
				expect([...words.all()].map(([text]) => text)).toEqual(terms);
				for (const text of [...terms, other]) {
					expect(plain(words.postings(text))).toEqual(having(documents, text));
				}
				for (const prefix of ['open', 'name', 'n', other]) {
					const beginning = terms.filter((text) => text.startsWith(prefix));
					const expected = beginning.map((text) => having(documents, text));
					expect([...words.beginning(prefix, 1e6)].map(plain)).toEqual(expected);
					expect([...words.beginning(prefix, 3)].map(plain)).toEqual(expected.slice(0, 3));
				}
			}),
			{ numRuns: 60 },
		);
	});

	test('of which a byte is another are damaged, or say something: nothing else is thrown', () => {
		const documents = Array.from({ length: 20 }, (_, n) => ({
			names: ['open', `name${n}`, `word${n % 3}`],
			terms: Uint32Array.of(0, 1, 2),
			weights: Uint32Array.of(1, 2, 300),
			length: 5,
		}));
		const bytes = encodeDocumentWords(documents);
		let damaged = 0;
		for (let at = 0; at < bytes.length; at++) {
			const changed = Buffer.from(bytes);
			changed[at] = (changed[at] ?? 0) ^ 0x55;
			try {
				const words = opened(changed);
				words.postings('open');
				expect([...words.beginning('name', 100)].length).toBeGreaterThanOrEqual(0);
				expect([...words.all()].length).toBeGreaterThanOrEqual(0);
			} catch (error) {
				expect(error).toBeInstanceOf(SegmentDamage);
				damaged++;
			}
		}
		expect(damaged).toBeGreaterThan(bytes.length / 2);
	});
});
