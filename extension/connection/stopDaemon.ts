/** A daemon that a person has stopped stays away, whichever window asked for that. */
import type { JobStore } from '../jobs/store/store.ts';
import type { Disposable } from '../lifetime.ts';
import type { Link } from './link.ts';

/** By which windows know of it: none of them starts another one unasked. */
export const STOPPED_BY_PERSON = 'stopped from the editor';

export function leaveWhenStopped(
	link: Pick<Link, 'leave'>,
	store: Pick<JobStore, 'draining' | 'onDidChange'>,
): Disposable {
	return store.onDidChange(() => {
		if (store.draining?.reason === STOPPED_BY_PERSON) link.leave();
	});
}
