/** Reading a segment: which blocks can match, and where they are in their file. */
import { closeSync, openSync, readSync } from 'node:fs';
import { readNumbers, SegmentDamage } from './bytes.ts';
import { readMap, WHOLE } from './format.ts';
import type { KeyQuery } from './keyQuery.ts';
import { decodeSymbols, type SegmentSymbols } from './symbols.ts';
import { readWords, type SegmentWords } from './words.ts';

export interface SegmentReader {
	readonly documents: number;
	/** Size of the file, bytes. */
	readonly bytes: number;
	/** Blocks, ascending, without those that cannot match; 'any' where the query says nothing. */
	candidates(query: KeyQuery): readonly number[] | 'any';
	documentOf(block: number): number;
	/** Where a block lies in the file of its document; undefined where that is read whole. */
	range(block: number): BlockRange | undefined;
	/** For merging and comparing: the documents, the blocks, and every key with its blocks, ascending. */
	layout(doc: number): {
		readonly lead: number;
		readonly length: number;
		readonly blocks: readonly { offset: number; line: number }[];
	};
	postings(): Iterable<readonly [key: number, blocks: readonly number[]]>;
	/** Read with the first call, and kept; undefined where no document has any. */
	symbols(): SegmentSymbols | undefined;
	/** The first call reads where they are. @throws SegmentDamage */
	words(): SegmentWords;
	close(): void;
}

export interface BlockRange {
	readonly from: number;
	readonly to: number;
	/** Its first line, 1-based. */
	readonly line: number;
}

/** Of the keys that all must be there, so many of the rarest are read. */
const KEYS_READ = 5;
/** So few blocks are looked into rather than thinned out further. */
const FEW = 4;

/** @throws SegmentDamage, and what opening throws. */
export function openSegment(file: string): SegmentReader {
	const fd = openSync(file, 'r');
	const read = (from: number, length: number): Buffer => {
		const bytes = Buffer.allocUnsafe(length);
		for (let filled = 0; filled < length; ) {
			const count = readSync(fd, bytes, filled, length - filled, from + filled);
			if (count === 0) throw new SegmentDamage('it is cut short');
			filled += count;
		}
		return bytes;
	};
	try {
		return readerOf(read, () => closeSync(fd));
	} catch (error) {
		closeSync(fd);
		throw error;
	}
}

interface List {
	readonly from: number;
	readonly length: number;
}

function readerOf(
	read: (from: number, length: number) => Buffer,
	close: () => void,
): SegmentReader {
	const map = readMap(read);

	function* namesOf(group: number): Iterable<readonly [key: number, list: List]> {
		const begin = map.group(group);
		const end = map.group(group + 1);
		const names = readNumbers(read(begin.keys, end.keys - begin.keys));
		let key = 0;
		let from = begin.postings;
		for (let at = 0; at + 1 < names.length; at += 2) {
			key += names[at] ?? 0;
			const length = names[at + 1] ?? 0;
			yield [key, { from, length }];
			from += length;
		}
	}
	/** Reads no more of the group than it must, and makes nothing of what it passes. */
	const listOf = (key: number): List | undefined => {
		const begin = map.group(key >>> map.shift);
		const bytes = read(begin.keys, map.group((key >>> map.shift) + 1).keys - begin.keys);
		let at = 0;
		const number = (): number => {
			let value = 0;
			for (let shift = 0; ; shift += 7) {
				if (at >= bytes.length) throw new SegmentDamage('a number does not end');
				const byte = bytes[at++] as number;
				value |= (byte & 0x7f) << shift;
				if (byte < 0x80) return value >>> 0;
			}
		};
		let from = begin.postings;
		for (let name = 0; at < bytes.length; ) {
			name += number();
			const length = number();
			if (name === key) return { from, length };
			if (name > key) return undefined;
			from += length;
		}
		return undefined;
	};
	const decode = (bytes: Uint8Array): number[] => {
		const blocks = readNumbers(bytes);
		let last = 0;
		for (const [index, difference] of blocks.entries()) {
			last += difference;
			blocks[index] = last;
		}
		if (last >= map.blocks) throw new SegmentDamage('it names a block that it does not have');
		return blocks;
	};

	/** Blocks that have all of the keys, by the rarest of them. */
	function havingAll(keys: readonly number[]): number[] {
		const lists: List[] = [];
		for (const key of keys) {
			const list = listOf(key);
			if (list === undefined) return [];
			lists.push(list);
		}
		lists.sort((a, b) => a.length - b.length);
		let blocks: number[] | undefined;
		for (const { from, length } of lists.slice(0, KEYS_READ)) {
			if (blocks !== undefined && blocks.length <= FEW) break;
			const having = decode(read(from, length));
			blocks = blocks === undefined ? having : inBoth(blocks, having);
		}
		return blocks ?? [];
	}
	function candidates(query: KeyQuery): number[] | 'any' {
		if (query === 'any') return 'any';
		if (query.kind === 'key') return havingAll([query.key]);
		if (query.kind === 'or') {
			const blocks = new Set<number>();
			for (const part of query.of) {
				const having = candidates(part);
				if (having === 'any') return 'any';
				for (const block of having) blocks.add(block);
			}
			return [...blocks].sort((a, b) => a - b);
		}
		const keys = query.of.flatMap((part) =>
			part !== 'any' && part.kind === 'key' ? part.key : [],
		);
		let blocks: number[] | 'any' = keys.length === 0 ? 'any' : havingAll(keys);
		for (const part of query.of) {
			if (part !== 'any' && part.kind === 'key') continue;
			if (blocks !== 'any' && blocks.length <= FEW) break;
			const having = candidates(part);
			if (having === 'any') continue;
			blocks = blocks === 'any' ? having : inBoth(blocks, having);
		}
		return blocks;
	}
	function documentOf(block: number): number {
		let low = 0;
		let high = map.documents - 1;
		while (low < high) {
			const middle = (low + high + 1) >>> 1;
			if (map.document(middle).firstBlock <= block) low = middle;
			else high = middle - 1;
		}
		return low;
	}
	const endOf = (doc: number): number =>
		doc + 1 < map.documents ? map.document(doc + 1).firstBlock : map.blocks;

	let symbols: SegmentSymbols | undefined;
	let words: SegmentWords | undefined;
	return {
		documents: map.documents,
		bytes: map.bytes,
		candidates,
		documentOf,
		range(block) {
			const doc = documentOf(block);
			const { lead, length } = map.document(doc);
			if (lead === WHOLE) return undefined;
			const { offset, line } = map.block(block);
			const end = block + 1 < endOf(doc) ? map.block(block + 1).offset : length;
			return { from: lead + offset, to: lead + end, line };
		},
		layout(doc) {
			const { firstBlock, lead, length } = map.document(doc);
			const count = endOf(doc) - firstBlock;
			return {
				lead,
				length,
				blocks: Array.from({ length: count }, (_, index) => map.block(firstBlock + index)),
			};
		},
		*postings() {
			for (let group = 0; group < map.groups; group++) {
				const begin = map.group(group).postings;
				const lists = read(begin, map.group(group + 1).postings - begin);
				for (const [key, { from, length }] of namesOf(group)) {
					yield [key, decode(lists.subarray(from - begin, from - begin + length))] as const;
				}
			}
		},
		symbols() {
			const { from, length, sum } = map.symbols;
			if (length > 0) symbols ??= decodeSymbols(read(from, length), sum);
			return symbols;
		},
		words() {
			const { from, length } = map.words;
			words ??= readWords((at, count) => {
				if (at + count > length) throw new SegmentDamage('its words are cut short');
				return read(from + at, count);
			});
			return words;
		},
		close,
	};
}

function inBoth(some: readonly number[], others: readonly number[]): number[] {
	const both: number[] = [];
	let at = 0;
	for (const block of some) {
		while (at < others.length && (others[at] ?? 0) < block) at++;
		if (others[at] === block) both.push(block);
	}
	return both;
}
