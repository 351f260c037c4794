import type { JobsFilter } from '../jobs/filter/filter.ts';
import type { CommandBody } from './register.ts';

/** What was looked for is forgotten; where to look and in what order stays. */
export function clearFilter(filter: JobsFilter): CommandBody {
	return async () => filter.change({ text: '', kinds: [] });
}
