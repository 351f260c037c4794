/** One order of what several ways of searching found, by the places in which each has it. */
import type { Hit } from '../../../shared/protocol/indexing.ts';

/** How little the first places count before the next ones: the usual number. */
const K = 60;

const placeOf = ({ workspace, path }: Hit): string => `${workspace} ${path}`;

/**
 * By reciprocal rank. Each list has a file once; one that several have is shown as the first of them shows it, and
 * where two are as good, the earlier list is first.
 */
export function fuse(lists: readonly (readonly Hit[])[]): Hit[] {
	const files = new Map<string, Hit>();
	for (const list of lists) {
		for (const [place, hit] of list.entries()) {
			const known = files.get(placeOf(hit));
			const score = 1 / (K + place + 1);
			files.set(
				placeOf(hit),
				known === undefined ? { ...hit, score } : { ...known, score: known.score + score },
			);
		}
	}
	return [...files.values()].sort((a, b) => b.score - a.score);
}
