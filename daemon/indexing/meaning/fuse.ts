/** One order of what several ways of searching found, by the places in which each has it. */
import type { Hit } from '../../../shared/protocol/indexing.ts';

/** How little the first places count before the next ones: the usual number. */
const K = 60;

const placeOf = ({ workspace, path }: Hit): string => `${workspace} ${path}`;

export interface Weighed {
	readonly hits: readonly Hit[];
	/** With 2, its first sixty come before what another list alone has. */
	readonly weight: number;
}

/**
 * By reciprocal rank. Each list has a file once; one that several have is shown as the first of them shows it, and
 * where two are as good, the earlier list is first.
 */
export function fuse(lists: readonly Weighed[]): Hit[] {
	const files = new Map<string, Hit>();
	for (const { hits, weight } of lists) {
		for (const [place, hit] of hits.entries()) {
			const known = files.get(placeOf(hit));
			const score = weight / (K + place + 1);
			files.set(
				placeOf(hit),
				known === undefined ? { ...hit, score } : { ...known, score: known.score + score },
			);
		}
	}
	return [...files.values()].sort((a, b) => b.score - a.score);
}
