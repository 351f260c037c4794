/**
 * The symbols of a segment: its names in order, each once, and where each is defined.
 *
 * counts   of the names, of the bytes of their text (32 bits each)
 * names    UTF-8, NFC, ascending, each with a line feed behind it
 * offsets  32 bits of each name: where its places begin
 * places   of each definition: documents beyond the one before; the line, in another document from its beginning,
 *          else beyond the one before; column; kind; 1 + the number of what it is a part of, or 0
 */
import { crc32 } from 'node:zlib';
import { SYMBOL_KINDS, type SymbolKind } from '../symbols/symbol.ts';
import { createByteWriter, readNumbers, SegmentDamage } from './bytes.ts';

export interface PlacedSymbol {
	readonly name: string;
	readonly kind: SymbolKind;
	/** What it is a part of; '' for none. */
	readonly container: string;
	/** 1-based. */
	readonly line: number;
	/** 1-based, UTF-16 units. */
	readonly column: number;
}

export interface Definition extends PlacedSymbol {
	readonly doc: number;
}

export interface SegmentSymbols {
	/** Each with a line feed behind it. */
	readonly names: string;
	/** Which name stands at a place of `names`. */
	numberAt(place: number): number;
	name(number: number): string;
	/** Where a name is defined, by document and line; none where others only are parts of it. */
	definitions(number: number): Definition[];
	/** For merging and comparing: of each of so many documents, in the order in which they stand. */
	byDocument(documents: number): PlacedSymbol[][];
}

const HEAD = 8;
const KIND_NUMBERS = new Map(SYMBOL_KINDS.map((kind, number) => [kind, number]));

/** By document; empty without any. */
export function encodeSymbols(documents: readonly (readonly PlacedSymbol[])[]): Buffer {
	const places = new Map<string, Definition[]>();
	const placesOf = (name: string): Definition[] => {
		const known = places.get(name) ?? [];
		if (known.length === 0) places.set(name, known);
		return known;
	};
	for (const [doc, symbols] of documents.entries()) {
		for (const symbol of symbols) {
			const name = clean(symbol.name);
			const container = clean(symbol.container);
			if (name === '') continue;
			if (container !== '') placesOf(container);
			placesOf(name).push({ ...symbol, name, container, doc });
		}
	}
	if (places.size === 0) return Buffer.alloc(0);
	const names = [...places.keys()].sort();
	const numbers = new Map(names.map((name, number) => [name, number]));
	const text = Buffer.from(`${names.join('\n')}\n`);
	const offsets = Buffer.alloc(names.length * 4);
	const lists = createByteWriter();
	for (const [number, name] of names.entries()) {
		offsets.writeUInt32LE(lists.length, number * 4);
		let lastDoc = 0;
		let lastLine = 0;
		for (const { doc, line, column, kind, container } of places.get(name) ?? []) {
			if (doc !== lastDoc) lastLine = 0;
			lists.push(doc - lastDoc);
			lists.push(line - lastLine);
			lists.push(column);
			lists.push(KIND_NUMBERS.get(kind) ?? 0);
			lists.push(container === '' ? 0 : (numbers.get(container) ?? 0) + 1);
			lastDoc = doc;
			lastLine = line;
		}
	}
	const head = Buffer.alloc(HEAD);
	head.writeUInt32LE(names.length, 0);
	head.writeUInt32LE(text.length, 4);
	return Buffer.concat([head, text, offsets, lists.view()]);
}

/** Names are lines, and well-formed, or their numbers would not be those of the others. */
const clean = (name: string): string =>
	name
		.replaceAll(/[\r\n]/g, ' ')
		.normalize('NFC')
		.toWellFormed();

/** @throws SegmentDamage */
export function decodeSymbols(bytes: Buffer, sum: number): SegmentSymbols {
	if (crc32(bytes) !== sum) throw new SegmentDamage('the checksum of its symbols differs');
	const count = bytes.readUInt32LE(0);
	const offsetsAt = HEAD + bytes.readUInt32LE(4);
	const listsAt = offsetsAt + count * 4;
	const names = bytes.toString('utf8', HEAD, offsetsAt);
	const starts = new Uint32Array(count);
	for (let number = 1; number < count; number++) {
		starts[number] = names.indexOf('\n', starts[number - 1]) + 1;
	}
	const startOf = (number: number): number =>
		number < count ? (starts[number] ?? 0) : names.length;
	const name = (number: number): string => names.slice(startOf(number), startOf(number + 1) - 1);
	function definitions(number: number): Definition[] {
		const from = bytes.readUInt32LE(offsetsAt + number * 4);
		const to =
			number + 1 < count
				? bytes.readUInt32LE(offsetsAt + (number + 1) * 4)
				: bytes.length - listsAt;
		const numbers = readNumbers(bytes.subarray(listsAt + from, listsAt + to));
		const found: Definition[] = [];
		let doc = 0;
		let line = 0;
		for (let at = 0; at + 4 < numbers.length; at += 5) {
			const further = numbers[at] ?? 0;
			if (further > 0) line = 0;
			doc += further;
			line += numbers[at + 1] ?? 0;
			const container = numbers[at + 4] ?? 0;
			found.push({
				name: name(number),
				doc,
				line,
				column: numbers[at + 2] ?? 1,
				kind: SYMBOL_KINDS[numbers[at + 3] ?? 0] ?? 'variable',
				container: container === 0 ? '' : name(container - 1),
			});
		}
		return found;
	}
	return {
		names,
		numberAt(place) {
			let low = 0;
			let high = count - 1;
			while (low < high) {
				const middle = (low + high + 1) >>> 1;
				if ((starts[middle] ?? 0) <= place) low = middle;
				else high = middle - 1;
			}
			return low;
		},
		name,
		definitions,
		byDocument(documents) {
			const found: PlacedSymbol[][] = Array.from({ length: documents }, () => []);
			for (let number = 0; number < count; number++) {
				for (const { doc, ...symbol } of definitions(number)) found[doc]?.push(symbol);
			}
			for (const symbols of found) {
				symbols.sort((a, b) => a.line - b.line || a.column - b.column);
			}
			return found;
		},
	};
}
