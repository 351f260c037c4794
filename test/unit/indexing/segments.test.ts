import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, onTestFinished, test } from 'vitest';
import { blocksOf } from '../../../daemon/indexing/segments/blocks.ts';
import { buildSegment, type SegmentText } from '../../../daemon/indexing/segments/builder.ts';
import { SegmentDamage } from '../../../daemon/indexing/segments/bytes.ts';
import { WHOLE } from '../../../daemon/indexing/segments/format.ts';
import { keysAll } from '../../../daemon/indexing/segments/keyQuery.ts';
import { mergeSegments } from '../../../daemon/indexing/segments/merge.ts';
import { openSegment, type SegmentReader } from '../../../daemon/indexing/segments/reader.ts';
import type { PlacedSymbol } from '../../../daemon/indexing/segments/symbols.ts';
import { mergeable } from '../../../daemon/indexing/segments/tiers.ts';
import { foldText, trigramsOf } from '../../../daemon/indexing/segments/trigrams.ts';
import { SYMBOL_KINDS } from '../../../daemon/indexing/symbols/symbol.ts';
import { TermCounter } from '../../../daemon/indexing/words/terms.ts';

function temporaryFile(bytes: Buffer): string {
	const folder = mkdtempSync(join(tmpdir(), 'semantica-segment-'));
	onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
	const file = join(folder, 'segment');
	writeFileSync(file, bytes);
	return file;
}

function opened(bytes: Buffer): SegmentReader {
	const reader = openSegment(temporaryFile(bytes));
	onTestFinished(() => reader.close());
	return reader;
}

const counter = new TermCounter();

const textOf = (content: string | Buffer, more: Partial<SegmentText> = {}): SegmentText => {
	const text = Buffer.from(content);
	return { text, lead: 0, symbols: [], words: counter.documentOf(text, ''), ...more };
};

const built = (texts: readonly string[]): Buffer => buildSegment(texts.map((text) => textOf(text)));

/** By term, with the lengths of the documents. */
const plainWords = (reader: SegmentReader): unknown => [
	[...reader.words().lengths],
	[...reader.words().all()].map(([term, { docs, weights }]) => [
		term,
		Array.from(docs),
		Array.from(weights),
	]),
];

function found(reader: SegmentReader, literal: string): number[] {
	const blocks = reader.candidates(keysAll(trigramsOf(literal)));
	if (blocks === 'any') return Array.from({ length: reader.documents }, (_, doc) => doc);
	return [...new Set(blocks.map((block) => reader.documentOf(block)))];
}

/** Words of several scripts; what differs in case or composition is the same. */
const word = fc.constantFrom(
	'mutex',
	'Mutex_Lock',
	'ÉCLAIR',
	'éclair',
	'e\u0301clair',
	'straße',
	'STRASSE',
	'ſpin',
	'Οδός',
	'ΟΔΌΣ',
	'索引',
	'を検索する',
	'검색',
	'\u1100\u1161',
	'🙂x',
	'K',
	'->',
	'x',
);
const line = fc.array(word, { maxLength: 40 }).map((words) => words.join(' '));
const text = fc.array(line, { maxLength: 60 }).map((lines) => lines.join('\n'));

describe('a segment', () => {
	test('names every document that has a text, in whatever case and composition', () => {
		fc.assert(
			fc.property(fc.array(text, { minLength: 1, maxLength: 5 }), word, word, (texts, a, b) => {
				const reader = opened(built(texts));
				for (const literal of [a, `${a} ${b}`, [...a].slice(1).join(''), a.toUpperCase()]) {
					const having = texts.flatMap((one, doc) =>
						foldText(one).includes(foldText(literal)) && literal !== '' ? doc : [],
					);
					expect(found(reader, literal)).toEqual(expect.arrayContaining(having));
				}
			}),
			{ numRuns: 40 },
		);
	});

	test('names no other, mostly, and says where the block with it lies', () => {
		const filler = Array.from({ length: 400 }, (_, n) => `line ${n} of some text`).join('\n');
		const bytes = Buffer.from(`${filler}\nneedle_here\n${filler}`);
		const reader = opened(
			buildSegment([
				textOf(filler),
				textOf(''),
				textOf(bytes, { lead: 3 }),
				textOf('needle_here', { lead: WHOLE }),
			]),
		);
		const blocks = reader.candidates(keysAll(trigramsOf('NEEDLE')));
		if (blocks === 'any') throw new Error('any');
		expect(blocks.map((block) => reader.documentOf(block))).toEqual([2, 3]);
		const [first = 0, second = 0] = blocks;
		const range = reader.range(first);
		if (range === undefined) throw new Error('no range');
		const piece = bytes.subarray(range.from - 3, range.to - 3).toString();
		const lines = piece.split('\n');
		expect(range.line + lines.indexOf('needle_here')).toBe(401);
		expect(reader.range(second)).toBeUndefined();
		expect(found(reader, 'not there')).toEqual([]);
		expect(reader.candidates(keysAll(trigramsOf('ab')))).toBe('any');
	});

	test('blocks are whole lines and all of the text', () => {
		fc.assert(
			fc.property(fc.array(fc.string({ maxLength: 9000 }), { maxLength: 6 }), (lines) => {
				const bytes = Buffer.from(lines.join('\n'));
				const blocks = [...blocksOf(bytes)];
				expect(Buffer.concat(blocks.map(({ offset, end }) => bytes.subarray(offset, end)))).toEqual(
					bytes,
				);
				for (const { offset, line } of blocks) {
					const before = bytes.subarray(0, offset).toString();
					expect(before === '' || before.endsWith('\n')).toBe(true);
					expect(line).toBe(before.split(/\r\n|\n|\r/).length);
				}
			}),
			{ numRuns: 50 },
		);
	});

	test('merged ones say what one of the documents that are kept says', () => {
		fc.assert(
			fc.property(
				fc.array(fc.array(fc.tuple(text, fc.boolean()), { minLength: 1, maxLength: 4 }), {
					minLength: 1,
					maxLength: 4,
				}),
				(groups) => {
					const sources = groups.map((group) => ({
						reader: opened(built(group.map(([one]) => one))),
						keep: group.flatMap(([, kept], doc) => (kept ? doc : [])),
					}));
					const kept = groups.flat().flatMap(([one, isKept]) => (isKept ? one : []));
					const merged = opened(mergeSegments(sources));
					const whole = opened(built(kept));
					expect(merged.documents).toBe(kept.length);
					expect([...merged.postings()]).toEqual([...whole.postings()]);
					for (const doc of kept.keys()) expect(merged.layout(doc)).toEqual(whole.layout(doc));
					expect(plainWords(merged)).toEqual(plainWords(whole));
				},
			),
			{ numRuns: 25 },
		);
	});

	test('that is cut short, overwritten or something else is said to be damaged', () => {
		const bytes = built(['some text that is long enough']);
		const cut = temporaryFile(bytes);
		truncateSync(cut, 40);
		expect(() => openSegment(cut)).toThrow(SegmentDamage);
		const other = temporaryFile(Buffer.alloc(64));
		expect(() => openSegment(other)).toThrow(SegmentDamage);
		const changed = Buffer.from(bytes);
		changed[36] = (changed[36] ?? 0) ^ 1;
		const file = temporaryFile(changed);
		expect(() => openSegment(file)).toThrow(SegmentDamage);
		const tail = temporaryFile(bytes);
		const reader = openSegment(tail);
		const keys = [...reader.postings()].length;
		truncateSync(tail, 100 + keys);
		expect(() => [...reader.postings()]).toThrow(SegmentDamage);
		reader.close();
	});
});

test('merging keeps segments few, and writes no text more than a few times', () => {
	const TEXT = 3000;
	let segments: { id: number; textBytes: number }[] = [];
	let written = 0;
	for (let id = 0; id < 5000; id++) {
		segments.push({ id, textBytes: TEXT });
		for (let some = mergeable(segments); some.length > 0; some = mergeable(segments)) {
			const textBytes = some.reduce((sum, one) => sum + one.textBytes, 0);
			written += textBytes;
			segments = [...segments.filter((one) => !some.includes(one)), { id: ++id, textBytes }];
		}
		expect(segments.length).toBeLessThan(40);
	}
	expect(written).toBeLessThan(5000 * TEXT * 8);
});

describe('symbols of a segment', () => {
	const symbol = fc.record({
		name: fc.string({ unit: 'grapheme', minLength: 1, maxLength: 12 }).map((name) => `n${name}`),
		kind: fc.constantFrom(...SYMBOL_KINDS),
		container: fc.constantFrom('', 'Box', 'ÉCLAIR', 'n'),
		line: fc.integer({ min: 1, max: 100_000 }),
		column: fc.integer({ min: 1, max: 500 }),
	});
	const document = fc
		.array(symbol, { maxLength: 12 })
		.map((symbols) => symbols.toSorted((a, b) => a.line - b.line || a.column - b.column));
	const kept = (symbols: readonly PlacedSymbol[]): PlacedSymbol[] =>
		symbols.map((one) => ({ ...one, name: one.name.replaceAll(/[\r\n]/g, ' ').normalize('NFC') }));
	const sorted = (symbols: readonly PlacedSymbol[]): string[] =>
		symbols.map((one) => JSON.stringify(Object.entries(one).sort())).sort();
	const withSymbols = (documents: readonly PlacedSymbol[][]): SegmentReader =>
		opened(buildSegment(documents.map((symbols) => textOf('x', { symbols }))));

	test('are what was given, also after a merge, and found by their place in the names', () => {
		fc.assert(
			fc.property(fc.array(document, { minLength: 1, maxLength: 6 }), (documents) => {
				const reader = withSymbols(documents);
				const all = reader.symbols();
				const read = all?.byDocument(documents.length) ?? documents.map(() => []);
				expect(read.map(sorted)).toEqual(documents.map((one) => sorted(kept(one))));
				for (const { name } of kept(documents.flat())) {
					const number = all?.numberAt(`\n${all.names}`.indexOf(`\n${name}\n`)) ?? -1;
					expect(all?.name(number)).toBe(name);
					expect(all?.definitions(number).every((one) => one.name === name)).toBe(true);
				}
				const keep = [...documents.keys()].filter((doc) => doc % 2 === 0);
				const merged = opened(
					mergeSegments([
						{ reader, keep },
						{ reader, keep: [0] },
					]),
				);
				const again = merged.symbols()?.byDocument(keep.length + 1) ?? [...keep, 0].map(() => []);
				expect(again.map(sorted)).toEqual(
					[...keep, 0].map((doc) => sorted(kept(documents[doc] ?? []))),
				);
			}),
			{ numRuns: 40 },
		);
	});

	test('that are damaged say so', () => {
		const symbols = [
			{ name: 'open', kind: 'function', container: '', line: 1, column: 1 },
		] as const;
		const bytes = buildSegment([textOf('x', { symbols })]);
		const name = bytes.indexOf('open\n');
		bytes[name] = (bytes[name] ?? 0) ^ 1;
		expect(() => opened(bytes).symbols()).toThrow(SegmentDamage);
	});
});
