import type { LogViewsOnDemand } from '../logs/onDemand.ts';
import type { CommandBody } from './register.ts';

/** Keeps the log in the active editor at its end. */
export function followLog(views: LogViewsOnDemand): CommandBody {
	return () => views.follow();
}
