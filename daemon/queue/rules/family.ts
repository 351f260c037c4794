/**
 * Whose work a run's own token may touch (docs/design.md section 6): what is below its job, and below those that its
 * job is the retry of.
 */
import type { JobRow } from '../store/rows.ts';
import type { JobTable } from '../store/statements.ts';

export type Touchable = (row: Pick<JobRow, 'parent' | 'workspace' | 'spec'>) => boolean;

/** Whoever comes with the data folder's token. */
export const ANYTHING: Touchable = () => true;

/** Retries of retries that are followed. */
const GENERATIONS = 100;

/** @param id Of the job whose run speaks. */
export function familyOf(table: JobTable, id: string): Touchable {
	const heads = new Set<number>();
	let job = table.byId(id);
	while (job !== undefined && heads.size < GENERATIONS) {
		heads.add(job.generation);
		job = job.retry_of === null ? undefined : table.byId(job.retry_of);
	}
	return ({ parent }) => {
		let above = parent;
		while (above !== null) {
			if (heads.has(above)) return true;
			above = table.byGeneration(above)?.parent ?? null;
		}
		return false;
	};
}
