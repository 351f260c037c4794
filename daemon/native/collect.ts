/** V8's collector on demand. */
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
