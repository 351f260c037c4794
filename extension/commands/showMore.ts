import type { JobPages } from '../jobs/store/pages.ts';
import { groupOfMore } from './arguments.ts';
import type { CommandBody } from './register.ts';

/** The last row of a group that has more jobs than it shows. */
export function showMore(pages: JobPages): CommandBody {
	return async (node) => {
		const group = groupOfMore(node);
		if (group !== undefined) await pages.more(group);
	};
}
