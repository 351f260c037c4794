import type { JobsFilter } from '../jobs/filter/filter.ts';
import type { CommandBody } from './register.ts';

/** Jobs of all folders on this machine, or only those of this window's. */
export function toggleEverywhere(filter: JobsFilter): CommandBody {
	return async () => filter.change({ everywhere: !filter.wish.everywhere });
}
