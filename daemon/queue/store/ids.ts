/** Ids of jobs: UUIDv7, growing in the order in which they were made, so that the index on them grows at its end. */
import { randomFillSync } from 'node:crypto';
import { v7 as uuidv7 } from 'uuid';

const RANDOM_BYTES = 16;
/** Asking the system for randomness costs more than all the rest, so it is asked for many ids at once. */
const POOL_BYTES = 256 * RANDOM_BYTES;
const MAX_SEQUENCE = 0x7fff_ffff;

/** `now` in epoch milliseconds; when it stands still or goes back, the ids still grow. */
export function createIdSource(now: () => number): () => string {
	const pool = Buffer.alloc(POOL_BYTES);
	let used = POOL_BYTES;
	let msecs = 0;
	let seq = 0;
	return () => {
		if (used === POOL_BYTES) {
			randomFillSync(pool);
			used = 0;
		}
		const random = pool.subarray(used, used + RANDOM_BYTES);
		used += RANDOM_BYTES;
		const time = now();
		if (time > msecs) {
			msecs = time;
			// Begins anywhere in the lower half: what is left is more than a millisecond can use up.
			seq = random.readUInt32BE(6) & (MAX_SEQUENCE >>> 1);
		} else seq++;
		return uuidv7({ msecs, seq, random });
	};
}
