import type { LogViewsOnDemand } from '../logs/onDemand.ts';
import type { CommandBody } from './register.ts';

/** Leaves the log in the active editor where it is. */
export function unfollowLog(views: LogViewsOnDemand): CommandBody {
	return () => views.unfollow();
}
