import type { LogViewsOnDemand } from '../logs/onDemand.ts';
import type { CommandBody } from './register.ts';

/** Says in the log of the active editor when each line was written, or no more. */
export function toggleLogTimes(views: LogViewsOnDemand): CommandBody {
	return () => views.toggleTimes();
}
