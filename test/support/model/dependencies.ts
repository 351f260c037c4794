/** Conditions of jobs on other jobs: what holds, what cannot any more, and what becomes of those that wait. */
import {
	isDue,
	isOpen,
	isStopping,
	type ModelCondition,
	type ModelJob,
	readinessOf,
} from './job.ts';
import { end, keptOf, type Ledger } from './transitions.ts';

export const hasOpen = (job: ModelJob): boolean => job.after.some(({ holds }) => holds !== true);

/** As it is now, perhaps of the job that took the place of its target. */
export function judge(
	{ target, on }: ModelCondition,
	waiter: { readonly parent: ModelJob | null },
): ModelCondition {
	let job = target;
	for (;;) {
		if (on === 'ready') {
			const readiness = readinessOf(job);
			if (readiness === 'waiting') return { target: job, on, holds: null };
			if (readiness === 'ready') return { target: job, on, holds: true };
			if (readiness === 'never') return { target: job, on, holds: false };
		} else {
			if (isOpen(job)) return { target: job, on, holds: null };
			if (on === 'ended' || job.state === 'succeeded') return { target: job, on, holds: true };
		}
		const next = job.state === 'superseded' ? job.replacedBy : null;
		const fits = next !== null && (waiter.parent === null || next.parent === waiter.parent);
		if (next === null || next.removed || !fits) return { target: job, on, holds: false };
		job = next;
	}
}

export function waitersOf(ledger: Ledger, target: ModelJob): ModelJob[] {
	return keptOf(ledger).filter((job) => job.after.some((one) => one.target === target));
}

/** What has become of its target, and what that means for one that waits for it. */
export function release(ledger: Ledger, waiter: ModelJob, target: ModelJob): void {
	const open = waiter.after.filter((one) => one.target === target && one.holds === null);
	if (open.length === 0) return;
	for (const one of open) Object.assign(one, judge(one, waiter));
	if (!isOpen(waiter) || isStopping(waiter)) return;
	if (waiter.after.some(({ holds }) => holds === false))
		end(ledger, waiter, 'cancelled', 'dependency');
	else if (!hasOpen(waiter) && !waiter.held) waiter.due = isDue(waiter, ledger.now);
}

/** Whether one of them is waited for, directly or not. */
export function waitsForAny(
	conditions: readonly ModelCondition[],
	these: readonly ModelJob[],
): boolean {
	const open = conditions.filter(({ holds }) => holds === null);
	const found = new Set(open.map(({ target }) => target));
	for (const job of found) {
		if (these.includes(job)) return true;
		for (const one of job.after) if (one.holds === null) found.add(one.target);
		if (job.replacedBy !== null) found.add(job.replacedBy);
	}
	return false;
}

export function successorOf(ledger: Ledger, job: ModelJob): ModelJob | undefined {
	return keptOf(ledger)
		.filter(({ retryOf }) => retryOf === job.id)
		.at(-1);
}

/** Of the successor of a job; undefined: something must be retried first. */
export function conditionsAgain(ledger: Ledger, job: ModelJob): ModelCondition[] | undefined {
	const again: ModelCondition[] = [];
	for (const one of job.after) {
		let now = one.holds === true ? one : judge(one, { parent: null });
		while (now.holds === false) {
			const successor = successorOf(ledger, now.target);
			if (successor === undefined) return undefined;
			now = judge({ ...now, target: successor }, { parent: null });
		}
		again.push({ ...now });
	}
	return again;
}

/**
 * Those of which nothing ever comes, were every process to end and every person, clock and machine to do its part:
 * they wait for themselves over conditions, children and subjects. There never are any. Whoever has a slot, or a
 * place in a group, gives it back without waiting for anybody.
 */
export function stuckAmong(kept: readonly ModelJob[]): ModelJob[] {
	const open = kept.filter(isOpen);
	const started = new Set(open.filter(({ state }) => state !== 'queued'));
	const ended = new Set<ModelJob>();
	const hasEnded = (job: ModelJob) => !isOpen(job) || ended.has(job);
	const isKnown = ({ target, on }: ModelCondition): boolean => {
		if (!isOpen(target)) {
			const next = on === 'ended' ? null : target.replacedBy;
			return next === null || isKnown({ target: next, on, holds: null });
		}
		return on === 'ready' ? started.has(target) || ended.has(target) : ended.has(target);
	};
	const mayStart = (job: ModelJob): boolean =>
		job.after.every((one) => one.holds !== null || isKnown(one)) &&
		open.every((other) => hasEnded(other) || !goesFirst(other, job));
	const mayEnd = (job: ModelJob): boolean =>
		(started.has(job) || isTold(job)) &&
		open.every((other) => other.parent !== job || hasEnded(other));
	for (let before = -1; before < started.size + ended.size; ) {
		before = started.size + ended.size;
		for (const job of open) {
			if (!started.has(job) && !isTold(job) && mayStart(job)) started.add(job);
			if (!ended.has(job) && mayEnd(job)) ended.add(job);
		}
	}
	return open.filter((job) => !ended.has(job));
}

/** To end, itself or by a sweep of what is above it. */
function isTold(job: ModelJob): boolean {
	return isStopping(job) || (job.parent !== null && isTold(job.parent));
}

/** They have one subject, and it has that first. */
function goesFirst(other: ModelJob, job: ModelJob): boolean {
	if (other === job || job.spec.subject === null) return false;
	if (other.spec.subject !== job.spec.subject) return false;
	if (other.state !== 'queued') return true;
	if (hasOpen(other) || isStopping(other)) return false;
	return (
		other.priority > job.priority ||
		(other.priority === job.priority && other.generation < job.generation)
	);
}
