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
import { createByteWriter, readNumbers, SegmentDamage } from './bytes.ts';

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

const HEAD = 32;
const GROUP = 12;
const GROUP_TERMS = 64;
/** Terms that are looked for together are mostly neighbours: forms of one word. */
const GROUPS_KEPT = 16;
const ALL_AT_ONCE = 256;

export interface WordContent {
	readonly lengths: ArrayLike<number>;
	/** Ascending terms, each with ascending documents; looked at before the next is asked for. */
	readonly terms: Iterable<readonly [term: string, WordPostings]>;
}

/** @param documents By document. */
export function encodeDocumentWords(documents: readonly DocumentWords[]): Buffer {
	const byTerm = new Map<string, number>();
	const counts: number[] = [];
	/** Terms of other names by the numbers here, and one: looked up once for all documents. */
	const known = new Map<readonly string[], Uint32Array>();
	const numbersOf = (names: readonly string[]): Uint32Array => {
		const numbers = known.get(names) ?? new Uint32Array(names.length);
		known.set(names, numbers);
		return numbers;
	};
	let length = 0;
	for (const { names, terms } of documents) {
		const numbers = numbersOf(names);
		length += terms.length;
		for (const term of terms) {
			let number = numbers[term] as number;
			if (number === 0) {
				const name = names[term] ?? '';
				number = byTerm.get(name) ?? counts.push(0);
				byTerm.set(name, number);
				numbers[term] = number;
			}
			counts[number - 1] = (counts[number - 1] as number) + 1;
		}
	}
	const places = new Uint32Array(counts.length);
	for (let number = 1; number < counts.length; number++) {
		places[number] = (places[number - 1] ?? 0) + (counts[number - 1] ?? 0);
	}
	const docs = new Uint32Array(length);
	const weights = new Uint32Array(length);
	for (const [doc, words] of documents.entries()) {
		const numbers = numbersOf(words.names);
		for (let at = 0; at < words.terms.length; at++) {
			const number = (numbers[words.terms[at] as number] as number) - 1;
			const place = places[number] as number;
			docs[place] = doc;
			weights[place] = words.weights[at] as number;
			places[number] = place + 1;
		}
	}
	function* terms(): Iterable<readonly [string, WordPostings]> {
		for (const term of [...byTerm.keys()].sort()) {
			const number = (byTerm.get(term) ?? 1) - 1;
			const to = places[number] ?? 0;
			const from = to - (counts[number] ?? 0);
			yield [term, { docs: docs.subarray(from, to), weights: weights.subarray(from, to) }];
		}
	}
	return encodeWords({ lengths: documents.map((words) => words.length), terms: terms() });
}

export function encodeWords({ lengths, terms }: WordContent): Buffer {
	const sizes = createByteWriter();
	for (let doc = 0; doc < lengths.length; doc++) sizes.push(lengths[doc] ?? 0);
	const numbers = createByteWriter();
	const lists = createByteWriter(64 * 1024);
	const firsts: string[] = [];
	const groups: number[] = [];
	const names: Buffer[] = [];
	let named = 0;
	let group: string[] = [];
	let count = 0;
	const endGroup = (): void => {
		if (group.length === 0) return;
		const text = Buffer.from(`${group.join('\n')}\n`);
		names.push(text);
		named += text.length;
		group = [];
	};
	for (const [term, { docs, weights }] of terms) {
		if (group.length === GROUP_TERMS) endGroup();
		if (group.length === 0) {
			firsts.push(term);
			groups.push(named, numbers.length, lists.length);
		}
		group.push(term);
		count++;
		const start = lists.length;
		let last = 0;
		for (let at = 0; at < docs.length; at++) {
			const doc = docs[at] ?? 0;
			lists.push(doc - last);
			lists.push(weights[at] ?? 1);
			last = doc;
		}
		numbers.push(docs.length);
		numbers.push(lists.length - start);
	}
	endGroup();
	groups.push(named, numbers.length, lists.length);

	const places = Buffer.alloc(groups.length * 4);
	for (const [index, place] of groups.entries()) places.writeUInt32LE(place, index * 4);
	const begins = Buffer.from(firsts.map((first) => `${first}\n`).join(''));
	const map = Buffer.concat([sizes.view(), places, begins]);
	const head = Buffer.alloc(HEAD);
	const fields = [
		...[lengths.length, count, firsts.length, sizes.length],
		...[begins.length, named, numbers.length],
	];
	for (const [index, field] of fields.entries()) head.writeUInt32LE(field, index * 4);
	head.writeUInt32LE(crc32(map, crc32(head.subarray(0, HEAD - 4))), HEAD - 4);
	return Buffer.concat([head, map, ...names, numbers.view(), lists.view()]);
}

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
