/** At most `limit` pieces of work at a time; the others wait in line. */
export type Slots = <T>(work: () => Promise<T>) => Promise<T>;

export function createSlots(limit: number): Slots {
	const waiting: (() => void)[] = [];
	let taken = 0;
	return async (work) => {
		// A slot that is handed on never becomes free in between.
		if (taken >= limit) await new Promise<void>((resolve) => waiting.push(resolve));
		else taken++;
		try {
			return await work();
		} finally {
			const next = waiting.shift();
			if (next === undefined) taken--;
			else next();
		}
	};
}
