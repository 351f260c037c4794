/**
 * The words of a segment: its terms in order, each with the documents that have it and how much each has of it.
 * Read piece by piece: held are only the first term of each group and the lengths of the documents.
 *
 * head      counts of documents, of terms, of groups; lengths of the lengths, of the first terms, of the terms, of the
 *           numbers; crc32 of those, of lengths, groups and first terms (32 bits each)
 * lengths   of each document, in terms
 * groups    of each and one beyond: where its terms, numbers and postings begin (32 bits each)
 * firsts    the first term of each group, UTF-8, a line feed behind each
 * terms     by group, as the first ones
 * numbers   of each term: documents, bytes of its postings
 * postings  of each document: difference to the one before, weight
 */
import { crc32 } from 'node:zlib';
import { readNumbers, SegmentDamage } from './bytes.ts';

/** What one document has. */
export interface DocumentWords {
	/** By number of the term, of many documents at once; none has a line feed in it. */
	readonly names: readonly string[];
	/** Numbers of its terms, each once. */
	readonly terms: Uint32Array;
	/** Of each of them, 1 at least. */
	readonly weights: Uint32Array;
	/** How long the document is for ranking, in terms. */
	readonly length: number;
}

/** Ascending documents of a term, and what each has of it. */
export interface WordPostings {
	readonly docs: ArrayLike<number>;
	readonly weights: ArrayLike<number>;
}

export interface SegmentWords {
	readonly documents: number;
	/** Of each document, in terms. */
	readonly lengths: Uint32Array;
	/** Undefined where no document has it. @throws SegmentDamage */
	postings(term: string): WordPostings | undefined;
	/** Of every term that begins so, `most` at the most, in order. @throws SegmentDamage */
	beginning(prefix: string, most: number): Iterable<WordPostings>;
	/** For merging and comparing: in order. @throws SegmentDamage */
	all(): Iterable<readonly [term: string, WordPostings]>;
}

/** Bytes of the head. */
export const HEAD = 32;
const GROUP = 12;
/** Terms that are looked for together are mostly neighbours: forms of one word. */
const GROUPS_KEPT = 16;
const ALL_AT_ONCE = 256;

interface Group {
	readonly terms: readonly string[];
	/** Of each term: documents, where its postings begin, and how long they are. */
	readonly counts: readonly number[];
	readonly starts: readonly number[];
	readonly ends: readonly number[];
}

/** @param read Bytes of the section. @throws SegmentDamage */
export function readWords(read: (from: number, length: number) => Buffer): SegmentWords {
	const head = read(0, HEAD);
	const field = (index: number): number => head.readUInt32LE(index * 4);
	const [documents, groups, sizeBytes, firstBytes] = [field(0), field(2), field(3), field(4)];
	const placeBytes = (groups + 1) * GROUP;
	const map = read(HEAD, sizeBytes + placeBytes + firstBytes);
	if (crc32(map, crc32(head.subarray(0, HEAD - 4))) !== field(7))
		throw new SegmentDamage('the checksum of its words differs');
	const lengths = Uint32Array.from(readNumbers(map.subarray(0, sizeBytes)));
	const firsts = linesOf(map.subarray(sizeBytes + placeBytes));
	const namesAt = HEAD + map.length;
	const numbersAt = namesAt + field(5);
	const listsAt = numbersAt + field(6);
	const place = (group: number, of: number): number =>
		map.readUInt32LE(sizeBytes + group * GROUP + of * 4);

	const kept = new Map<number, Group>();
	function groupAt(number: number): Group {
		const known = kept.get(number);
		if (known !== undefined) return known;
		const group = readGroup(number);
		kept.set(number, group);
		const [oldest] = kept.keys();
		if (kept.size > GROUPS_KEPT && oldest !== undefined) kept.delete(oldest);
		return group;
	}
	function readGroup(number: number): Group {
		const piece = (base: number, of: number): Buffer =>
			read(base + place(number, of), place(number + 1, of) - place(number, of));
		const terms = linesOf(piece(namesAt, 0));
		const numbers = readNumbers(piece(numbersAt, 1));
		if (numbers.length !== terms.length * 2) throw new SegmentDamage('words have no numbers');
		const [counts, starts, ends]: number[][] = [[], [], []];
		let start = place(number, 2);
		for (let at = 0; at < numbers.length; at += 2) {
			counts?.push(numbers[at] ?? 0);
			starts?.push(start);
			start += numbers[at + 1] ?? 0;
			ends?.push(start);
		}
		return { terms, counts: counts ?? [], starts: starts ?? [], ends: ends ?? [] };
	}
	const decode = (bytes: Uint8Array, count: number): WordPostings =>
		decodePostings(bytes, count, documents);

	/** The last group whose first term is not beyond `term`; -1 where all are. */
	function groupOf(term: string): number {
		let low = -1;
		let high = firsts.length - 1;
		while (low < high) {
			const middle = (low + high + 1) >> 1;
			if ((firsts[middle] ?? '') <= term) low = middle;
			else high = middle - 1;
		}
		return low;
	}
	return {
		documents,
		lengths,
		postings(term) {
			const number = groupOf(term);
			if (number === -1) return undefined;
			const { terms, counts, starts, ends } = groupAt(number);
			const at = terms.indexOf(term);
			if (at === -1) return undefined;
			const start = starts[at] ?? 0;
			return decode(read(listsAt + start, (ends[at] ?? 0) - start), counts[at] ?? 0);
		},
		*beginning(prefix, most) {
			let left = most;
			for (let number = Math.max(0, groupOf(prefix)); number < groups; number++) {
				const { terms, counts, starts, ends } = groupAt(number);
				const from = terms.findIndex((term) => term.startsWith(prefix));
				if (from === -1) {
					if ((terms.at(-1) ?? '') > prefix) return;
					continue;
				}
				let to = from;
				while (to < terms.length && terms[to]?.startsWith(prefix) && left-- > 0) to++;
				if (to === from) return;
				const base = starts[from] ?? 0;
				const bytes = read(listsAt + base, (ends[to - 1] ?? base) - base);
				for (let at = from; at < to; at++) {
					const list = bytes.subarray((starts[at] ?? 0) - base, (ends[at] ?? 0) - base);
					yield decode(list, counts[at] ?? 0);
				}
				if (to < terms.length) return;
			}
		},
		*all() {
			for (let first = 0; first < groups; first += ALL_AT_ONCE) {
				const beyond = Math.min(groups, first + ALL_AT_ONCE);
				const base = place(first, 2);
				const bytes = read(listsAt + base, place(beyond, 2) - base);
				for (let number = first; number < beyond; number++) {
					const { terms, counts, starts, ends } = readGroup(number);
					for (let at = 0; at < terms.length; at++) {
						const list = bytes.subarray((starts[at] ?? 0) - base, (ends[at] ?? 0) - base);
						yield [terms[at] ?? '', decode(list, counts[at] ?? 0)] as const;
					}
				}
			}
		},
	};
}

function linesOf(bytes: Buffer): string[] {
	const lines = bytes.toString('utf8').split('\n');
	lines.pop();
	return lines;
}

function decodePostings(bytes: Uint8Array, count: number, documents: number): WordPostings {
	if (count * 2 > bytes.length) throw new SegmentDamage('a word lacks documents');
	const docs = new Uint32Array(count);
	const weights = new Uint32Array(count);
	let at = 0;
	const number = (): number => {
		let value = 0;
		for (let shift = 0; ; shift += 7) {
			const byte = bytes[at++] as number;
			value |= (byte & 0x7f) << shift;
			if (byte < 0x80) return value;
			if (at >= bytes.length) throw new SegmentDamage('a number of a word does not end');
		}
	};
	let doc = 0;
	for (let index = 0; index < count; index++) {
		doc += number();
		docs[index] = doc;
		weights[index] = number();
	}
	if (at !== bytes.length || doc >= documents) {
		throw new SegmentDamage('a word names a document that it does not have');
	}
	return { docs, weights };
}
