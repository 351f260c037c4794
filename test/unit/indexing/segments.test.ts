import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, onTestFinished, test } from 'vitest';
import { blocksOf } from '../../../daemon/indexing/segments/blocks.ts';
import { buildSegment } from '../../../daemon/indexing/segments/builder.ts';
import { SegmentDamage } from '../../../daemon/indexing/segments/bytes.ts';
import { WHOLE } from '../../../daemon/indexing/segments/format.ts';
import { keysAll } from '../../../daemon/indexing/segments/keyQuery.ts';
import { mergeSegments } from '../../../daemon/indexing/segments/merge.ts';
import { openSegment, type SegmentReader } from '../../../daemon/indexing/segments/reader.ts';
import { mergeable } from '../../../daemon/indexing/segments/tiers.ts';
import { foldText, trigramsOf } from '../../../daemon/indexing/segments/trigrams.ts';

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

const built = (texts: readonly string[]): Buffer =>
	buildSegment(texts.map((text) => ({ text: Buffer.from(text), lead: 0 })));

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
				{ text: Buffer.from(filler), lead: 0 },
				{ text: Buffer.alloc(0), lead: 0 },
				{ text: bytes, lead: 3 },
				{ text: Buffer.from('needle_here'), lead: WHOLE },
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
		truncateSync(tail, bytes.length - 3);
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
