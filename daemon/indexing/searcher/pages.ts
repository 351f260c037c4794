/** What the next page of a search goes on with, so that it need not find all candidates again. */

/** Candidates in their order, from the `first` on; `count` is of all. */
export interface Candidates<T> {
	readonly first: number;
	readonly items: readonly T[];
	readonly count: number;
}

export interface Pages<T> {
	/** What was kept for a search, if it has the candidate with that number; it is taken out. */
	take(search: string, number: number): Candidates<T> | undefined;
	/** Keeps some of them, from that number on. */
	keep(search: string, candidates: Candidates<T>, number: number): void;
}

export interface PagesOptions {
	/** The oldest go first. */
	readonly searches?: number;
	/** Candidates of each: a page has 200 hits at the most, and mostly more than one of a file. */
	readonly candidates?: number;
}

export function createPages<T>({
	searches = 4,
	candidates: most = 5000,
}: PagesOptions = {}): Pages<T> {
	const kept = new Map<string, Candidates<T>>();
	return {
		take(search, number) {
			const found = kept.get(search);
			kept.delete(search);
			if (found === undefined) return undefined;
			const at = number - found.first;
			return at >= 0 && at < found.items.length ? found : undefined;
		},
		keep(search, { first, items, count }, number) {
			const at = number - first;
			kept.delete(search);
			kept.set(search, { first: number, items: items.slice(at, at + most), count });
			const [oldest] = kept.keys();
			if (kept.size > searches && oldest !== undefined) kept.delete(oldest);
		},
	};
}
