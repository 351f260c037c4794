/** V8's collector on demand. */
import { performance } from 'node:perf_hooks';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

export interface Collection {
	/** Minor: what became garbage just now, in a millisecond or so. Major: everything. */
	readonly type: 'minor' | 'major';
	/** Last resort: memory that is kept for what may come goes back to the system too. */
	readonly flavor?: 'last-resort';
}

type Gc = (options: Collection & { execution: 'sync' }) => void;

setFlagsFromString('--expose-gc');
const gc = runInNewContext('gc') as Gc;

export function collectGarbage(collection: Collection): void {
	gc({ ...collection, execution: 'sync' });
}

/** Of its time a daemon that nobody waits for is at work. */
const QUIET_SHARE = 0.05;

/** Calls back once, when the event loop has next to nothing to do: a major collection takes some 30 ms. */
export function whenQuiet(lookAfterMs: number, callback: () => void): void {
	const begun = performance.eventLoopUtilization();
	setTimeout(() => {
		if (performance.eventLoopUtilization(begun).utilization < QUIET_SHARE) callback();
		else whenQuiet(lookAfterMs, callback);
	}, lookAfterMs).unref();
}
