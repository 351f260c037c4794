/**
 * From a file's text and path to its terms. A term of the text counts as the square root of how often it is there:
 * asked 500 doc comments of a 2,700-file project, that put the right file among the first ten in 72 of 100 cases; all
 * repetitions did in 66, the logarithm in 69, and no repetition in 65.
 */
import type { DocumentWords } from '../segments/words.ts';
import { termsOf, WORD_LENGTH, wordsOf } from './identifiers.ts';

/** Raised when the same text would give other terms: files indexed before are then read again. */
export const WORDS_VERSION = 4;

/** What a byte makes of the word it is in; the kinds of all bytes of a word are or-ed. */
const SEPARATOR = 0;
const PLAIN = 1;
/** Capitals and underscores: there may be parts. */
const DIVIDING = 2;
const NOT_ASCII = 4;
const BYTE_KINDS = Uint8Array.from({ length: 256 }, (_, byte) => {
	if (byte >= 0x80) return NOT_ASCII;
	const char = String.fromCharCode(byte);
	if (/[a-z0-9]/.test(char)) return PLAIN;
	return /[A-Z_]/.test(char) ? DIVIDING : SEPARATOR;
});

/**
 * A file's name says more about it than any one of its words. Of 200 files asked for by name, 70 of 100 came first with
 * this weight, 46 with none.
 */
const PATH_WEIGHT = 10;

const FIRST_SLOTS = 1 << 14;
const WORDS_KEPT = 200_000;
/** Runs beyond ASCII that are longer are sentences: they do not come again. */
const RUN_KEPT = 64;

/** Words that were met: what each falls into, and how often the current text has it. */
interface Vocabulary {
	/** By term. */
	readonly names: string[];
	readonly numbers: Map<string, number>;
	/** By slot: 1 + the number of a word, or 0. */
	slots: Int32Array;
	/** By word. */
	hashes: Int32Array;
	counts: Uint32Array;
	/** By word and one beyond: where its bytes and its terms begin. */
	readonly starts: number[];
	readonly firstTerms: number[];
	bytes: Uint8Array;
	readonly terms: number[];
}

const emptyVocabulary = (): Vocabulary => ({
	names: [],
	numbers: new Map(),
	slots: new Int32Array(FIRST_SLOTS),
	hashes: new Int32Array(FIRST_SLOTS / 2),
	counts: new Uint32Array(FIRST_SLOTS / 2),
	starts: [0],
	firstTerms: [0],
	bytes: new Uint8Array(FIRST_SLOTS * 8),
	terms: [],
});

/**
 * Counts terms of UTF-8 texts. Words repeat from file to file, so each is cut into terms once and
 * then found again by its bytes, without making a string of it: several times faster than a
 * regular expression.
 */
export class TermCounter {
	#known = emptyVocabulary();
	/** By term: within the current text, and its path. */
	#inText = new Uint32Array(FIRST_SLOTS);
	#inPath = new Uint32Array(FIRST_SLOTS);
	/** Words of the current text; terms of words that are not kept. */
	readonly #seen: number[] = [];
	readonly #passing: number[] = [];

	/** @param path As text: see `searchablePath`. */
	documentOf(text: Buffer, path: string): DocumentWords {
		if (this.#known.starts.length > WORDS_KEPT) this.#known = emptyVocabulary();
		const counted: number[] = [];
		this.#countWords(Buffer.from(path));
		this.#flush(counted);
		for (const term of counted) {
			this.#inPath[term] = this.#inText[term] as number;
			this.#inText[term] = 0;
		}
		this.#countWords(text);
		this.#flush(counted);
		const terms = Uint32Array.from(counted);
		const weights = new Uint32Array(counted.length);
		let length = 0;
		for (let at = 0; at < terms.length; at++) {
			const term = terms[at] as number;
			const inText = Math.round(Math.sqrt(this.#inText[term] as number));
			const inPath = Math.round(Math.sqrt(this.#inPath[term] as number));
			weights[at] = inText + PATH_WEIGHT * inPath;
			length += inText + inPath;
			this.#inText[term] = 0;
			this.#inPath[term] = 0;
		}
		return { names: this.#known.names, terms, weights, length };
	}

	/** From words to terms; those that are new are added to `counted`. */
	#flush(counted: number[]): void {
		const { names, counts, firstTerms, terms } = this.#known;
		if (names.length > this.#inText.length) {
			this.#inText = enlarged(this.#inText, names.length * 2);
			this.#inPath = enlarged(this.#inPath, names.length * 2);
		}
		const add = (term: number, count: number): void => {
			if (this.#inText[term] === 0 && this.#inPath[term] === 0) counted.push(term);
			this.#inText[term] = (this.#inText[term] as number) + count;
		};
		for (const word of this.#seen) {
			const to = firstTerms[word + 1] ?? 0;
			for (let at = firstTerms[word] ?? 0; at < to; at++) add(terms[at] ?? 0, counts[word] ?? 0);
			counts[word] = 0;
		}
		for (const term of this.#passing) add(term, 1);
		this.#seen.length = 0;
		this.#passing.length = 0;
	}

	#countWords(text: Buffer): void {
		let start = -1;
		let hash = 0;
		let kinds = 0;
		for (let at = 0; at <= text.length; at++) {
			// Reading past the end would cost more than asking first.
			const byte = at < text.length ? (text[at] as number) : 0;
			const kind = BYTE_KINDS[byte] as number;
			if (kind !== SEPARATOR) {
				if (start === -1) start = at;
				hash = (Math.imul(hash, 31) + byte) | 0;
				kinds |= kind;
			} else if (start !== -1) {
				const isAscii = kinds < NOT_ASCII;
				if (at - start <= (isAscii ? WORD_LENGTH : RUN_KEPT)) {
					const word = this.#find(text, start, at, hash, kinds);
					const { counts } = this.#known;
					const count = counts[word] as number;
					if (count === 0) this.#seen.push(word);
					counts[word] = count + 1;
				} else if (!isAscii) {
					for (const term of this.#termsOfRun(text.toString('utf8', start, at))) {
						this.#passing.push(term);
					}
				}
				start = -1;
				hash = 0;
				kinds = 0;
			}
		}
	}

	#find(text: Buffer, start: number, end: number, hash: number, kinds: number): number {
		const { slots, hashes, starts, bytes } = this.#known;
		const mask = slots.length - 1;
		// The upper bits are the better ones.
		for (let slot = (hash ^ (hash >>> 15)) & mask; ; slot = (slot + 1) & mask) {
			const word = (slots[slot] as number) - 1;
			if (word === -1) {
				slots[slot] = starts.length;
				return this.#add(text, start, end, hash, kinds);
			}
			if (hashes[word] !== hash) continue;
			let place = starts[word] as number;
			if ((starts[word + 1] as number) - place !== end - start) continue;
			let at = start;
			while (at < end && text[at] === bytes[place]) {
				at++;
				place++;
			}
			if (at === end) return word;
		}
	}

	#add(text: Buffer, start: number, end: number, hash: number, kinds: number): number {
		const known = this.#known;
		const word = known.starts.length - 1;
		const place = known.starts[word] as number;
		if (place + end - start > known.bytes.length) {
			known.bytes = enlarged(known.bytes, known.bytes.length * 2);
		}
		text.copy(known.bytes, place, start, end);
		known.starts.push(place + end - start);
		known.hashes[word] = hash;
		if (kinds >= NOT_ASCII) {
			for (const term of this.#termsOfRun(text.toString('utf8', start, end)))
				known.terms.push(term);
		} else {
			const name = text.toString('latin1', start, end);
			if (kinds === PLAIN) known.terms.push(this.#numberOf(name));
			else for (const term of termsOf(name)) known.terms.push(this.#numberOf(term));
		}
		known.firstTerms.push(known.terms.length);
		if (known.starts.length * 2 > known.slots.length) grow(known);
		return word;
	}

	/** A run with characters beyond ASCII, some of which may still separate words. As queries are: decomposed, an accent would make another word. */
	#termsOfRun(run: string): number[] {
		return wordsOf(run.normalize('NFC'))
			.flatMap(termsOf)
			.map((term) => this.#numberOf(term));
	}

	#numberOf(term: string): number {
		const { names, numbers } = this.#known;
		let number = numbers.get(term);
		if (number === undefined) {
			number = names.length;
			names.push(term);
			numbers.set(term, number);
		}
		return number;
	}
}

function grow(known: Vocabulary): void {
	const size = known.slots.length * 2;
	const slots = new Int32Array(size);
	for (let word = 0; word < known.starts.length - 1; word++) {
		const hash = known.hashes[word] as number;
		let slot = (hash ^ (hash >>> 15)) & (size - 1);
		while (slots[slot] !== 0) slot = (slot + 1) & (size - 1);
		slots[slot] = word + 1;
	}
	known.slots = slots;
	known.hashes = enlarged(known.hashes, size / 2);
	known.counts = enlarged(known.counts, size / 2);
}

function enlarged<T extends Int32Array | Uint32Array | Uint8Array>(array: T, length: number): T {
	const larger = new (array.constructor as new (length: number) => T)(length);
	larger.set(array);
	return larger;
}
