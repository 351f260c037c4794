/**
 * A segment's bytes: a head, the documents, the blocks, a directory into the keys, the keys, their postings, the
 * symbols (symbols.ts), the words (words.ts). Numbers of fixed size are 32 bits, little endian.
 *
 * head       magic, counts of documents, blocks and directory entries, shift, length of the keys, of their postings,
 *            of the symbols, crc32 of those, length of the words, crc32
 * documents  first block, length of the text, bytes before it in the file (or WHOLE)
 * blocks     offset in the text, first line
 * directory  of each group of keys (key >>> shift) and one beyond: where its keys and its postings begin
 * keys       by group, ascending: difference to the key before (of the group), length of its postings
 * postings   by key: blocks, each as the difference to the one before
 */
import { crc32 } from 'node:zlib';
import { createByteWriter, SegmentDamage } from './bytes.ts';
import { KEYS } from './trigrams.ts';

const MAGIC = 0x33_47_45_53; // "SEG3"
const HEAD = 44;
const DOCUMENT = 12;
const BLOCK = 8;
const ENTRY = 8;
/** Keys of a group of the directory, about. */
const GROUP_KEYS = 64;

/** Bytes before the text, of a file whose text is not its bytes: it is read whole. */
export const WHOLE = 0xffff_ffff;

export interface SegmentDocument {
	readonly firstBlock: number;
	/** Bytes. */
	readonly length: number;
	/** Bytes of the file before the text, or WHOLE. */
	readonly lead: number;
}

export interface SegmentBlock {
	readonly offset: number;
	readonly line: number;
}

export interface SegmentContent {
	readonly documents: readonly SegmentDocument[];
	readonly blocks: readonly SegmentBlock[];
	/** Ascending keys, each with the blocks that have it, ascending. */
	readonly postings: Iterable<readonly [key: number, blocks: ArrayLike<number>]>;
	/** How many keys, about. */
	readonly keys: number;
	/** As `encodeSymbols` gives them. */
	readonly symbols: Buffer;
	/** As `encodeWords` gives them. */
	readonly words: Buffer;
}

export function encodeSegment(content: SegmentContent): Buffer {
	const { documents, blocks, postings, keys, symbols, words } = content;
	const bits = Math.max(0, Math.min(12, Math.ceil(Math.log2(Math.max(1, keys / GROUP_KEYS)))));
	const shift = Math.log2(KEYS) - bits;
	const groups = 1 << bits;
	const directory = Buffer.alloc((groups + 1) * ENTRY);
	const names = createByteWriter();
	const lists = createByteWriter(64 * 1024);
	let group = -1;
	let before = 0;
	const begin = (until: number): void => {
		while (group < until) {
			group++;
			directory.writeUInt32LE(names.length, group * ENTRY);
			directory.writeUInt32LE(lists.length, group * ENTRY + 4);
			before = 0;
		}
	};
	for (const [key, having] of postings) {
		begin(key >>> shift);
		const start = lists.length;
		let last = 0;
		for (let at = 0; at < having.length; at++) {
			const block = having[at] ?? 0;
			lists.push(block - last);
			last = block;
		}
		names.push(key - before);
		names.push(lists.length - start);
		before = key;
	}
	begin(groups);

	const fixed = Buffer.alloc(documents.length * DOCUMENT + blocks.length * BLOCK);
	let at = 0;
	for (const { firstBlock, length, lead } of documents) {
		fixed.writeUInt32LE(firstBlock, at);
		fixed.writeUInt32LE(length, at + 4);
		fixed.writeUInt32LE(lead, at + 8);
		at += DOCUMENT;
	}
	for (const { offset, line } of blocks) {
		fixed.writeUInt32LE(offset, at);
		fixed.writeUInt32LE(line, at + 4);
		at += BLOCK;
	}
	const head = Buffer.alloc(HEAD);
	const numbers = [
		MAGIC,
		documents.length,
		blocks.length,
		groups,
		shift,
		names.length,
		lists.length,
		symbols.length,
		crc32(symbols),
		words.length,
	];
	for (const [index, number] of numbers.entries()) head.writeUInt32LE(number, index * 4);
	head.writeUInt32LE(crc32(directory, crc32(fixed, crc32(head.subarray(0, HEAD - 4)))), HEAD - 4);
	return Buffer.concat([head, fixed, directory, names.view(), lists.view(), symbols, words]);
}

/** Everything of a segment but its keys and postings, and where those are in the file. */
export interface SegmentMap {
	readonly documents: number;
	readonly blocks: number;
	document(doc: number): SegmentDocument;
	block(number: number): SegmentBlock;
	readonly shift: number;
	readonly groups: number;
	/** Where the keys and the postings of a group begin, in the file. */
	group(number: number): { readonly keys: number; readonly postings: number };
	/** Where the symbols are in the file, and their checksum. */
	readonly symbols: { readonly from: number; readonly length: number; readonly sum: number };
	/** Where the words are in the file. */
	readonly words: { readonly from: number; readonly length: number };
	readonly bytes: number;
}

/** @param read Bytes of the file. @throws SegmentDamage */
export function readMap(read: (from: number, length: number) => Buffer): SegmentMap {
	const head = read(0, HEAD);
	const numbers = Array.from({ length: HEAD / 4 }, (_, index) => head.readUInt32LE(index * 4));
	const [magic, documents = 0, blocks = 0, groups = 0, shift = 0, names = 0, lists = 0] = numbers;
	const [symbolBytes = 0, symbolSum = 0, wordBytes = 0, sum] = numbers.slice(7);
	if (magic !== MAGIC) throw new SegmentDamage('it does not begin as segments do');
	const fixed = documents * DOCUMENT + blocks * BLOCK;
	const body = read(HEAD, fixed + (groups + 1) * ENTRY);
	if (crc32(body, crc32(head.subarray(0, HEAD - 4))) !== sum) {
		throw new SegmentDamage('its checksum differs');
	}
	const keysAt = HEAD + body.length;
	return {
		documents,
		blocks,
		document: (doc) => ({
			firstBlock: body.readUInt32LE(doc * DOCUMENT),
			length: body.readUInt32LE(doc * DOCUMENT + 4),
			lead: body.readUInt32LE(doc * DOCUMENT + 8),
		}),
		block: (number) => ({
			offset: body.readUInt32LE(documents * DOCUMENT + number * BLOCK),
			line: body.readUInt32LE(documents * DOCUMENT + number * BLOCK + 4),
		}),
		shift,
		groups,
		group: (number) => ({
			keys: keysAt + body.readUInt32LE(fixed + number * ENTRY),
			postings: keysAt + names + body.readUInt32LE(fixed + number * ENTRY + 4),
		}),
		symbols: { from: keysAt + names + lists, length: symbolBytes, sum: symbolSum },
		words: { from: keysAt + names + lists + symbolBytes, length: wordBytes },
		bytes: keysAt + names + lists + symbolBytes + wordBytes,
	};
}
