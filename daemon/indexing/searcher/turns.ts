/** Which of several is given what comes next: whoever has least to do, and the next page to whom had the last one. */

export interface Turns<T> {
	next(): T;
	/** @param cursor what an earlier answer named as `nextCursor` */
	page<R extends { readonly nextCursor: string | null }>(
		cursor: string | undefined,
		work: (one: T) => Promise<R>,
	): Promise<R>;
}

/** As many searches whose next page may be asked for. */
const REMEMBERED = 16;

export function createTurns<T extends { readonly open: number }>(all: readonly T[]): Turns<T> {
	const pages = new Map<string, T>();

	const next = (): T => all.reduce((least, one) => (one.open < least.open ? one : least));

	return {
		next,
		async page(cursor, work) {
			const had = cursor === undefined ? undefined : pages.get(cursor);
			// What another one has to find anew is still sooner there than behind a long search.
			const one = had?.open === 0 ? had : next();
			const answer = await work(one);
			const { nextCursor } = answer;
			if (nextCursor !== null) {
				pages.delete(nextCursor);
				pages.set(nextCursor, one);
				const [oldest] = pages.keys();
				if (pages.size > REMEMBERED && oldest !== undefined) pages.delete(oldest);
			}
			return answer;
		},
	};
}
