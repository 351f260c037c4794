/** Who waits for a job that has ended or is ready: what becomes of them, and of them when it is retried by hand. */
import { SemanticaError } from '../../../shared/errors.ts';
import type { Sqlite } from '../../sqlite/open.ts';
import { STAGE, STATE } from '../store/codes.ts';
import type { DependencyTable } from '../store/dependencies.ts';
import type { JobRow } from '../store/rows.ts';
import type { JobTable } from '../store/statements.ts';
import type { Tx } from '../store/tx.ts';
import { type ConditionsOf, dependencyError, openAmong } from './conditionsOf.ts';
import type { Retry } from './retry.ts';
import type { Subjects } from './subjects.ts';
import type { Sweeps } from './sweep.ts';
import type { Transitions } from './transitions.ts';

/** What has become of the job of that generation, and what that means for one that waits for it. */
export type Release = (tx: Tx, waiter: JobRow, target: number) => void;

export function createRelease(
	db: Sqlite,
	conditions: DependencyTable,
	conditionsOf: ConditionsOf,
	subjects: Subjects,
	transitions: Transitions,
): Release {
	const setOpen = db.prepare<[number, number]>(
		'UPDATE jobs SET after_open = ? WHERE generation = ?',
	);
	const setStage = db.prepare<[number, number]>('UPDATE jobs SET stage = ? WHERE generation = ?');

	return (tx, waiter, target) => {
		const all = conditions.of(waiter.generation);
		const decided = all.map((one) => {
			if (one.target !== target || one.holds !== null) return one;
			const now = conditionsOf.judge(one, waiter);
			if (now.holds === null && now.target === target) return one;
			conditions.set(one, now);
			return now;
		});
		if (decided.every((now, n) => now === all[n])) return;
		const open = openAmong(decided);
		setOpen.run(open, waiter.generation);
		tx.changed(waiter.id);
		// What was known is kept for a retry by hand; nothing else becomes of it.
		if (waiter.stage === STAGE.ended || waiter.stage === STAGE.stopping) return;
		const error = dependencyError(decided);
		if (error !== undefined) {
			transitions.end(tx, waiter, STATE.cancelled, { reason: 'dependency', error });
		} else if (open === 0 && waiter.stage === STAGE.dependency) {
			setStage.run(subjects.stageFor(tx, { ...waiter, after_open: 0 }), waiter.generation);
		}
	};
}

/** How many of those that ended because of it are retried in one group. */
const GROUP = 200;

export interface RetriedGroup {
	readonly jobs: { readonly id: string; readonly retryOf: string; readonly generation: number }[];
	/** Go on after this one; undefined: that was all. */
	readonly after: number | undefined;
}

/** Retries a group of those that ended because of a job that was retried, whose generation is given. */
export type RetryWaiters = (tx: Tx, target: number, after: number) => RetriedGroup;

export function createRetryWaiters(
	table: JobTable,
	conditions: DependencyTable,
	sweeps: Pick<Sweeps, 'hasten'>,
	retry: Retry,
): RetryWaiters {
	/** Undefined: something else stands in its way too. */
	function tryRetry(tx: Tx, row: JobRow): string | undefined {
		try {
			return retry(tx, row) ?? undefined;
		} catch (error) {
			if (error instanceof SemanticaError && error.kind === 'CONFLICT') return undefined;
			throw error;
		}
	}

	return (tx, target, after) => {
		// Who waits for it still is to hear of its end first.
		if (sweeps.hasten(tx, target)) return { jobs: [], after };
		const group = conditions.broken(target, after, GROUP);
		const jobs: RetriedGroup['jobs'] = [];
		for (const generation of group) {
			const row = table.byGeneration(generation);
			if (row?.stage !== STAGE.ended || row.stop_reason !== 'dependency') continue;
			// Once is enough.
			if (table.successorOf(row.id) !== undefined) continue;
			const id = tryRetry(tx, row);
			if (id !== undefined) jobs.push({ id, retryOf: row.id, generation });
		}
		return { jobs, after: group.length < GROUP ? undefined : group.at(-1) };
	};
}
