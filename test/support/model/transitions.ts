/** The moves that a job of the model makes, with those of its children, its parent and its rivals. */
import type { JobState, StopReason } from '../../../shared/job.ts';
import { EXIT_CODES, isDue, isOpen, type ModelJob, type ModelOutcome } from './job.ts';

export interface Ledger {
	now: number;
	/** Every job there ever was. */
	readonly jobs: ModelJob[];
	/** That of the newest job. */
	generation: number;
	/** Orders to processes that nobody has looked at yet. */
	readonly orders: string[];
}

const END_STATES: Partial<Record<StopReason, JobState>> = {
	cancel: 'cancelled',
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
};
/** Unclean deaths in one boot that a job is forgiven. */
const FORGIVEN_DEATHS = 2;

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
	if (endStateOf(reason) !== 'failed') end(ledger, job, endStateOf(reason), reason);
	else if (reason === 'interrupted') interrupted(ledger, job, boot);
	else if (outcome === 'ok' && job.stop === null) succeeded(ledger, job);
	else if (outcome === 'payload') end(ledger, job, 'failed', reason);
	else failed(ledger, job, reason, EXIT_CODES[outcome]);
}

/** Who has open children has them stopped first, and ends when the last of them is gone. */
export function end(ledger: Ledger, job: ModelJob, state: JobState, reason: StopReason): void {
	if (!isOpen(job)) return;
	const ofChildren = state === 'superseded' ? 'supersede' : 'cancel';
	if (job.state !== 'queued' && childrenOf(ledger, job).some(isOpen)) {
		Object.assign(job, { awaiting: true, state: 'running', yielded: false, stop: reason });
		stopChildren(ledger, job, ofChildren);
		return;
	}
	job.state = state;
	job.awaiting = false;
	job.expiresAt = null;
	stopChildren(ledger, job, ofChildren);
	const { parent } = job;
	if (parent?.awaiting && isOpen(parent) && !childrenOf(ledger, parent).some(isOpen)) {
		endByChildren(ledger, parent);
	}
}

function endByChildren(ledger: Ledger, job: ModelJob): void {
	const good = childrenOf(ledger, job).every(
		(child) => child.state === 'succeeded' || child.state === 'superseded',
	);
	if (job.stop !== null) end(ledger, job, endStateOf(job.stop), job.stop);
	else if (good) end(ledger, job, 'succeeded', 'exit');
	else end(ledger, job, 'failed', 'children');
}

export function stop(ledger: Ledger, job: ModelJob, cause: StopReason): void {
	const runsAgain = job.stop === 'timeout' && job.attempt < job.spec.maxAttempts;
	const overridable = runsAgain || job.stop === 'interrupted' || job.stop === 'supersede';
	if (job.stop === null || (cause === 'cancel' && overridable)) carryOut(ledger, job, cause);
}

function carryOut(ledger: Ledger, job: ModelJob, cause: StopReason): void {
	if (job.state === 'queued' || job.awaiting) {
		end(ledger, job, endStateOf(cause), cause);
		return;
	}
	job.stop = cause;
	ledger.orders.push(`stop ${job.id}.${job.run} ${cause}`);
	if (cause === 'interrupted' || cause === 'timeout') return;
	stopChildren(ledger, job, cause === 'supersede' ? 'supersede' : 'cancel');
}

/** For good, also where one was to be run again after its own stop. */
function stopChildren(ledger: Ledger, parent: ModelJob, cause: 'supersede' | 'cancel'): void {
	for (const child of childrenOf(ledger, parent)) {
		if (!isOpen(child)) continue;
		const mayRunAgain = child.stop === 'timeout' || child.stop === 'interrupted';
		if (mayRunAgain) carryOut(ledger, child, cause);
		else stop(ledger, child, cause);
	}
}

function succeeded(ledger: Ledger, job: ModelJob): void {
	const awaiting = { awaiting: true, state: 'running', yielded: false } as const;
	if (childrenOf(ledger, job).some(isOpen)) Object.assign(job, awaiting);
	else endByChildren(ledger, job);
}

function failed(
	ledger: Ledger,
	job: ModelJob,
	reason: StopReason,
	exitCode: number | undefined,
): void {
	const { retryOn, maxAttempts, backoffMs } = job.spec;
	const retried = retryOn === null || (exitCode !== undefined && retryOn.includes(exitCode));
	if (job.attempt >= maxAttempts || !retried) {
		end(ledger, job, 'failed', reason);
		return;
	}
	stopChildren(ledger, job, 'supersede');
	requeue(ledger, job, ledger.now + backoffMs * 2 ** (job.attempt - 1));
}

function interrupted(ledger: Ledger, job: ModelJob, boot: string | undefined): void {
	if (boot !== undefined) {
		job.unclean = (job.uncleanBoot === boot ? job.unclean : 0) + 1;
		job.uncleanBoot = boot;
	}
	if (boot !== undefined && job.unclean > FORGIVEN_DEATHS) end(ledger, job, 'failed', 'poison');
	else if (!job.spec.restartable) end(ledger, job, 'failed', 'interrupted');
	else {
		job.attempt--;
		stopChildren(ledger, job, 'supersede');
		requeue(ledger, job, Math.min(job.runAt, ledger.now));
	}
}

function requeue(ledger: Ledger, job: ModelJob, runAt: number): void {
	const { subject, conditions } = job.spec;
	const rivals = subject === null ? [] : ofSubject(ledger, subject);
	const newer = rivals.some(
		(other) =>
			other.state === 'queued' &&
			other.generation > job.generation &&
			other.spec.supersede !== 'none',
	);
	if (newer) {
		end(ledger, job, 'superseded', 'supersede');
		return;
	}
	const due = runAt <= ledger.now;
	const bound = conditions !== null;
	const expiresAt = job.deadlineAt;
	Object.assign(job, { state: 'queued', runAt, due, bound, expiresAt, stop: null, yielded: false });
}

export function hold(ledger: Ledger, job: ModelJob): void {
	job.held = true;
	if (job.state === 'running' && !job.awaiting) ledger.orders.push(`pause ${job.id}.${job.run}`);
	for (const child of childrenOf(ledger, job)) {
		if (isOpen(child) && !child.held && child.stop === null) hold(ledger, child);
	}
}

export function letGo(ledger: Ledger, job: ModelJob, now: boolean): void {
	const going = job.state === 'running' && !job.awaiting;
	if (going && job.held && !job.yielded) ledger.orders.push(`resume ${job.id}.${job.run}`);
	job.held = false;
	job.runNow = now;
	if (now) {
		job.runAt = Math.min(job.runAt, ledger.now);
		job.event = null;
	}
	if (job.state === 'queued') {
		job.due = isDue(job, ledger.now);
		// All else is ready from here on, also where it was before.
		job.readySince = null;
	}
	for (const child of childrenOf(ledger, job)) {
		if (isOpen(child) && child.held) letGo(ledger, child, false);
	}
}
