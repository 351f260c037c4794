/** Making a segment of texts. */
import { blocksOf } from './blocks.ts';
import { encodeDocumentWords } from './encodeWords.ts';
import { encodeSegment, type SegmentBlock, type SegmentDocument } from './format.ts';
import { encodeSymbols, type PlacedSymbol } from './symbols.ts';
import { eachTrigram, KEYS } from './trigrams.ts';
import type { DocumentWords } from './words.ts';

export interface SegmentText {
	/** UTF-8, as `blocksOf` divides it. */
	readonly text: Buffer;
	/** Bytes of the file before the text, or WHOLE. */
	readonly lead: number;
	readonly symbols: readonly PlacedSymbol[];
	readonly words: DocumentWords;
}

/** Per thread: zeroed again by what was written, since clearing all of it takes longer than a small segment. */
const counts = new Uint32Array(KEYS);
const lastBlock = new Uint32Array(KEYS);

/** Documents are numbered in the order of the texts. Needs about ten bytes a byte of text meanwhile. */
export function buildSegment(texts: readonly SegmentText[]): Buffer {
	const documents: SegmentDocument[] = [];
	const blocks: SegmentBlock[] = [];
	const distinct: number[] = [];
	let pairs = new Uint32Array(4096);
	let length = 0;
	/** Where the pairs of each block end. */
	const ends: number[] = [];
	for (const { text, lead } of texts) {
		documents.push({ firstBlock: blocks.length, length: text.length, lead });
		for (const { offset, end, line } of blocksOf(text)) {
			blocks.push({ offset, line });
			const number = blocks.length;
			eachTrigram(text.subarray(offset, end), (key) => {
				if (lastBlock[key] === number) return;
				lastBlock[key] = number;
				const count = counts[key] ?? 0;
				if (count === 0) distinct.push(key);
				counts[key] = count + 1;
				if (length === pairs.length) {
					const larger = new Uint32Array(pairs.length * 2);
					larger.set(pairs);
					pairs = larger;
				}
				pairs[length++] = key;
			});
			ends.push(length);
		}
	}
	const keys = Uint32Array.from(distinct).sort();
	// Each key's blocks lie together; `lastBlock` now says where the next one goes.
	const sorted = new Uint32Array(length);
	let start = 0;
	for (const key of keys) {
		lastBlock[key] = start;
		start += counts[key] ?? 0;
	}
	let at = 0;
	for (const [block, end] of ends.entries()) {
		for (; at < end; at++) {
			const key = pairs[at] ?? 0;
			const place = lastBlock[key] ?? 0;
			sorted[place] = block;
			lastBlock[key] = place + 1;
		}
	}
	function* postings(): Iterable<readonly [number, Uint32Array]> {
		let from = 0;
		for (const key of keys) {
			const to = from + (counts[key] ?? 0);
			yield [key, sorted.subarray(from, to)];
			from = to;
		}
	}
	const bytes = encodeSegment({
		documents,
		blocks,
		postings: postings(),
		keys: keys.length,
		symbols: encodeSymbols(texts.map(({ symbols }) => symbols)),
		words: encodeDocumentWords(texts.map(({ words }) => words)),
	});
	for (const key of keys) {
		counts[key] = 0;
		lastBlock[key] = 0;
	}
	return bytes;
}
