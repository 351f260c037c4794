/** Why a job does not run, in sentences (docs/design.md section 7). */
import { isFunctionType } from '../../../shared/functionTypes.ts';
import type { Explanation } from '../../../shared/protocol/jobs.ts';
import type { Conditions } from '../ports/conditions.ts';
import type { Workers } from '../ports/workers.ts';
import { capacityNow } from '../rules/capacity.ts';
import { type Claims, UNTHROTTLED_PRIORITY } from '../rules/claims.ts';
import { nameOf } from '../rules/conditionsOf.ts';
import type { PoisonGuard } from '../rules/guard.ts';
import type { Subjects } from '../rules/subjects.ts';
import type { Sweeps } from '../rules/sweep.ts';
import { STAGE, STATE, stateName } from '../store/codes.ts';
import { type DependencyTable, type Need, needOf } from '../store/dependencies.ts';
import type { JobRow } from '../store/rows.ts';
import { isInScope, type Scope } from '../store/scope.ts';
import { describeDuration, standing, summaryOf } from './explanationText.ts';
import { createPlaceReasons, type PlaceDependencies } from './places.ts';

/** So many of the jobs that it waits for are named. */
const NAMED_TARGETS = 3;

const AWAITED: Readonly<Record<Need, string>> = {
	succeeded: 'has succeeded',
	ended: 'has ended',
	ready: 'is ready',
};

/** What keeps every job from starting just now, beside limits and pauses. */
export interface Hindrance {
	readonly kind: 'draining' | 'spread';
	readonly message: string;
	/** Epoch ms. */
	readonly until?: number;
}

export interface ExplainDependencies extends PlaceDependencies {
	readonly claims: Claims;
	readonly guard: PoisonGuard;
	readonly subjects: Subjects;
	readonly dependencies: Pick<DependencyTable, 'of'>;
	readonly sweeps: Pick<Sweeps, 'isAwaited'>;
	readonly conditions: Conditions;
	readonly workers: Workers;
	readonly hindrance: () => Hindrance | undefined;
}

/** With a scope no title of a job outside it is said. */
export type Explain = (row: JobRow, scope?: Scope) => Explanation;

export function createExplain(dependencies: ExplainDependencies): Explain {
	const { table, claims, guard, subjects, classes, sweeps } = dependencies;
	const { conditions, workers, now, running } = dependencies;
	const places = createPlaceReasons(dependencies);

	function reasons(row: JobRow, scope: Scope | undefined): Explanation['reasons'] {
		const since = row.created_at;
		if (row.stage === STAGE.stopping) {
			const message = 'it is being stopped; it ends when its children have';
			return [{ kind: 'stopping', message, since: row.stop_at ?? since }];
		}
		if (sweeps.isAwaited(row)) {
			const message = 'what it is a part of is being stopped or paused, and so is it';
			return [{ kind: 'stopping', message, since }];
		}
		if (row.approval === 1) {
			const message = `waits for a person to approve it: semantica approve ${row.id}`;
			return [{ kind: 'approval', message, since }];
		}
		if (row.stage === STAGE.held) {
			return [{ kind: 'held', message: 'paused; start it again with Resume', since }];
		}
		if (row.stage === STAGE.dependency) return dependencyReasons(row, since, scope);
		if (row.stage === STAGE.delayed) {
			const until = row.run_at;
			const wait = describeDuration(until - now());
			return row.attempt > 0
				? [
						{
							kind: 'backoff',
							message: `waiting ${wait} before attempt ${row.attempt + 1}`,
							since,
							until,
						},
					]
				: [{ kind: 'time', message: `waiting for its start time, in ${wait}`, since, until }];
		}
		if (row.stage === STAGE.subject && row.subject !== null) {
			const owner = subjects.active(row.type, row.subject);
			const message =
				owner === undefined
					? 'waiting for an earlier job of the same subject'
					: `waiting for job ${owner.id}, which works on the same subject`;
			return [{ kind: 'subject', message, since }];
		}
		if (row.stage === STAGE.event) {
			return [{ kind: 'event', message: `waiting for the event "${row.event}"`, since }];
		}
		if (row.run_now === 1)
			return [...workerReasons(row, since), ...places.group(row, since), ...hindrances(since)];
		return [
			...workerReasons(row, since),
			...conditionReasons(row),
			...places.capacity(row, since),
			...places.rate(row.queue, since),
			...places.group(row, since),
			...places.room(row, since),
			...crowdReasons(row, since),
			...guardReasons(row, since),
			...hindrances(since),
		];
	}

	function dependencyReasons(
		row: JobRow,
		since: number,
		scope: Scope | undefined,
	): Explanation['reasons'] {
		const open = dependencies.dependencies.of(row.generation).filter(({ holds }) => holds !== 1);
		const named = open.slice(0, NAMED_TARGETS).map(({ target, target_id, needs }) => {
			const job = table.byGeneration(target);
			const what = AWAITED[needOf(needs)];
			if (scope !== undefined && (job === undefined || !isInScope(job, scope))) {
				const message = `waits until job ${target_id} ${what}, which is not in these folders`;
				return { kind: 'dependency', message, since };
			}
			const name = job === undefined ? `job ${target_id}` : nameOf(job);
			const how = job === undefined ? 'it was removed' : `it is ${stateName(job.state)}`;
			return { kind: 'dependency', message: `waits until ${name} ${what}; ${how}`, since };
		});
		const more = open.length - named.length;
		if (more === 0) return named;
		const message = `waits for ${more} more ${more === 1 ? 'job' : 'jobs'}`;
		return [...named, { kind: 'dependency', message, since }];
	}

	// One that the daemon died with too often is tried alone, and nothing but its parts starts meanwhile.
	function guardReasons(row: JobRow, since: number): Explanation['reasons'] {
		const mayJoin = () =>
			guard.hasWaited(row.generation) ||
			(row.parent !== null && guard.familyOf(guard.onTrial()).has(row.parent));
		if (guard.isSuspect(row) && running() > 0 && !mayJoin()) {
			const message =
				'waiting until nothing else runs, a minute at most: the daemon died while it ran, so it is tried alone';
			return [{ kind: 'alone', message, since }];
		}
		// Asking must not begin to measure how busy the machine is.
		const crowded = () => conditions.crowd() !== undefined;
		const capacity = { ...capacityNow(dependencies, running), crowded };
		const generation = claims.guarded(row, capacity);
		if (generation === undefined || generation === row.generation) return [];
		const id = table.idOf(generation);
		const message = `waiting for job ${id}, which is tried alone for a minute because the daemon died while it ran`;
		return [{ kind: 'alone', message, since }];
	}

	function hindrances(since: number): Explanation['reasons'] {
		const found = dependencies.hindrance();
		return found === undefined ? [] : [{ ...found, since }];
	}

	function conditionReasons(row: JobRow): Explanation['reasons'] {
		const set = classes.setOf(row.class);
		if (set === undefined) return [];
		const waived = row.stage === STAGE.ready ? row.waive_at : null;
		const end = waived === null ? {} : { until: waived };
		return conditions.unmet(set).map(({ kind, message, since }) => ({
			kind,
			message:
				waived === null
					? message
					: `${message}; starts without it in ${describeDuration(waived - now())}`,
			since: Math.max(since, row.created_at),
			...end,
		}));
	}

	function crowdReasons(row: JobRow, since: number): Explanation['reasons'] {
		const crowd = conditions.crowd();
		const bound =
			!isFunctionType(row.type) && row.priority < UNTHROTTLED_PRIORITY && running(row.queue) > 0;
		if (crowd === undefined || !bound) return [];
		return [{ kind: 'cpu', message: `waiting for a less busy machine: ${crowd}`, since }];
	}

	// A job that stepped aside, or was told to go on, does so as soon as it may.
	function goesOnByItself(row: JobRow): Explanation['reasons'] {
		const since = row.started_at ?? row.created_at;
		const waits = [
			...conditionReasons(row),
			...places.capacity(row, since),
			...places.group(row, since),
			...guardReasons(row, since),
			...hindrances(since),
		];
		if (row.yielded !== null) {
			return [{ kind: 'yielded', message: `paused by itself: ${row.yielded}`, since }, ...waits];
		}
		if (waits.length > 0) return waits;
		return [{ kind: 'limit', message: 'waiting for a free slot to go on', since }];
	}

	function workerReasons(row: JobRow, since: number): Explanation['reasons'] {
		const message = isFunctionType(row.type) ? workers.unmet(row.type) : undefined;
		return message === undefined ? [] : [{ kind: 'worker', message, since }];
	}

	return (row, scope) => {
		const explanation = explain(row, scope);
		return { ...explanation, summary: summaryOf(explanation, row.queue) };
	};

	function explain(row: JobRow, scope: Scope | undefined): Explanation {
		if (row.state === STATE.paused && row.held === 0 && row.stop_cause === null) {
			return { runnable: false, reasons: goesOnByItself(row) };
		}
		if (row.state !== STATE.queued) {
			const since = row.finished_at ?? row.started_at ?? row.created_at;
			return { runnable: false, reasons: [{ ...standing(row), since }] };
		}
		const found = reasons(row, scope);
		const position = row.stage === STAGE.ready ? { position: claims.ahead(row) } : {};
		return { runnable: found.length === 0, reasons: found, ...position };
	}
}
