/** A job as the model of docs/design.md section 3 sees it: plain values, nothing derived. */
import type { ConditionSet } from '../../../daemon/queue/conditions.ts';
import type { JobState, StopReason } from '../../../shared/job.ts';

export interface ModelSpec {
	readonly queue: 'default' | 'other';
	readonly workspace: '' | 'a' | 'b';
	/** Null: none was asked for. */
	readonly priority: number | null;
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
	readonly restartable: boolean;
	readonly key: string | null;
	readonly conditions: ConditionSet | null;
	readonly event: string | null;
	readonly maxWaitMs: number | null;
	readonly onConstraintLost: 'finish' | 'pause' | 'requeue';
}

export interface ModelJob {
	readonly spec: ModelSpec;
	/** What was sent, moments apart, as text: the same key must stand for the same. */
	readonly sent: string;
	readonly key: string | null;
	readonly generation: number;
	readonly id: string;
	readonly parent: ModelJob | null;
	readonly priority: number;
	readonly depth: number;
	readonly retryOf: string | null;
	readonly firstTrigger: number;
	readonly createdAt: number;
	runAt: number;
	/** Its time has come; a clock that is set back does not undo that. */
	due: boolean;
	expiresAt: number | null;
	readonly deadlineAt: number | null;
	state: JobState;
	/** Its own process has ended, children are open. */
	awaiting: boolean;
	held: boolean;
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
	stop: StopReason | null;
	unclean: number;
	uncleanBoot: string | null;
	removed: boolean;
}

export const isOpen = (job: ModelJob): boolean =>
	!job.removed && ['queued', 'running', 'paused'].includes(job.state);

/** It waits for no time; who asked for none never does. */
export const isDue = (job: ModelJob, now: number): boolean =>
	job.runAt <= now || job.runAt <= job.createdAt;

/** It has processes. */
export const isActive = (job: ModelJob): boolean =>
	!job.removed && (job.state === 'running' || job.state === 'paused') && !job.awaiting;

/** How a run ends, as its process or the daemon has it. */
export type ModelOutcome = 'ok' | 'fail' | 'busy' | 'signal' | 'spawn' | 'payload' | 'interrupted';

export const EXIT_CODES: Partial<Record<ModelOutcome, number>> = { ok: 0, fail: 1, busy: 75 };
