/**
 * Keeps the garbage of large payloads from piling up. Buffers live outside V8's heap, and V8 lets about
 * 64 MB of dead ones gather before it looks; a minor collection, a millisecond or so, frees them at once.
 */
import { collectGarbage, whenQuiet } from '../native/collect.ts';

/** So much may be dead before it is collected. */
const MINOR_EVERY_BYTES = 8 * 1024 * 1024;

/** After this long without much to do a load counts as over. */
const QUIET_MS = 2000;

let dead = 0;
let awaited = false;

/** Says that so many bytes of buffers were used and are needed no more. */
export function discarded(bytes: number): void {
	dead += bytes;
	if (dead < MINOR_EVERY_BYTES) return;
	dead = 0;
	collectGarbage({ type: 'minor' });
	if (awaited) return;
	awaited = true;
	// What grew for the load goes back to the system once the load is over, whatever it consists of.
	whenQuiet(QUIET_MS, () => {
		awaited = false;
		collectGarbage({ type: 'major' });
	});
}
