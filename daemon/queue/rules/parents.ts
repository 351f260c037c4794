/** Whether a job may be a part of another one, as it says. */
import { SemanticaError } from '../../../shared/errors.ts';
import type { JobSpec } from '../../../shared/job.ts';
import { LIMITS } from '../../../shared/jobTerms.ts';
import { STAGE, stateName } from '../store/codes.ts';
import type { JobRow } from '../store/rows.ts';
import type { JobTable } from '../store/statements.ts';
import { stopOfChildren } from './stop.ts';

/** Null where it names none. @throws SemanticaError VALIDATION, by path */
export type FindParent = (spec: JobSpec, index: number) => JobRow | null;

export function createFindParent(table: Pick<JobTable, 'byId' | 'byGeneration'>): FindParent {
	function find(spec: JobSpec, index: number): JobRow | null {
		if (spec.parentId === undefined) return null;
		const path = `jobs[${index}].parentId`;
		const parent = table.byId(spec.parentId);
		if (parent === undefined) {
			throw new SemanticaError('VALIDATION', `The parent job ${spec.parentId} does not exist.`, {
				path,
			});
		}
		if (parent.stage === STAGE.ended || parent.stop_cause !== null || isSwept(parent)) {
			const state = parent.stage === STAGE.ended ? stateName(parent.state) : 'being stopped';
			throw new SemanticaError(
				'VALIDATION',
				`The parent job ${spec.parentId} is ${state}; a child needs a parent that is still open.`,
				{ path },
			);
		}
		if (parent.depth + 1 > LIMITS.parentDepth) {
			throw new SemanticaError(
				'VALIDATION',
				`Jobs may be nested ${LIMITS.parentDepth} deep at most.`,
				{ path },
			);
		}
		if (spec.subject !== undefined) refuseSubjectOf(parent, spec.type, spec.subject, index);
		return parent;
	}

	// Something above it is being stopped, and its own turn comes yet.
	function isSwept({ parent: above }: JobRow): boolean {
		const row = above === null ? undefined : table.byGeneration(above);
		return row !== undefined && (stopOfChildren(row) !== undefined || isSwept(row));
	}

	// Whoever waits for its parts keeps its subject, so such a part would wait for it, and it for the part.
	function refuseSubjectOf(parent: JobRow, type: string, subject: string, index: number): void {
		let row: JobRow | undefined = parent;
		while (row !== undefined) {
			if (row.type === type && row.subject === subject) {
				throw new SemanticaError(
					'VALIDATION',
					`The subject "${subject}" belongs to job ${row.id}, which this job would be a part of: ` +
						'each would wait for the other. Give the part a subject of its own.',
					{ path: `jobs[${index}].subject` },
				);
			}
			row = row.parent === null ? undefined : table.byGeneration(row.parent);
		}
	}

	return find;
}
