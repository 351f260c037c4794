/** A fixed ring of texts by time: what is a day old is written over. */
import type { Sqlite } from '../../sqlite/open.ts';

const SLOTS = 288;
const SLOT_MS = (24 * 3_600_000) / SLOTS;

export interface Ring {
	/** Within the transaction that is open. */
	put(at: number, told: string): void;
	/** When what stands in the slot of this time was put there. */
	putAt(at: number): number | undefined;
	/** Those of the day that ended at `now`, oldest first. */
	lastDay(now: number): string[];
}

/** Times with the same one share a row. */
export const slotOf = (at: number): number => Math.floor(at / SLOT_MS);

export function createRing(db: Sqlite): Ring {
	const put = db.prepare<[number, number, string]>(
		'INSERT OR REPLACE INTO ring (slot, at, told) VALUES (?, ?, ?)',
	);
	const one = db.prepare<[number], number>('SELECT at FROM ring WHERE slot = ?').pluck();
	const all = db.prepare<[], { at: number; told: string }>('SELECT at, told FROM ring');
	return {
		put: (at, told) => void put.run(slotOf(at) % SLOTS, at, told),
		putAt: (at) => one.get(slotOf(at) % SLOTS),
		lastDay: (now) =>
			all
				.all()
				// Of a clock that was set back some are of times to come.
				.filter(({ at }) => at <= now && at > now - SLOTS * SLOT_MS)
				.sort((a, b) => a.at - b.at)
				.map(({ told }) => told),
	};
}
