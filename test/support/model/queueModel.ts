/**
 * The rules of docs/design.md section 3 as a model: plain objects, plain loops, no index, no cleverness.
 * The model-based test holds the real queue against it.
 */
import type { ConditionSet } from '../../../daemon/queue/conditions.ts';
import {
	add,
	enter,
	type ModelAnswer,
	type ModelEntry,
	type Refusal,
	refusalOf,
} from './entering.ts';
import { isActive, isDue, isOpen, type ModelJob, type ModelOutcome } from './job.ts';
import type { TestMachine } from './machine.ts';
import { chooseClaims, type QueueLimits, readyJobs, type Served } from './ready.ts';
import { childrenOf, end, finish, hold, keptOf, type Ledger, letGo, stop } from './transitions.ts';

export class QueueModel {
	readonly machine: TestMachine;
	readonly limits: QueueLimits;
	readonly #ledger: Ledger;
	#served: Served = { turns: new Map(), turn: 0 };
	/** Events that fired and whose jobs are not released yet, with the newest job they reach. */
	#fired = new Map<string, number>();

	constructor(now: number, machine: TestMachine, limits: QueueLimits) {
		this.#ledger = { now, jobs: [], orders: [], generation: 0 };
		this.machine = machine;
		this.limits = limits;
	}

	get now(): number {
		return this.#ledger.now;
	}

	/** Every job there ever was. */
	get all(): readonly ModelJob[] {
		return this.#ledger.jobs;
	}

	get kept(): ModelJob[] {
		return keptOf(this.#ledger);
	}

	get ready(): ReadonlySet<ModelJob> {
		return readyJobs(this.kept);
	}

	/** Orders to processes since they were last taken. */
	takeOrders(): string[] {
		return this.#ledger.orders.splice(0);
	}

	children(parent: ModelJob): ModelJob[] {
		return childrenOf(this.#ledger, parent);
	}

	/** All of it or nothing. `ids` are those of the new jobs, in order. */
	enqueue(entries: readonly ModelEntry[], ids: readonly string[]): ModelAnswer[] | Refusal {
		const refusal = refusalOf(this.#ledger, entries);
		if (refusal !== undefined) return refusal;
		const answers = entries.map((entry, index) => enter(this.#ledger, entry, ids[index] ?? ''));
		this.#settle();
		return answers.map((answer) => ({ ...answer, state: this.#byId(answer.id).state }));
	}

	/** Time's work: events, then expiry before starts. */
	advance(ms: number): void {
		this.#ledger.now += ms;
		this.#release();
		const late = this.kept
			.filter((job) => isOpen(job) && job.expiresAt !== null && job.expiresAt <= this.now)
			.sort((a, b) => (a.expiresAt ?? 0) - (b.expiresAt ?? 0) || a.generation - b.generation);
		for (const job of late) {
			job.expiresAt = null;
			if (!isOpen(job)) continue;
			if (job.deadlineAt !== null && job.deadlineAt <= this.now)
				stop(this.#ledger, job, 'deadline');
			else if (job.state === 'queued') end(this.#ledger, job, 'expired', 'ttl');
		}
		for (const job of this.kept) {
			if (job.state === 'queued' && !job.held && job.runAt <= this.now) job.due = true;
		}
		for (const job of this.ready) {
			const waived = waiveTime(job);
			if (waived !== null && waived <= this.now) job.bound = false;
		}
		this.#settle();
	}

	/** The next moment at which time brings something. */
	nextTime(): number | undefined {
		if (this.#fired.size > 0) return 0;
		const { ready } = this;
		const times = this.kept
			.filter(isOpen)
			.flatMap((job) => [
				...(job.state === 'queued' && !job.held && !job.due ? [job.runAt] : []),
				...(job.expiresAt === null ? [] : [job.expiresAt]),
				...(ready.has(job) ? [waiveTime(job) ?? []].flat() : []),
			]);
		return times.length === 0 ? undefined : Math.min(...times);
	}

	/** The conditions that somebody waits for or depends on. */
	needs(): ConditionSet[] {
		const { ready } = this;
		return this.kept
			.filter((job) => job.bound && (ready.has(job) || (isActive(job) && !job.held)))
			.flatMap((job) => job.spec.conditions ?? []);
	}

	emit(name: string, workspace: string): number {
		const waiting = this.#waitingFor(name, workspace, Number.POSITIVE_INFINITY);
		if (waiting.length > 0) this.#fired.set(`${name} ${workspace}`, this.#ledger.generation);
		return waiting.length;
	}

	claim(): string[] {
		const chosen = chooseClaims(this.kept, this.machine, this.limits, this.#served);
		for (const job of chosen.resumed) {
			job.state = 'running';
			job.yielded = false;
			if (job.runNow) job.bound = false;
			job.runNow = false;
			this.#ledger.orders.push(`resume ${job.id}.${job.run}`);
		}
		for (const job of chosen.claimed) {
			if (job.runNow || job.spec.onConstraintLost === 'finish') job.bound = false;
			Object.assign(job, { state: 'running', runNow: false, event: null });
			job.run++;
			job.attempt++;
			job.expiresAt = job.deadlineAt;
		}
		this.#settle();
		return chosen.claimed.map((job) => job.id);
	}

	/** Runs step aside whose conditions are lost, or go on if they had not stopped yet. */
	review(): void {
		for (const job of this.kept) {
			const { conditions, onConstraintLost } = job.spec;
			if (job.state !== 'running' || job.awaiting || job.held || job.stop !== null) continue;
			if (!job.bound || conditions === null) continue;
			const lost = this.machine.lost(conditions) !== undefined;
			if (lost && !job.yielded) {
				job.yielded = true;
				if (onConstraintLost === 'pause') this.#ledger.orders.push(`pause ${job.id}.${job.run}`);
				else stop(this.#ledger, job, 'interrupted');
			} else if (job.yielded && !lost && this.machine.met(conditions)) {
				job.yielded = false;
				this.#ledger.orders.push(`resume ${job.id}.${job.run}`);
			}
		}
	}

	/** The process of the current run ended. */
	finish(job: ModelJob, outcome: ModelOutcome, boot?: string): void {
		if (!isActive(job)) return;
		finish(this.#ledger, job, outcome, boot);
		this.#settle();
	}

	cancel(job: ModelJob): boolean {
		if (!isOpen(job)) return false;
		stop(this.#ledger, job, 'cancel');
		this.#settle();
		return true;
	}

	/** Its time is up, or the daemon is asked to leave. */
	stopRun(job: ModelJob, cause: 'timeout' | 'interrupted'): void {
		if (isActive(job)) stop(this.#ledger, job, cause);
	}

	pause(job: ModelJob): boolean {
		if (!isOpen(job) || job.held || job.stop !== null) return false;
		hold(this.#ledger, job);
		this.#settle();
		return true;
	}

	pauseCarriedOut(job: ModelJob, paused: boolean): void {
		if (job.state !== 'running' || job.awaiting || job.stop !== null) return;
		if (!job.held && !job.yielded) {
			if (paused) this.#ledger.orders.push(`resume ${job.id}.${job.run}`);
		} else if (paused) job.state = 'paused';
		else if (job.spec.restartable) stop(this.#ledger, job, 'interrupted');
		else {
			Object.assign(job, { held: false, yielded: false, bound: false });
			this.#ledger.orders.push(`resume ${job.id}.${job.run}`);
		}
	}

	resume(job: ModelJob): boolean {
		if (!isOpen(job) || !job.held) return false;
		letGo(this.#ledger, job, false);
		this.#settle();
		return true;
	}

	runNow(job: ModelJob): boolean {
		if (!isOpen(job) || job.state === 'running') return false;
		letGo(this.#ledger, job, true);
		this.#settle();
		return true;
	}

	/** The successor made, the job itself when it only became due, or false. */
	retry(job: ModelJob, id: string): ModelJob | false {
		if (isOpen(job)) {
			const inBackoff = job.state === 'queued' && !job.held && !job.due && job.attempt > 0;
			if (!inBackoff) return false;
			Object.assign(job, { runAt: this.now, due: true });
			this.#settle();
			return job;
		}
		if (job.removed || (job.parent !== null && isOpen(job.parent))) return false;
		const deadlineAt = job.deadlineAt !== null && job.deadlineAt > this.now ? job.deadlineAt : null;
		const successor = add(
			this.#ledger,
			{ spec: job.spec, parent: null, sent: '' },
			{
				id,
				key: null,
				priority: job.priority,
				retryOf: job.id,
				deadlineAt,
				event: job.event,
				firstTrigger: this.now,
			},
		);
		this.#settle();
		return successor;
	}

	remove(job: ModelJob): boolean {
		if (job.removed || isOpen(job)) return false;
		if (job.parent !== null && isOpen(job.parent)) return false;
		job.removed = true;
		return true;
	}

	/** The daemon died and a new one came up. */
	crash(boot: string): void {
		this.#served = { turns: new Map(), turn: 0 };
		for (const job of this.kept.filter(isActive)) this.finish(job, 'interrupted', boot);
		this.takeOrders();
	}

	#byId(id: string): ModelJob {
		const found = this.#ledger.jobs.find((job) => job.id === id);
		if (found === undefined) throw new Error(`The model has no job ${id}.`);
		return found;
	}

	/** Whoever has become ready is so from now on. */
	#settle(): void {
		const { ready } = this;
		for (const job of this.#ledger.jobs)
			job.readySince = ready.has(job) ? (job.readySince ?? this.now) : null;
	}

	#waitingFor(name: string, workspace: string, upto: number): ModelJob[] {
		return this.kept.filter(
			(job) =>
				job.state === 'queued' &&
				job.event === name &&
				job.generation <= upto &&
				(workspace === '' || ['', workspace].includes(job.spec.workspace)),
		);
	}

	#release(): void {
		for (const [fired, upto] of this.#fired) {
			const [name = '', workspace = ''] = fired.split(' ');
			for (const job of this.#waitingFor(name, workspace, upto)) {
				job.event = null;
				// The clock may have been set back since.
				if (!job.held) job.due = isDue(job, this.now);
			}
		}
		this.#fired.clear();
	}
}

/** When it starts without its conditions, should they not be met before. */
function waiveTime({ bound, readySince, spec }: ModelJob): number | null {
	return bound && readySince !== null && spec.maxWaitMs !== null
		? readySince + spec.maxWaitMs
		: null;
}
