/** Jobs, so many at a time as cross in a millisecond or two. */
import type { JobSpec } from '../../../shared/job.ts';

const PIECE_BYTES = 256 * 1024;

export interface Pieces {
	/** At least one, until none is left. */
	next(): readonly JobSpec[];
}

export function createPieces(jobs: readonly JobSpec[], pieceBytes = PIECE_BYTES): Pieces {
	let at = 0;
	return {
		next() {
			const from = at;
			for (let bytes = 0; at < jobs.length; at++) {
				bytes += sizeOf(jobs[at]);
				if (bytes > pieceBytes && at > from) break;
			}
			return jobs.slice(from, at);
		},
	};
}

/** Bytes that stand in shared memory do not cross. */
function sizeOf(job: JobSpec | undefined): number {
	if (job?.payload instanceof Uint8Array) return sizeOf({ ...job, payload: undefined });
	return JSON.stringify(job).length;
}
