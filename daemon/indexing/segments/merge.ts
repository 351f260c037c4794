/** One segment out of several, without the documents that nobody needs any more. */
import { encodeSegment, type SegmentBlock, type SegmentDocument } from './format.ts';
import { mergeWords } from './mergeWords.ts';
import type { SegmentReader } from './reader.ts';
import { encodeSymbols, type PlacedSymbol } from './symbols.ts';

export interface MergeSource {
	readonly reader: SegmentReader;
	/** Documents to keep, ascending. */
	readonly keep: readonly number[];
}

const GONE = -1;

/** Documents are numbered in the order of the sources and of what is kept of each. @throws SegmentDamage */
export function mergeSegments(sources: readonly MergeSource[]): Buffer {
	const documents: SegmentDocument[] = [];
	const blocks: SegmentBlock[] = [];
	const symbols: (readonly PlacedSymbol[])[] = [];
	const moved = sources.map(({ reader, keep }) => {
		const numbers: number[] = [];
		const kept = new Set(keep);
		const named = reader.symbols()?.byDocument(reader.documents) ?? [];
		for (let doc = 0; doc < reader.documents; doc++) {
			const layout = reader.layout(doc);
			if (!kept.has(doc)) {
				for (const _ of layout.blocks) numbers.push(GONE);
				continue;
			}
			documents.push({ firstBlock: blocks.length, length: layout.length, lead: layout.lead });
			symbols.push(named[doc] ?? []);
			for (const block of layout.blocks) {
				numbers.push(blocks.length);
				blocks.push(block);
			}
		}
		return { numbers, postings: reader.postings()[Symbol.iterator]() };
	});
	function* postings(): Iterable<readonly [number, number[]]> {
		const heads = moved.map(({ postings }) => postings.next());
		for (;;) {
			let key = Number.POSITIVE_INFINITY;
			for (const head of heads) if (!head.done) key = Math.min(key, head.value[0]);
			if (key === Number.POSITIVE_INFINITY) return;
			const having: number[] = [];
			for (const [index, head] of heads.entries()) {
				const source = moved[index];
				if (head.done || source === undefined || head.value[0] !== key) continue;
				for (const block of head.value[1]) {
					const number = source.numbers[block] ?? GONE;
					if (number !== GONE) having.push(number);
				}
				heads[index] = source.postings.next();
			}
			if (having.length > 0) yield [key, having];
		}
	}
	// The directory is as fine as the keys of this size of text need, about: they are known only afterwards.
	return encodeSegment({
		documents,
		blocks,
		postings: postings(),
		keys: Math.min(300_000, blocks.length * 64),
		symbols: encodeSymbols(symbols),
		words: mergeWords(sources),
	});
}
