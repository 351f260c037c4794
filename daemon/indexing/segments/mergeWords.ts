/** The words of several segments as those of one. */

import { encodeWords } from './encodeWords.ts';
import type { MergeSource } from './merge.ts';
import type { WordPostings } from './words.ts';

const GONE = 0xffff_ffff;

/** Documents are numbered as `mergeSegments` does. @throws SegmentDamage */
export function mergeWords(sources: readonly MergeSource[]): Buffer {
	const lengths: number[] = [];
	const moved = sources.map(({ reader, keep }) => {
		const words = reader.words();
		const numbers = new Uint32Array(reader.documents).fill(GONE);
		for (const doc of keep) {
			numbers[doc] = lengths.length;
			lengths.push(words.lengths[doc] ?? 0);
		}
		return { numbers, terms: words.all()[Symbol.iterator]() };
	});
	function* terms(): Iterable<readonly [string, WordPostings]> {
		const heads = moved.map((source) => ({ source, next: source.terms.next() }));
		for (;;) {
			let term: string | undefined;
			for (const { next } of heads) {
				if (!next.done && (term === undefined || next.value[0] < term)) term = next.value[0];
			}
			if (term === undefined) return;
			const docs: number[] = [];
			const weights: number[] = [];
			for (const head of heads) {
				if (head.next.done || head.next.value[0] !== term) continue;
				const postings = head.next.value[1];
				for (let at = 0; at < postings.docs.length; at++) {
					const doc = head.source.numbers[postings.docs[at] ?? 0] ?? GONE;
					if (doc === GONE) continue;
					docs.push(doc);
					weights.push(postings.weights[at] ?? 1);
				}
				head.next = head.source.terms.next();
			}
			if (docs.length > 0) yield [term, { docs, weights }];
		}
	}
	return encodeWords({ lengths, terms: terms() });
}
