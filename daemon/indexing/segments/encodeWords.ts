/** Writing the words of a segment, as words.ts describes them. */
import { crc32 } from 'node:zlib';
import { createByteWriter } from './bytes.ts';
import { type DocumentWords, HEAD, type WordPostings } from './words.ts';

const GROUP_TERMS = 64;

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
