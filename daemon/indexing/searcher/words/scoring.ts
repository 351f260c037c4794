/** Which documents have what is asked, and how well: bm25 over all segments of an index at once. */
import type { SegmentWords, WordPostings } from '../../segments/words.ts';
import type { WordQuery } from '../../words/query.ts';

type Leaf = Extract<WordQuery, { readonly share: number }>;

/** What one segment says of a query; everything is read. */
export interface Answers {
	readonly documents: number;
	readonly lengths: Uint32Array;
	/** By leaf of the query; documents in no order. */
	readonly leaves: readonly WordPostings[];
}

export interface Scored {
	/** Which of the answers it is of. */
	readonly source: number;
	readonly doc: number;
	readonly score: number;
}

/** bm25's usual constants. */
const SATURATION = 1.2;
const BY_LENGTH = 0.75;
/** Of terms that begin alike, in one segment: more of them say little, and take time. */
const TERMS_READ = 5000;

function leavesOf(query: WordQuery): Leaf[] {
	if ('of' in query) return query.of.flatMap(leavesOf);
	return [query];
}

/** @throws SegmentDamage */
export function answersOf(words: SegmentWords, query: WordQuery): Answers {
	const leaves = leavesOf(query).map((leaf) => {
		if (leaf.kind === 'beginning') {
			return together(words.documents, words.beginning(leaf.prefix, TERMS_READ));
		}
		const lists = leaf.terms.flatMap((term) => words.postings(term) ?? []);
		return together(words.documents, lists);
	});
	return { documents: words.documents, lengths: words.lengths, leaves };
}

const NOTHING: WordPostings = { docs: [], weights: [] };

/** Several terms as if they were one. */
function together(documents: number, lists: Iterable<WordPostings>): WordPostings {
	let first: WordPostings | undefined;
	let sums: Uint32Array | undefined;
	const docs: number[] = [];
	const add = ({ docs: having, weights }: WordPostings, to: Uint32Array): void => {
		for (let at = 0; at < having.length; at++) {
			const doc = having[at] ?? 0;
			if (to[doc] === 0) docs.push(doc);
			to[doc] = (to[doc] ?? 0) + (weights[at] ?? 0);
		}
	};
	for (const list of lists) {
		if (first === undefined) {
			first = list;
			continue;
		}
		if (sums === undefined) {
			sums = new Uint32Array(documents);
			add(first, sums);
		}
		add(list, sums);
	}
	if (sums === undefined) return first ?? NOTHING;
	const weights = new Uint32Array(docs.length);
	for (let at = 0; at < docs.length; at++) weights[at] = sums[docs[at] ?? 0] ?? 0;
	return { docs, weights };
}

/** Best first; of equals the first. Ends when nobody asks for more. */
export function* bestFirst(query: WordQuery, answers: readonly Answers[]): Iterable<Scored> {
	const leaves = leavesOf(query);
	const documents = answers.reduce((sum, answer) => sum + answer.documents, 0);
	let terms = 0;
	for (const { lengths } of answers) for (const length of lengths) terms += length;
	const average = Math.max(1, terms / Math.max(1, documents));
	const worth = leaves.map(({ share }, leaf) => {
		const having = answers.reduce((sum, of) => sum + (of.leaves[leaf]?.docs.length ?? 0), 0);
		return share * Math.log(1 + (documents - having + 0.5) / (having + 0.5));
	});

	const sources: number[] = [];
	const docs: number[] = [];
	const scores: number[] = [];
	for (const [source, answer] of answers.entries()) {
		const sums = new Float64Array(answer.documents);
		for (const [leaf, postings] of answer.leaves.entries()) {
			addScores(sums, postings, answer.lengths, worth[leaf] ?? 0, average);
		}
		const matching = matchesOf(query, answer);
		for (let doc = 0; doc < matching.length; doc++) {
			if (matching[doc] === 0) continue;
			sources.push(source);
			docs.push(doc);
			scores.push(sums[doc] ?? 0);
		}
	}
	for (const at of inOrder(scores)) {
		yield { source: sources[at] ?? 0, doc: docs[at] ?? 0, score: scores[at] ?? 0 };
	}
}

function addScores(
	sums: Float64Array,
	{ docs, weights }: WordPostings,
	lengths: Uint32Array,
	worth: number,
	average: number,
): void {
	for (let at = 0; at < docs.length; at++) {
		const doc = docs[at] ?? 0;
		const weight = weights[at] ?? 0;
		const damped = 1 - BY_LENGTH + (BY_LENGTH * (lengths[doc] ?? 0)) / average;
		sums[doc] =
			(sums[doc] ?? 0) + (worth * weight * (SATURATION + 1)) / (weight + SATURATION * damped);
	}
}

/** By document, 1 where it has what it must. */
function matchesOf(query: WordQuery, { documents, leaves }: Answers): Uint8Array {
	let next = 0;
	const look = (part: WordQuery): Uint8Array => {
		if (!('of' in part)) {
			const having = new Uint8Array(documents);
			const { docs } = leaves[next++] ?? NOTHING;
			for (let at = 0; at < docs.length; at++) having[docs[at] ?? 0] = 1;
			return having;
		}
		const [first = new Uint8Array(documents), ...others] = part.of.map(look);
		for (const other of others) {
			const isEnough = part.kind === 'any';
			for (let at = 0; at < documents; at++) {
				const one = first[at] ?? 0;
				const two = other[at] ?? 0;
				first[at] = isEnough ? one | two : one & two;
			}
		}
		return first;
	};
	return look(query);
}

/** Places of `scores`, the highest first, by a heap: mostly only the first few hundred are wanted. */
function* inOrder(scores: readonly number[]): Iterable<number> {
	const heap = Uint32Array.from(scores, (_, at) => at);
	let size = heap.length;
	const isBefore = (a: number, b: number): boolean => {
		const difference = (scores[a] ?? 0) - (scores[b] ?? 0);
		return difference > 0 || (difference === 0 && a < b);
	};
	const sink = (from: number): void => {
		const moving = heap[from] ?? 0;
		let at = from;
		for (;;) {
			let child = 2 * at + 1;
			if (child >= size) break;
			if (child + 1 < size && isBefore(heap[child + 1] ?? 0, heap[child] ?? 0)) child++;
			if (!isBefore(heap[child] ?? 0, moving)) break;
			heap[at] = heap[child] ?? 0;
			at = child;
		}
		heap[at] = moving;
	};
	for (let at = (size >> 1) - 1; at >= 0; at--) sink(at);
	while (size > 0) {
		yield heap[0] ?? 0;
		size--;
		heap[0] = heap[size] ?? 0;
		if (size > 0) sink(0);
	}
}
