/** Why a job does not run, in sentences (docs/design.md section 7). */
import { isFunctionType } from '../../../shared/functionTypes.ts';
import type { Explanation } from '../../../shared/protocol/jobs.ts';
import type { Question } from '../../../shared/question.ts';
import { describeRate } from '../../../shared/rate.ts';
import { WAIVED_BY_RUN_NOW } from '../../../shared/waiting.ts';
import type { Conditions } from '../ports/conditions.ts';
import type { Workers } from '../ports/workers.ts';
import { capacityNow, type Occupied } from '../rules/capacity.ts';
import { type Claims, COUNTED_AHEAD, UNTHROTTLED_PRIORITY } from '../rules/claims.ts';
import { nameOf } from '../rules/conditionsOf.ts';
import type { PoisonGuard } from '../rules/guard.ts';
import type { Room } from '../rules/room.ts';
import type { Subjects } from '../rules/subjects.ts';
import type { Sweeps } from '../rules/sweep.ts';
import { STAGE, STATE, stateName } from '../store/codes.ts';
import { type DependencyTable, type Need, needOf } from '../store/dependencies.ts';
import type { Groups } from '../store/groups.ts';
import { EVERYTHING, type Limits } from '../store/limits.ts';
import type { Rates } from '../store/rates.ts';
import { type JobRow, parseJson } from '../store/rows.ts';
import { isInScope, type Scope } from '../store/scope.ts';
import type { JobTable } from '../store/statements.ts';
import { storedSpec } from '../store/storedSpec.ts';
import type { WaitClasses } from '../store/waitClasses.ts';

/** So many of those that have the places of a group are named. */
const NAMED_HOLDERS = 3;
/** So many of the jobs that it waits for are named. */
const NAMED_TARGETS = 3;

/** What keeps every job from starting just now, beside limits and pauses. */
export interface Hindrance {
	readonly kind: 'draining' | 'spread';
	readonly message: string;
	/** Epoch ms. */
	readonly until?: number;
}

export interface ExplainDependencies {
	readonly table: JobTable;
	readonly claims: Claims;
	readonly guard: PoisonGuard;
	readonly limits: Limits;
	readonly groups: Groups;
	readonly rates: Rates;
	readonly room: Room;
	readonly subjects: Subjects;
	readonly dependencies: Pick<DependencyTable, 'of'>;
	readonly classes: WaitClasses;
	readonly sweeps: Pick<Sweeps, 'isAwaited'>;
	readonly conditions: Conditions;
	readonly workers: Workers;
	readonly now: () => number;
	/** Jobs of the queue that hold a slot now; without a name, of all queues. */
	readonly running: Occupied;
	readonly hindrance: () => Hindrance | undefined;
}

/** With a scope no title of a job outside it is said. */
export type Explain = (row: JobRow, scope?: Scope) => Explanation;

export function createExplain(dependencies: ExplainDependencies): Explain {
	const { table, claims, guard, limits, groups, rates, room, subjects, classes, sweeps } =
		dependencies;
	const { conditions, workers, now, running } = dependencies;

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
			return [...workerReasons(row, since), ...groupReasons(row, since), ...hindrances(since)];
		return [
			...workerReasons(row, since),
			...conditionReasons(row),
			...capacityReasons(row, since),
			...rateReasons(row.queue, since),
			...groupReasons(row, since),
			...roomReasons(row, since),
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
			...capacityReasons(row, since),
			...groupReasons(row, since),
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

	function capacityReasons({ queue, type }: JobRow, since: number): Explanation['reasons'] {
		const found: Explanation['reasons'] = [];
		if (limits.of(EVERYTHING).paused) {
			found.push({ kind: 'paused', message: 'everything is paused', since });
		} else if (limits.of(queue).paused) {
			found.push({ kind: 'paused', message: `queue ${queue} is paused`, since });
		}
		const functions = isFunctionType(type);
		// Where nobody set how many, functions are bounded by their workers alone.
		if (functions && !limits.isSet(queue)) return found;
		const used = running(queue) + (limits.isSet(queue) ? running(queue, 'functions') : 0);
		const own = limits.of(queue).concurrency;
		const all = limits.of(EVERYTHING).concurrency;
		if (used >= own) {
			found.push({
				kind: 'limit',
				message: `queue ${queue} runs ${own} at a time and is full`,
				since,
			});
		} else if (!functions && running() >= all) {
			found.push({
				kind: 'limit',
				message: `Semantica runs ${all} jobs at a time and is full`,
				since,
			});
		}
		return found;
	}

	function rateReasons(queue: string, since: number): Explanation['reasons'] {
		const until = rates.tokenAt(queue);
		const rate = rates.of(queue);
		if (until === undefined || rate === null) return [];
		const message = `the rate of queue ${queue}, ${describeRate(rate)}, is used up; the next may start in ${describeDuration(until - now())}`;
		return [{ kind: 'rate', message, since, until }];
	}

	function groupReasons({ group_name: group }: JobRow, since: number): Explanation['reasons'] {
		if (group === '') return [];
		const { limit } = groups.limitOf(group);
		const taken = groups.taken(group);
		if (taken < limit) return [];
		const who = manyNamed(groups.holders(group, NAMED_HOLDERS), taken);
		const message = `waiting for a place in group ${group} (${taken} of ${limit} taken by ${who})`;
		return [{ kind: 'group', message, since }];
	}

	function roomReasons(row: JobRow, since: number): Explanation['reasons'] {
		const need = classes.setOf(row.class)?.room;
		const state = need === undefined ? undefined : room.state();
		if (need === undefined || state === undefined || state.takenMB === 0) return [];
		const { takenMB, allowedMB, holders } = state;
		if (takenMB + need > allowedMB) {
			const message = `waits for room: ${gigabytes(takenMB)} of ${gigabytes(allowedMB)} GB taken by ${manyNamed(holders)}`;
			return [{ kind: 'room', message, since }];
		}
		const before = room.overdue().find((generation) => {
			const other = table.byGeneration(generation);
			if (other === undefined || other.stage !== STAGE.ready || generation === row.generation)
				return false;
			return (
				other.priority > row.priority ||
				(other.priority === row.priority && generation < row.generation)
			);
		});
		if (before === undefined) return [];
		const message = `waits for room: job ${table.idOf(before)} has waited for it for more than a minute, and comes first`;
		return [{ kind: 'room', message, since }];
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

/** "waiting for AC power: on battery, 43 %; 3 jobs ahead in queue index; start it anyway with Run Now" */
function summaryOf({ runnable, reasons, position = 0 }: Explanation, queue: string): string {
	const waits = runnable ? ['nothing keeps it from running'] : reasons.map((r) => r.message);
	const atLeast = position === COUNTED_AHEAD ? `${position} or more jobs` : `${position} jobs`;
	const ahead = position === 1 ? '1 job' : atLeast;
	return [
		...waits,
		...(position > 0 ? [`${ahead} ahead in queue ${queue}`] : []),
		...(reasons.some(({ kind }) => WAIVED_BY_RUN_NOW.has(kind)) &&
		reasons.every(({ kind }) => kind !== 'group')
			? ['start it anyway with Run Now']
			: []),
	].join('; ');
}

/** The first of so many. */
function manyNamed(names: readonly string[], all = names.length): string {
	const named = names.slice(0, NAMED_HOLDERS);
	const others = all - named.length;
	return [...named, ...(others > 0 ? [`${others} more`] : [])].join(', ');
}

const gigabytes = (mb: number): string => (mb / 1024).toFixed(1);

const AWAITED: Readonly<Record<Need, string>> = {
	succeeded: 'has succeeded',
	ended: 'has ended',
	ready: 'is ready',
};

/** Of a job that does not wait in the queue. */
function standing(row: JobRow): { kind: string; message: string } {
	const kind = stateName(row.state);
	if (row.again_at !== null) {
		return { kind, message: 'waiting for the children of its last run, to run again' };
	}
	if (row.phase === 1) {
		const stopped = 'it is being stopped; it ends when its children have';
		return { kind, message: row.stop_cause === null ? 'waiting for its children' : stopped };
	}
	if (row.stop_cause !== null && row.stage === STAGE.active) {
		return { kind, message: 'it is being stopped' };
	}
	if (row.state === STATE.paused) {
		return { kind: 'held', message: 'paused; start it again with Resume' };
	}
	const question = parseJson<Question>(row.question);
	if (question !== null) {
		const asks = question.question.replace(/\s+/g, ' ');
		return {
			kind: 'question',
			message: `waits for an answer: "${asks}"; semantica answer ${row.id}`,
		};
	}
	const isToBeReady = row.state === STATE.running && storedSpec(row).ready !== null;
	const ready = row.ready_at === null ? ', and not ready yet' : ' and ready';
	return { kind, message: `it is ${kind}${isToBeReady ? ready : ''}` };
}

/** 90,500 → "1 min 30 s": the two largest units that matter. */
export function describeDuration(ms: number): string {
	const seconds = Math.max(0, Math.ceil(ms / 1000));
	if (seconds < 60) return `${seconds} s`;
	if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
	const hours = Math.floor(seconds / 3600);
	if (hours < 48) return `${hours} h ${Math.floor((seconds % 3600) / 60)} min`;
	return `${Math.floor(hours / 24)} days ${hours % 24} h`;
}
