/** What becomes of a job's conditions on others (docs/design.md section 3): what holds, and what cannot any more. */
import { SemanticaError } from '../../../shared/errors.ts';
import type { JobSpec } from '../../../shared/job.ts';
import type { AfterInput } from '../../../shared/jobFields.ts';
import { STAGE, STATE } from '../store/codes.ts';
import {
	type Dependency,
	type DependencyTable,
	NEEDS,
	type NewDependency,
} from '../store/dependencies.ts';
import type { JobRow } from '../store/rows.ts';
import { type JobTable, noSuchJob } from '../store/statements.ts';
import { readinessOf } from './readiness.ts';

/** So many jobs are looked at to learn whether a new one waits for what it would replace. */
const MOST_LOOKED_AT = 10_000;

type Waiter = Pick<JobRow, 'parent'>;

export interface ConditionsOf {
	/**
	 * As a specification has them, at `jobs[index]`.
	 * @throws SemanticaError NOT_FOUND or VALIDATION by path
	 */
	written(spec: JobSpec, index: number, named: NamedJobs, parent: JobRow | null): NewDependency[];
	/**
	 * Of the successor of a job: what held still holds, what could not hold is asked of the retry of its target.
	 * @throws SemanticaError CONFLICT, naming what must be retried first
	 */
	again(row: JobRow): NewDependency[];
	/** As it is now, perhaps of the job that took the place of its target. */
	judge(condition: Dependency, waiter: Waiter): NewDependency;
	/** @throws SemanticaError CONFLICT when what is to be replaced is waited for, directly or not */
	refuseReplacing(
		conditions: readonly NewDependency[],
		replaced: readonly JobRow[],
		index: number,
	): void;
}

/** The jobs that those of one request may name. */
export interface NamedJobs {
	/** Of the jobs that stand before it in the request. */
	readonly earlier: readonly string[];
	byId(id: string): JobRow | undefined;
}

/** How many of them do not hold, or not yet. */
export function openAmong(conditions: readonly NewDependency[]): number {
	return conditions.filter(({ holds }) => holds !== 1).length;
}

/** Why a job with these conditions cannot run any more; undefined where it can. */
export function dependencyError(conditions: readonly NewDependency[]) {
	const cause = conditions.find(({ holds }) => holds === 0)?.cause;
	return cause === undefined || cause === null
		? undefined
		: { code: 'DEPENDENCY', message: `${cause}, and this job was to run only after that.` };
}

export const nameOf = ({ title, id }: Pick<JobRow, 'title' | 'id'>) => `«${title}» (${id})`;

export function createConditionsOf(table: JobTable, conditions: DependencyTable): ConditionsOf {
	function judge(
		target: JobRow,
		needs: number,
		mayStandForIt: (row: JobRow) => boolean,
	): NewDependency {
		let row = target;
		const verdict = (holds: number | null, cause: string | null = null): NewDependency => {
			return { target: row.generation, target_id: row.id, needs, holds, cause };
		};
		for (;;) {
			const readiness = needs === NEEDS.ready ? readinessOf(row) : undefined;
			if (readiness === 'ready') return verdict(1);
			if (readiness === 'never') return verdict(0, `${nameOf(row)} is never ready`);
			const isOver = row.stage === STAGE.ended || readiness === 'missed';
			if (!isOver) return verdict(null);
			const met = needs === NEEDS.succeeded && row.state === STATE.succeeded;
			if (needs === NEEDS.ended || met) return verdict(1);
			// Who is superseded hands its waiters to its successor.
			const next =
				row.state === STATE.superseded && row.replaced_by !== null
					? table.byGeneration(row.replaced_by)
					: undefined;
			if (next === undefined || !mayStandForIt(next)) return verdict(0, causeOf(row, needs));
			row = next;
		}
	}

	/** How it ended; of one that ended because of another, how that did. */
	function causeOf(row: JobRow, needs: number): string {
		const behind =
			row.stop_reason === 'dependency'
				? conditions.of(row.generation).find(({ holds }) => holds === 0)?.cause
				: undefined;
		if (behind === undefined || behind === null) {
			const how = HOW_ENDED[row.state] ?? 'ended';
			return `${nameOf(row)} ${how}${needs === NEEDS.ready ? ' before it was ready' : ''}`;
		}
		const [first = behind] = behind.split(BECAUSE);
		return `${first}${BECAUSE}${nameOf(row)} could not run`;
	}

	return {
		written: (spec, index, named, parent) =>
			(spec.after ?? []).map((one, n) => {
				const path = `jobs[${index}].after[${n}]`;
				const target = targetOf(one, path, named);
				const mayName =
					parent === null ||
					target.parent === parent.generation ||
					(one.on === 'ready' && isAbove(target, parent));
				if (!mayName) {
					throw new SemanticaError(
						'VALIDATION',
						'A child waits only for children of the same parent, or until a job above it is ready; ' +
							`${nameOf(target)} is none of ${parent.id}.`,
						{ path },
					);
				}
				if (one.on === 'ready' && readinessOf(target) === 'never') {
					throw new SemanticaError(
						'VALIDATION',
						`${nameOf(target)} has no "ready", so nobody can wait for it to be that.`,
						{ path: `${path}.on` },
					);
				}
				return judge(target, NEEDS[one.on], standsFor({ parent: parent?.generation ?? null }));
			}),
		again: (row) =>
			conditions.of(row.generation).map((condition) => {
				if (condition.holds === 1) return condition;
				let target = table.byId(condition.target_id);
				let last = condition.target_id;
				for (;;) {
					const now = target && judge(target, condition.needs, () => true);
					if (now !== undefined && now.holds !== 0) return now;
					last = now?.target_id ?? last;
					const successor = table.successorOf(last);
					if (successor === undefined) throw notRetried(last);
					target = table.byId(successor);
					last = successor;
				}
			}),
		judge(condition, waiter) {
			const target = table.byGeneration(condition.target);
			if (target !== undefined) return judge(target, condition.needs, standsFor(waiter));
			return { ...condition, holds: 0, cause: `job ${condition.target_id} was removed` };
		},
		refuseReplacing(own, replaced, index) {
			if (replaced.length === 0) return;
			const found = new Set(own.filter(({ holds }) => holds === null).map((one) => one.target));
			const taken = new Map(replaced.map((row) => [row.generation, row]));
			for (const generation of found) {
				const row = taken.get(generation);
				if (row !== undefined) {
					throw new SemanticaError(
						'CONFLICT',
						`This job waits for ${nameOf(row)}, directly or not, and would replace it, since both have the subject ` +
							`"${row.subject}". Give it "supersede": "none", or another subject.`,
						{ path: `jobs[${index}].after`, id: row.id },
					);
				}
				if (found.size > MOST_LOOKED_AT) {
					throw new SemanticaError(
						'CONFLICT',
						`This job waits for more than ${MOST_LOOKED_AT.toLocaleString('en')} others, too many to tell whether what ` +
							'it would replace is among them. Give it "supersede": "none", or another subject.',
						{ path: `jobs[${index}].after` },
					);
				}
				for (const next of conditions.openTargets(generation)) found.add(next);
				const replacedBy = table.byGeneration(generation)?.replaced_by ?? null;
				if (replacedBy !== null) found.add(replacedBy);
			}
		},
	};

	/** It is that job, or that is a part of it. */
	function isAbove(target: JobRow, job: JobRow): boolean {
		if (target.generation === job.generation) return true;
		const parent = job.parent === null ? undefined : table.byGeneration(job.parent);
		return parent !== undefined && isAbove(target, parent);
	}

	function targetOf(
		{ id, index: at }: AfterInput,
		path: string,
		{ earlier, byId }: NamedJobs,
	): JobRow {
		const wanted = id ?? (at === undefined ? undefined : earlier[at]);
		if (wanted === undefined) {
			const before = earlier.length === 0 ? 'none' : `0 to ${earlier.length - 1}`;
			throw new SemanticaError(
				'VALIDATION',
				`A job waits only for jobs that stand before it in the request (index ${before}), not for job ${at}: put that one first.`,
				{ path: `${path}.index` },
			);
		}
		const row = byId(wanted);
		if (row === undefined) throw noSuchJob(wanted, `${path}.${id === undefined ? 'index' : 'id'}`);
		return row;
	}

	function notRetried(id: string): SemanticaError {
		const row = table.byId(id);
		const what = row === undefined ? `job ${id}, which was removed` : nameOf(row);
		const how = row === undefined ? '' : `, which ${HOW_ENDED[row.state] ?? 'was not ready'}`;
		return new SemanticaError(
			'CONFLICT',
			`it was to run only after ${what}${how}: retry that first${row === undefined ? ', or enqueue this job anew' : ''}`,
		);
	}
}

// A child waits for children of the same parent only, whoever supersedes them.
function standsFor({ parent }: Waiter): (row: JobRow) => boolean {
	return (row) => parent === null || row.parent === parent;
}

const BECAUSE = ', so ';

export const HOW_ENDED: Readonly<Record<number, string>> = {
	[STATE.failed]: 'failed',
	[STATE.cancelled]: 'was cancelled',
	[STATE.superseded]: 'was superseded',
	[STATE.expired]: 'expired',
};
