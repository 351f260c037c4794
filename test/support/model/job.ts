/** A job as the model of docs/design.md section 3 sees it: plain values, nothing derived. */
import type { ConditionSet } from '../../../daemon/queue/ports/conditions.ts';
import type { JobState, StopReason } from '../../../shared/jobTerms.ts';

export interface ModelSpec {
	readonly queue: 'default' | 'other' | 'hooks';
	readonly workspace: '' | 'a' | 'b';
	/** Null: none was asked for. */
	readonly priority: number | null;
	readonly group: string | null;
	readonly groupLimit: number | null;
	readonly subject: string | null;
	readonly supersede: 'queued' | 'abort' | 'none';
	readonly debounceMs: number;
	readonly maxDelayMs: number | null;
	readonly delayMs: number;
	readonly ttlMs: number | null;
	readonly deadlineMs: number | null;
	readonly maxAttempts: number;
	readonly backoffMs: number;
	readonly retryOn: readonly number[] | null;
	/** It serves, and is ready at some moment. */
	readonly ready: boolean;
	readonly restartable: boolean;
	/** Begins anew when it ends by itself. */
	readonly restart: { readonly policy: 'on-failure' | 'always'; readonly max: number } | null;
	readonly key: string | null;
	readonly conditions: ConditionSet | null;
	readonly event: string | null;
	readonly maxWaitMs: number | null;
	readonly onConstraintLost: 'finish' | 'pause' | 'requeue';
	/** Its cap, of a command. */
	readonly memoryMB: number | null;
	/** A worker of this type does it as a function; null: a command. */
	readonly worker: 'f.a' | 'f.b' | null;
}

export interface ModelCondition {
	target: ModelJob;
	readonly on: 'succeeded' | 'ended' | 'ready';
	/** Null: not known yet. */
	holds: boolean | null;
}

export interface ModelJob {
	spec: ModelSpec;
	/** What was sent, moments apart, as text: the same key must stand for the same. */
	readonly sent: string;
	readonly key: string | null;
	generation: number;
	/** '' until somebody has asked the queue: of what a hook began. */
	id: string;
	readonly parent: ModelJob | null;
	readonly after: ModelCondition[];
	/** It ended because one of them cannot hold. */
	wasDependent: boolean;
	/** The newer one of its subject that took its place. */
	replacedBy: ModelJob | null;
	priority: number;
	readonly depth: number;
	readonly retryOf: string | null;
	readonly firstTrigger: number;
	readonly createdAt: number;
	runAt: number;
	/** Ms until runAt, where that is a wait and not a time that was asked for. */
	wait: number | null;
	/** Its time has come; a clock that is set back does not undo that. */
	due: boolean;
	expiresAt: number | null;
	readonly deadlineAt: number | null;
	state: JobState;
	/** Its own process has ended, children are open. */
	awaiting: boolean;
	held: boolean;
	/** A person must approve it first. */
	needsApproval: boolean;
	runNow: boolean;
	/** The event it still waits for. */
	event: string | null;
	/** Its conditions bind it now: not waived, and not a run that finishes whatever happens. */
	bound: boolean;
	/** Since when only a slot and its conditions keep it from starting. */
	readySince: number | null;
	/** It was told to step aside because a condition was lost. */
	yielded: boolean;
	attempt: number;
	run: number;
	runStartedAt: number;
	restarts: number;
	/** Of the run that goes on, or was the last. */
	readyAt: number | null;
	/** In some run. */
	wasReady: boolean;
	/** The id of what it asks a person. */
	question: string | null;
	/** It has waited so long for its answer that others may have its slot. */
	leftSlot: boolean;
	stop: StopReason | null;
	/** It goes back to the queue, for then, when the children of its run are gone. */
	againAt: number | null;
	/** A part of a run of its parent that is over: the one that comes is not judged by it. */
	earlier: boolean;
	/** A worker has it and has not begun it. */
	handed: boolean;
	/** It waits for a worker, or for room, or ran with the conditions under which it did. */
	workerBound: boolean;
	/** Since when it has waited for room, on a clock that only goes forward. */
	roomSince: number | null;
	/** How often its worker's process died. */
	workerDeaths: number;
	/** What its runs left for the next one, and what the one that goes on has said. */
	checkpoint: string | null;
	unclean: number;
	uncleanBoot: string | null;
	/** How often it was acquitted in that boot. */
	acquitted: number;
	/** Since when it is tried alone, and since when it waits for that, on a clock that only goes forward. */
	trialSince: number | null;
	waitsSince: number | null;
	finishedAt: number | null;
	/** Of which hook it is, the end that it names, and how many it stands for. */
	hook: {
		readonly n: number;
		readonly job: string;
		readonly state: JobState;
		readonly count: number;
	} | null;
	removed: boolean;
}

/** Whether its readiness can be waited for, has come, or cannot come any more. */
export function readinessOf(job: ModelJob): 'ready' | 'waiting' | 'missed' | 'never' {
	if (job.wasReady) return 'ready';
	if (!job.spec.ready) return 'never';
	return !isOpen(job) || (job.awaiting && job.stop === null) ? 'missed' : 'waiting';
}

export const isOpen = (job: ModelJob): boolean =>
	!job.removed && ['queued', 'running', 'paused'].includes(job.state);

/** What a person changes of a job that waits. */
export interface ModelUpdate {
	readonly priority?: number;
	readonly queue?: ModelSpec['queue'];
	readonly runAt?: number;
}

/** It waits for no time; who asked for none never does. */
export const isDue = (job: ModelJob, now: number): boolean =>
	job.runAt <= now || (job.wait === null && job.runAt <= job.createdAt);

/** It waits in the queue no more, only for its children to be gone. */
export const isStopping = (job: ModelJob): boolean =>
	isOpen(job) && job.state === 'queued' && job.stop !== null;

/** Causes of stopping a run after which the job may have another. */
export const MAY_RUN_AGAIN: ReadonlySet<StopReason> = new Set([
	'timeout',
	'ready',
	'memory',
	'interrupted',
]);

/** It has processes. */
export const isActive = (job: ModelJob): boolean =>
	!job.removed && (job.state === 'running' || job.state === 'paused') && !job.awaiting;

/** A pause ends its run where it may be run again, and is refused elsewhere: it cannot stand still. */
export function cannotPause({ spec, state, awaiting, handed }: ModelJob): boolean {
	const isGoing = spec.worker !== null && state === 'running' && !awaiting;
	return isGoing && !spec.restartable && !handed;
}

/** How a run ends, as its process, its worker or the daemon has it. */
export type ModelOutcome =
	| 'ok'
	| 'fail'
	| 'busy'
	| 'signal'
	| 'spawn'
	| 'payload'
	| 'interrupted'
	| 'again'
	| 'free'
	| 'unchanged'
	/** The process of its worker died. */
	| 'died';

export const EXIT_CODES: Partial<Record<ModelOutcome, number>> = {
	ok: 0,
	fail: 1,
	busy: 75,
	again: 0,
	free: 1,
};
/** Asked for by the run itself. */
export const ASKED_AGAIN: Partial<Record<ModelOutcome, { afterMs: number; free: boolean }>> = {
	again: { afterMs: 25, free: false },
	free: { afterMs: 1000, free: true },
};
