/** Which of several is given what comes next: whoever has least to do, and the next page to whom had the last one. */

export interface Turns<T> {
	use<R>(work: (one: T) => Promise<R>): Promise<R>;
	/** @param cursor what an earlier answer named as `nextCursor` */
	page<R extends { readonly nextCursor: string | null }>(
		cursor: string | undefined,
		work: (one: T) => Promise<R>,
	): Promise<R>;
}

/** As many searches whose next page may be asked for. */
const REMEMBERED = 16;

export function createTurns<T>(all: readonly T[]): Turns<T> {
	const busy = all.map(() => 0);
	const pages = new Map<string, number>();

	function leastBusy(): number {
		let least = 0;
		for (const [index, count] of busy.entries()) if (count < (busy[least] ?? 0)) least = index;
		return least;
	}

	async function give<R>(index: number, work: (one: T) => Promise<R>): Promise<R> {
		busy[index] = (busy[index] ?? 0) + 1;
		try {
			return await work(all[index] as T);
		} finally {
			busy[index] = (busy[index] ?? 1) - 1;
		}
	}

	return {
		use: (work) => give(leastBusy(), work),
		async page(cursor, work) {
			const had = cursor === undefined ? undefined : pages.get(cursor);
			// What another one has to find anew is still sooner there than behind a long search.
			const index = had !== undefined && busy[had] === 0 ? had : leastBusy();
			const answer = await give(index, work);
			const { nextCursor } = answer;
			if (nextCursor !== null) {
				pages.delete(nextCursor);
				pages.set(nextCursor, index);
				const [oldest] = pages.keys();
				if (pages.size > REMEMBERED && oldest !== undefined) pages.delete(oldest);
			}
			return answer;
		},
	};
}
