/** A daemon that a person has stopped stays away, wherever that was asked for: no window starts another one unasked. */
import { isStopOfPerson } from '../../shared/stopped.ts';
import type { JobStore } from '../jobs/store/store.ts';
import type { Disposable } from '../lifetime.ts';
import type { Link } from './link.ts';

export function leaveWhenStopped(
	link: Pick<Link, 'leave'>,
	store: Pick<JobStore, 'draining' | 'onDidChange'>,
): Disposable {
	return store.onDidChange(() => {
		if (isStopOfPerson(store.draining?.reason)) link.leave();
	});
}
