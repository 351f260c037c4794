/** Jobs that those of one request name: a thousand may name the same hundred. */
import type { JobRow } from '../store/rows.ts';
import type { JobTable } from '../store/statements.ts';
import type { NamedJobs } from './conditionsOf.ts';

export interface KnownJobs extends NamedJobs {
	/** Some job is another now. */
	forget(): void;
}

/** @param earlier Ids of those of the request that are made. */
export function createKnownJobs(
	table: Pick<JobTable, 'byId'>,
	earlier: readonly string[],
): KnownJobs {
	const known = new Map<string, JobRow>();
	return {
		earlier,
		forget: () => known.clear(),
		byId(id) {
			const row = known.get(id) ?? table.byId(id);
			if (row !== undefined) known.set(id, row);
			return row;
		},
	};
}
