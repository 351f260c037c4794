/** The moves that a job of the model makes, with those of its children, its parent and its rivals. */
import type { JobState, StopReason } from '../../../shared/jobTerms.ts';
import { hasOpen, waitersOf } from './dependencies.ts';
import { beginHooks, type ModelHook } from './hooks.ts';
import {
	ASKED_AGAIN,
	EXIT_CODES,
	isActive,
	isDue,
	isOpen,
	isStopping,
	MAY_RUN_AGAIN,
	type ModelJob,
	type ModelOutcome,
} from './job.ts';
import { beginSweep, beginTelling, endSweep, type ModelSweep, stopOfChildren } from './sweeps.ts';

export interface Ledger {
	now: number;
	/** A clock that only goes forward. */
	monotonic: number;
	/** Every job there ever was. */
	readonly jobs: ModelJob[];
	/** That of the newest job. */
	generation: number;
	/** Orders to processes that nobody has looked at yet. */
	readonly orders: string[];
	/** The one that began first is first. */
	readonly sweeps: ModelSweep[];
	readonly hooks: readonly ModelHook[];
	/** Of one hook so many fall due in a minute. */
	readonly hookStarts: number;
}

/** Its question has gone with the run that asked it. */
const ASKS_NOTHING = { question: null, leftSlot: false } as const;
/** Only its children are left of it. */
const AWAITING = { awaiting: true, state: 'running', yielded: false, ...ASKS_NOTHING } as const;

const END_STATES: Partial<Record<StopReason, JobState>> = {
	cancel: 'cancelled',
	dependency: 'cancelled',
	supersede: 'superseded',
	deadline: 'expired',
	ttl: 'expired',
};
const endStateOf = (reason: StopReason): JobState => END_STATES[reason] ?? 'failed';
/** Of what says more than an exit code. */
const REASONS: Partial<Record<ModelOutcome, StopReason>> = {
	signal: 'signal',
	spawn: 'spawn',
	payload: 'payload',
	interrupted: 'interrupted',
	died: 'interrupted',
};
/** Unclean deaths in one boot that a job is forgiven. */
const FORGIVEN_DEATHS = 2;
/** After so many the next death that would make it a suspect again is one too many. */
const MOST_ACQUITTALS = 2;

export function keptOf({ jobs }: Ledger): ModelJob[] {
	return jobs.filter((job) => !job.removed);
}

export function childrenOf(ledger: Ledger, parent: ModelJob): ModelJob[] {
	return keptOf(ledger).filter((job) => job.parent === parent);
}

export function ofSubject(ledger: Ledger, subject: string): ModelJob[] {
	return keptOf(ledger).filter((job) => job.spec.subject === subject && isOpen(job));
}

/** The process of the current run ended. */
export function finish(
	ledger: Ledger,
	job: ModelJob,
	outcome: ModelOutcome,
	boot: string | undefined,
): void {
	const reason = job.stop ?? REASONS[outcome] ?? 'exit';
	if (job.handed && neverBegun(ledger, job, outcome, reason)) return;
	job.handed = false;
	if (endStateOf(reason) !== 'failed') end(ledger, job, endStateOf(reason), reason);
	else if (reason === 'interrupted') interrupted(ledger, job, boot, outcome === 'died');
	else if (outcome === 'unchanged' && job.stop === null) {
		job.attempt--;
		becomeReady(ledger, job);
		end(ledger, job, 'succeeded', 'unchanged');
	} else if (job.stop === null && ASKED_AGAIN[outcome] !== undefined) {
		askedAgain(ledger, job, ASKED_AGAIN[outcome]);
	} else if (outcome === 'ok' && job.stop === null) succeeded(ledger, job);
	else if (outcome === 'payload') end(ledger, job, 'failed', reason);
	else failed(ledger, job, reason, EXIT_CODES[outcome]);
}

/** What its worker says are its ends; all others come from elsewhere. */
const BY_WORKER: ReadonlySet<ModelOutcome> = new Set(['ok', 'fail', 'busy', 'signal', 'again']);

/** Nobody has begun it: it goes back, or ends as it would have in the queue. */
function neverBegun(
	ledger: Ledger,
	job: ModelJob,
	outcome: ModelOutcome,
	reason: StopReason,
): boolean {
	const goesBack = reason === 'interrupted';
	const ends = job.stop !== null && !BY_WORKER.has(outcome) && !MAY_RUN_AGAIN.has(job.stop);
	if (!goesBack && !ends) return false;
	job.handed = false;
	job.attempt--;
	if (goesBack) runAgain(ledger, job, Math.min(job.runAt, ledger.now), 'interrupted');
	else end(ledger, job, endStateOf(reason), reason);
	return true;
}

/** Who has open children has them stopped first, and ends when the last of them is gone. */
export function end(ledger: Ledger, job: ModelJob, state: JobState, reason: StopReason): void {
	if (!isOpen(job)) return;
	if (childrenOf(ledger, job).some(isOpen)) {
		if (job.state === 'queued') Object.assign(job, { event: null, expiresAt: null, runNow: false });
		else Object.assign(job, { ...AWAITING, againAt: null });
		job.stop = reason;
		beginSweep(ledger, job, state === 'superseded' ? 'supersede' : 'cancel');
		return;
	}
	job.state = state;
	if (state === 'succeeded') job.checkpoint = null;
	job.wasDependent = reason === 'dependency';
	job.finishedAt = ledger.now;
	Object.assign(job, { awaiting: false, ...ASKS_NOTHING });
	job.expiresAt = null;
	beginHooks(ledger, job);
	if (waitersOf(ledger, job).length > 0) beginTelling(ledger, job, 'release');
	const { parent } = job;
	if (parent === null || !isOpen(parent) || childrenOf(ledger, parent).some(isOpen)) return;
	if (parent.awaiting || isStopping(parent)) endByChildren(ledger, parent);
}

function endByChildren(ledger: Ledger, job: ModelJob): void {
	const good = childrenOf(ledger, job).every(
		(child) => child.earlier || child.state === 'succeeded' || child.state === 'superseded',
	);
	if (job.againAt !== null) requeue(ledger, job, job.againAt);
	else if (job.stop !== null) end(ledger, job, endStateOf(job.stop), job.stop);
	else if (good) end(ledger, job, 'succeeded', 'exit');
	else end(ledger, job, 'failed', 'children');
}

export function stop(ledger: Ledger, job: ModelJob, cause: StopReason): void {
	const failed = job.stop === 'timeout' || job.stop === 'ready' || job.stop === 'memory';
	const again = job.attempt < job.spec.maxAttempts || job.spec.restart !== null;
	const runsAgain = failed && again;
	const overridable = runsAgain || job.stop === 'interrupted' || job.stop === 'supersede';
	const goesBack = job.againAt !== null;
	if (job.stop === null || (cause === 'cancel' && (overridable || goesBack)))
		carryOut(ledger, job, cause);
}

function carryOut(ledger: Ledger, job: ModelJob, cause: StopReason): void {
	if (job.state === 'queued' || job.awaiting) {
		end(ledger, job, endStateOf(cause), cause);
		return;
	}
	job.stop = cause;
	job.question = null;
	ledger.orders.push(`stop ${job.id}.${job.run} ${cause}`);
	const ofChildren = stopOfChildren(job);
	if (ofChildren !== undefined) beginSweep(ledger, job, ofChildren);
}

/** For good, also where one was to be run again after its own stop. */
export function stopWithParent(
	ledger: Ledger,
	child: ModelJob,
	cause: 'supersede' | 'cancel',
): void {
	const mayRunAgain = child.stop !== null && MAY_RUN_AGAIN.has(child.stop);
	if (mayRunAgain || child.againAt !== null) carryOut(ledger, child, cause);
	else stop(ledger, child, cause);
}

function succeeded(ledger: Ledger, job: ModelJob): void {
	if (job.spec.restart?.policy === 'always' && restart(ledger, job, 'exit')) return;
	if (childrenOf(ledger, job).some(isOpen)) {
		Object.assign(job, AWAITING);
		if (!job.wasReady) tellReady(ledger, job);
	} else endByChildren(ledger, job);
}

/** Those that wait for it to be ready hear that it is, or cannot be any more. */
function tellReady(ledger: Ledger, job: ModelJob): void {
	const isAwaited = ({ after }: ModelJob) =>
		after.some(({ target, on }) => target === job && on === 'ready');
	if (keptOf(ledger).some(isAwaited)) beginTelling(ledger, job, 'ready');
}

export function becomeReady(ledger: Ledger, job: ModelJob): void {
	if (!isActive(job) || job.stop !== null || !job.spec.ready || job.readyAt !== null) return;
	job.readyAt = ledger.now;
	if (job.wasReady) return;
	job.wasReady = true;
	tellReady(ledger, job);
}

function failed(
	ledger: Ledger,
	job: ModelJob,
	reason: StopReason,
	exitCode: number | undefined,
): void {
	const { retryOn, maxAttempts, backoffMs } = job.spec;
	const retried = retryOn === null || (exitCode !== undefined && retryOn.includes(exitCode));
	if (retried && restart(ledger, job, reason)) return;
	if (job.attempt >= maxAttempts || !retried) {
		end(ledger, job, 'failed', reason);
		return;
	}
	runAgain(ledger, job, ledger.now + backoffMs * 2 ** (job.attempt - 1), reason);
}

/** Longer than this is no circle of ends and beginnings. */
export const RESTART_BACKOFF = { baseMs: 30, factor: 2, maxMs: 100, jitter: 0 } as const;

/** Charged to nobody. False where it was begun anew too often in a row. */
function restart(ledger: Ledger, job: ModelJob, reason: StopReason): boolean {
	if (job.spec.restart === null) return false;
	const { baseMs, factor, maxMs } = RESTART_BACKOFF;
	if (Math.max(0, ledger.now - job.runStartedAt) > maxMs) job.restarts = 0;
	if (job.restarts >= job.spec.restart.max) return false;
	job.restarts++;
	job.attempt--;
	const wait = Math.min(maxMs, baseMs * factor ** (job.restarts - 1));
	runAgain(ledger, job, ledger.now + wait, reason);
	return true;
}

function askedAgain(
	ledger: Ledger,
	job: ModelJob,
	{ afterMs, free }: { afterMs: number; free: boolean },
): void {
	if (free) job.attempt--;
	else if (job.attempt >= job.spec.maxAttempts) {
		end(ledger, job, 'failed', 'exit');
		return;
	}
	runAgain(ledger, job, ledger.now + afterMs, 'exit');
}

/** Deaths of its worker's process from which on it has that to itself. */
const ALONE_WITH_WORKER = 2;

function interrupted(ledger: Ledger, job: ModelJob, boot: string | undefined, died: boolean): void {
	if (died && ++job.workerDeaths > ALONE_WITH_WORKER) {
		end(ledger, job, 'failed', 'poison');
		return;
	}
	if (boot !== undefined) {
		const same = job.uncleanBoot === boot;
		job.unclean = (same ? job.unclean : 0) + 1;
		job.acquitted = same ? job.acquitted : 0;
		job.uncleanBoot = boot;
	}
	const forgiven = job.acquitted >= MOST_ACQUITTALS ? FORGIVEN_DEATHS - 1 : FORGIVEN_DEATHS;
	if (boot !== undefined && job.unclean > forgiven) end(ledger, job, 'failed', 'poison');
	else if (!job.spec.restartable) end(ledger, job, 'failed', 'interrupted');
	else {
		job.attempt--;
		runAgain(ledger, job, Math.min(job.runAt, ledger.now), 'interrupted');
	}
}

/** Its next run comes when the children of this one are gone. */
function runAgain(ledger: Ledger, job: ModelJob, runAt: number, reason: StopReason): void {
	if (!childrenOf(ledger, job).some(isOpen)) {
		requeue(ledger, job, runAt);
		return;
	}
	Object.assign(job, { ...AWAITING, stop: reason, againAt: runAt });
	beginSweep(ledger, job, 'supersede');
}

function requeue(ledger: Ledger, job: ModelJob, runAt: number): void {
	const { subject, conditions } = job.spec;
	const rivals = subject === null ? [] : ofSubject(ledger, subject);
	const newer = rivals.findLast(
		(other) =>
			other.state === 'queued' &&
			!isStopping(other) &&
			other.generation > job.generation &&
			!hasOpen(other) &&
			other.spec.supersede !== 'none',
	);
	if (newer !== undefined) {
		job.replacedBy = newer;
		end(ledger, job, 'superseded', 'supersede');
		return;
	}
	const due = runAt <= ledger.now;
	const wait = due ? null : runAt - ledger.now;
	const bound = conditions !== null;
	const expiresAt = job.deadlineAt;
	Object.assign(job, {
		state: 'queued',
		runAt,
		wait,
		due,
		bound,
		workerBound: (job.spec.worker ?? job.spec.memoryMB) !== null,
		expiresAt,
		awaiting: false,
		againAt: null,
		stop: null,
		yielded: false,
		readyAt: null,
		...ASKS_NOTHING,
	});
	for (const child of childrenOf(ledger, job)) child.earlier = true;
	endSweep(ledger, job);
}

export function hold(ledger: Ledger, job: ModelJob): void {
	job.held = true;
	if (job.state === 'running' && !job.awaiting) ledger.orders.push(`pause ${job.id}.${job.run}`);
	beginSweep(ledger, job, 'pause');
}

export function letGo(ledger: Ledger, job: ModelJob, now: boolean): void {
	const going = job.state === 'running' && !job.awaiting;
	if (going && job.held && !job.yielded) ledger.orders.push(`resume ${job.id}.${job.run}`);
	job.held = false;
	job.runNow = now;
	if (now) {
		job.runAt = Math.min(job.runAt, ledger.now);
		job.wait = null;
		job.event = null;
	}
	if (job.state === 'queued') {
		job.due = isDue(job, ledger.now);
		// All else is ready from here on, also where it was before.
		job.readySince = null;
	}
	beginSweep(ledger, job, 'resume');
}
