/** How a job ended, told without titles that whoever asks may not see. */
import { HOW_ENDED, nameOf } from '../rules/conditionsOf.ts';
import { type DependencyTable, NEEDS } from '../store/dependencies.ts';
import type { JobRow } from '../store/rows.ts';
import { isInScope, type Scope } from '../store/scope.ts';
import type { JobTable } from '../store/statements.ts';

/** The row as jobs of these folders may be told of it. */
export type WithinScope = (row: JobRow, scope: Scope) => JobRow;

/**
 * What is kept of one that ended because of others names the whole chain of them. A tool is told of the one it waited
 * for itself: by its title where that lies in its folders, else by its id.
 */
export function createWithinScope(
	table: Pick<JobTable, 'byGeneration'>,
	dependencies: Pick<DependencyTable, 'of'>,
): WithinScope {
	function causeOf(row: JobRow, scope: Scope): string {
		const broken = dependencies.of(row.generation).find(({ holds }) => holds === 0);
		if (broken === undefined) return 'a job that it waited for did not end as it was to';
		const target = table.byGeneration(broken.target);
		if (target === undefined) return `job ${broken.target_id} did not end as it was to`;
		const name = isInScope(target, scope) ? nameOf(target) : `job ${target.id}`;
		if (target.stop_reason === 'dependency') return `${name} could not run`;
		if (broken.needs === NEEDS.ready) return `${name} was not ready`;
		return `${name} ${HOW_ENDED[target.state] ?? 'ended'}`;
	}

	return (row, scope) => {
		if (row.stop_reason !== 'dependency') return row;
		const message = `${causeOf(row, scope)}, and this job was to run only after that.`;
		return { ...row, error_message: message };
	};
}
