/**
 * The rules of docs/design.md section 3 as a model: plain objects, plain loops, no index, no cleverness.
 * The model-based test holds the real queue against it.
 */
import type { ConditionSet } from '../../../daemon/queue/ports/conditions.ts';
import { conditionsAgain, hasOpen, successorOf, waitersOf } from './dependencies.ts';
import {
	add,
	enter,
	type ModelAnswer,
	type ModelEntry,
	type Refusal,
	refusalOf,
} from './entering.ts';
import {
	cannotPause,
	isActive,
	isDue,
	isOpen,
	isStopping,
	type ModelJob,
	type ModelOutcome,
	type ModelUpdate,
} from './job.ts';
import type { TestMachine } from './machine.ts';
import {
	acquit,
	beginTrial,
	chooseClaims,
	fill,
	hasSlot,
	type QueueLimits,
	readyJobs,
	roundedUp,
	type Served,
} from './ready.ts';
import { advanceSweep, hasten, isAwaited, isDoomed, isReleasing, settle } from './sweeps.ts';
import {
	becomeReady,
	childrenOf,
	finish,
	hold,
	keptOf,
	type Ledger,
	letGo,
	stop,
} from './transitions.ts';

export class QueueModel {
	readonly machine: TestMachine;
	readonly limits: QueueLimits;
	readonly #ledger: Ledger;
	#served: Served = { turns: new Map(), turn: 0 };
	/** Events that fired and whose jobs are not released yet, with the newest job they reach. */
	#fired = new Map<string, number>();

	constructor(
		now: number,
		machine: TestMachine,
		limits: QueueLimits,
		hooks: Pick<Ledger, 'hooks' | 'hookStarts'> = { hooks: [], hookStarts: 30 },
	) {
		const empty = { jobs: [], orders: [], sweeps: [], generation: 0 };
		this.#ledger = { now, monotonic: 0, ...empty, ...hooks };
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
		const entered: ModelJob[] = [];
		const answers = entries.map((entry, index) => {
			const answer = enter(this.#ledger, entry, ids[index] ?? '', entered);
			entered.push(this.#byId(answer.id));
			return answer;
		});
		if (answers.some(({ superseded }) => superseded.length > 0)) {
			for (const { id } of answers) settle(this.#ledger, this.#byId(id));
		}
		this.#settle();
		return answers.map((answer) => ({ ...answer, state: this.#byId(answer.id).state }));
	}

	/** The machine slept, or somebody set its clock. */
	jump(ms: number): void {
		this.#ledger.now += ms;
		this.#timesWork();
	}

	advance(ms: number): void {
		this.#ledger.now += ms;
		this.#ledger.monotonic += ms;
		for (const job of this.kept) acquit(job, this.#ledger.monotonic);
		this.#timesWork();
	}

	/** Events, then expiry before starts. */
	#timesWork(): void {
		for (const job of this.kept) beginAgain(job, this.now);
		for (const bucket of this.limits.rates.values()) {
			if (bucket.at > this.now) bucket.at = this.now;
		}
		this.#release();
		const late = this.kept
			.filter((job) => isOpen(job) && job.expiresAt !== null && job.expiresAt <= this.now)
			.sort((a, b) => (a.expiresAt ?? 0) - (b.expiresAt ?? 0) || a.generation - b.generation);
		for (const job of late) {
			settle(this.#ledger, job);
			job.expiresAt = null;
			if (!isOpen(job)) continue;
			if (job.deadlineAt !== null && job.deadlineAt <= this.now)
				stop(this.#ledger, job, 'deadline');
			else if (job.state === 'queued') stop(this.#ledger, job, 'ttl');
		}
		for (const job of this.kept) {
			const waits = job.held || hasOpen(job);
			if (job.state === 'queued' && !waits && job.runAt <= this.now) job.due = true;
		}
		for (const job of this.ready) {
			const waived = waiveTime(job);
			if (waived !== null && waived <= this.now) job.bound = false;
		}
		this.#settle();
	}

	/** The next moment at which time brings something. */
	nextTime(): number | undefined {
		// One that was held meanwhile is met by the next look.
		const buckets = [...this.limits.rates.values()];
		const isLate =
			this.kept.some((job) => isStretched(job, this.now)) ||
			buckets.some(({ at }) => at > this.now);
		if (this.#fired.size > 0 || isLate) return 0;
		const { ready } = this;
		const times = this.kept
			.filter(isOpen)
			.flatMap((job) => [
				...(isDelayed(job) ? [job.runAt] : []),
				...(job.expiresAt === null ? [] : [job.expiresAt]),
				...(ready.has(job) ? [waiveTime(job) ?? []].flat() : []),
			]);
		for (const [queue, bucket] of this.limits.rates) {
			const { perMs, level, count, at } = fill(bucket, this.now);
			const waits = [...ready].some(({ spec }) => spec.queue === queue);
			if (level < perMs && waits) times.push(at + Math.ceil((perMs - level) / count));
		}
		return times.length === 0 ? undefined : Math.min(...times);
	}

	/** The conditions that somebody waits for or depends on. */
	needs(): ConditionSet[] {
		const { ready } = this;
		return this.kept
			.filter(
				(job) =>
					(job.bound || job.workerBound) &&
					(ready.has(job) || (isActive(job) && !job.held && !job.leftSlot)),
			)
			.flatMap(({ bound, workerBound, spec: { conditions, worker, memoryMB } }) => {
				const set = bound ? conditions : null;
				if ((worker ?? memoryMB) === null || !workerBound) return set ?? [];
				const own = worker === null ? { room: roundedUp(memoryMB ?? 0) } : { worker };
				return { ...(set ?? { power: 'any', minBattery: null, idle: false }), ...own };
			});
	}

	emit(name: string, workspace: string): number {
		const waiting = this.#waitingFor(name, workspace, Number.POSITIVE_INFINITY);
		if (waiting.length > 0) this.#fired.set(`${name} ${workspace}`, this.#ledger.generation);
		return waiting.length;
	}

	claim(): string[] {
		const chosen = chooseClaims(
			this.kept,
			this.machine,
			this.limits,
			this.#served,
			this.#ledger,
			(job) => this.isAwaited(job),
		);
		for (const job of chosen.resumed) {
			job.state = 'running';
			job.yielded = false;
			if (job.runNow) job.bound = false;
			job.runNow = false;
			beginTrial(job, this.#ledger.monotonic);
			this.#ledger.orders.push(`resume ${job.id}.${job.run}`);
		}
		for (const job of chosen.claimed) {
			if (job.runNow || job.spec.onConstraintLost === 'finish') {
				Object.assign(job, { bound: false, workerBound: false });
			}
			job.handed = job.spec.worker !== null;
			job.roomSince = null;
			Object.assign(job, { state: 'running', runNow: false, event: null });
			beginTrial(job, this.#ledger.monotonic);
			const bucket = this.limits.rates.get(job.spec.queue);
			if (bucket !== undefined) {
				const { level, at } = fill(bucket, this.now);
				Object.assign(bucket, { level: Math.max(0, level - bucket.perMs), at });
			}
			job.run++;
			job.runStartedAt = this.now;
			job.attempt++;
			job.expiresAt = job.deadlineAt;
		}
		for (const job of chosen.passed) settle(this.#ledger, job);
		this.#settle();
		return chosen.claimed.map((job) => job.id);
	}

	/** Runs step aside whose conditions are lost, or go on if they had not stopped yet. */
	review(): void {
		for (const job of this.kept) {
			const { conditions, onConstraintLost } = job.spec;
			if (job.state !== 'running' || job.awaiting || job.held || job.stop !== null) continue;
			if (!job.bound || conditions === null || job.leftSlot) continue;
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
		this.#settleOne(job);
		if (!isActive(job)) return;
		finish(this.#ledger, job, outcome, boot);
		this.#settle();
	}

	cancel(job: ModelJob): boolean {
		this.#settleOne(job);
		if (!isOpen(job)) return false;
		stop(this.#ledger, job, 'cancel');
		this.#settle();
		return true;
	}

	/** Its time is up, or the daemon is asked to leave. */
	stopRun(job: ModelJob, cause: 'timeout' | 'ready' | 'memory' | 'interrupted'): void {
		this.#settleOne(job);
		if (isActive(job)) stop(this.#ledger, job, cause);
	}

	/** Its worker begins what it was handed. */
	begin(job: ModelJob): void {
		this.#settleOne(job);
		if (isActive(job) && job.stop === null) job.handed = false;
	}

	/** The run that goes on has come so far. */
	reach(job: ModelJob, checkpoint: string): void {
		job.checkpoint = checkpoint;
	}

	becomeReady(job: ModelJob): void {
		this.#settleOne(job);
		becomeReady(this.#ledger, job);
	}

	/** A new question takes the place of one that is open. */
	ask(job: ModelJob, question: string): void {
		this.#settleOne(job);
		if (isActive(job) && job.stop === null) job.question = question;
	}

	/** Nobody has answered for a while. */
	leaveSlot(job: ModelJob): void {
		this.#settleOne(job);
		if (!hasSlot(job) || job.question === null) return;
		job.leftSlot = true;
		this.#ledger.orders.push(`leaveSlot ${job.id}.${job.run}`);
	}

	/** It goes on at once, whoever has its slot. */
	answer(job: ModelJob, question: string): boolean {
		this.#settleOne(job);
		if (job.question !== question) return false;
		Object.assign(job, { question: null, leftSlot: false });
		this.#ledger.orders.push(`answer ${job.id}.${job.run}`);
		return true;
	}

	pause(job: ModelJob): boolean {
		this.#settleOne(job);
		if (!isOpen(job) || job.held || (job.stop !== null && job.againAt === null)) return false;
		if (cannotPause(job)) return false;
		hold(this.#ledger, job);
		this.#settle();
		return true;
	}

	pauseCarriedOut(job: ModelJob, paused: boolean): void {
		this.#settleOne(job);
		if (job.state !== 'running' || job.awaiting || job.stop !== null) return;
		if (!job.held && !job.yielded) {
			if (paused) {
				job.leftSlot = false;
				this.#ledger.orders.push(`resume ${job.id}.${job.run}`);
			}
		} else if (paused) Object.assign(job, { state: 'paused', leftSlot: false });
		else if (job.spec.restartable || job.handed) stop(this.#ledger, job, 'interrupted');
		else {
			Object.assign(job, { held: false, yielded: false, bound: false, workerBound: false });
			this.#ledger.orders.push(`resume ${job.id}.${job.run}`);
		}
	}

	resume(job: ModelJob): boolean {
		this.#settleOne(job);
		if (!isOpen(job) || !job.held || job.needsApproval || isDoomed(job)) return false;
		letGo(this.#ledger, job, false);
		this.#settle();
		return true;
	}

	/** What a tool asked for may start. */
	approve(job: ModelJob): boolean {
		this.#settleOne(job);
		if (!isOpen(job) || !job.needsApproval || isDoomed(job)) return false;
		job.needsApproval = false;
		letGo(this.#ledger, job, false);
		this.#settle();
		return true;
	}

	runNow(job: ModelJob): boolean {
		this.#settleOne(job);
		if (!isOpen(job) || job.state === 'running' || job.needsApproval || isDoomed(job)) return false;
		letGo(this.#ledger, job, true);
		this.#settle();
		return true;
	}

	update(job: ModelJob, { priority, queue, runAt }: ModelUpdate): boolean {
		this.#settleOne(job);
		if (!isOpen(job) || job.state !== 'queued' || isStopping(job) || isDoomed(job)) return false;
		if (runAt !== undefined && job.deadlineAt !== null && runAt > job.deadlineAt) return false;
		job.priority = priority ?? job.priority;
		job.spec = { ...job.spec, queue: queue ?? job.spec.queue };
		if (runAt !== undefined) {
			Object.assign(job, { runAt, wait: null, runNow: false });
			job.due = isDue(job, this.now);
		}
		this.#settle();
		return true;
	}

	/** The successor made, the job itself when it only became due, or false. */
	retry(job: ModelJob, id: string): ModelJob | false {
		this.#settleOne(job);
		if (isOpen(job)) {
			if (!isDelayed(job) || job.attempt === 0) return false;
			Object.assign(job, { runAt: this.now, wait: null, due: true });
			this.#settle();
			return job;
		}
		if (job.removed || (job.parent !== null && isOpen(job.parent))) return false;
		const after = conditionsAgain(this.#ledger, job);
		if (after === undefined) return false;
		const deadlineAt = job.deadlineAt !== null && job.deadlineAt > this.now ? job.deadlineAt : null;
		const successor = add(
			this.#ledger,
			{ spec: job.spec, parent: null, sent: '', needsApproval: false },
			{
				id,
				key: null,
				priority: job.priority,
				retryOf: job.id,
				deadlineAt,
				event: job.event,
				firstTrigger: this.now,
				after,
				hook: job.hook,
			},
		);
		if (job.state !== 'succeeded') successor.checkpoint = job.checkpoint;
		this.#settle();
		return successor;
	}

	/** Those that ended because of it are retried too, and so on; `ids` are those of the new jobs, in order. */
	retryWaiters(of: ModelJob, ids: string[]): ModelJob[] {
		const retried = [of];
		const made: ModelJob[] = [];
		for (const target of retried) {
			hasten(this.#ledger, target);
			for (const waiter of waitersOf(this.#ledger, target)) {
				const isBroken = waiter.after.some((one) => one.target === target && one.holds === false);
				if (!isBroken || isOpen(waiter) || !waiter.wasDependent) continue;
				if (successorOf(this.#ledger, waiter) !== undefined) continue;
				const successor = this.retry(waiter, ids[0] ?? '');
				if (successor === false) continue;
				ids.shift();
				made.push(successor);
				retried.push(waiter);
			}
		}
		this.#settle();
		return made;
	}

	remove(job: ModelJob): boolean {
		this.#settleOne(job);
		if (job.removed || isOpen(job) || isReleasing(this.#ledger, job)) return false;
		if (job.parent !== null && isOpen(job.parent)) return false;
		job.removed = true;
		return true;
	}

	/** The next group of children of what was stopped, paused or resumed; whether there is more. */
	sweep(rows: number): boolean {
		const more = advanceSweep(this.#ledger, rows);
		this.#settle();
		return more;
	}

	isAwaited(job: ModelJob): boolean {
		return isAwaited(this.#ledger, job);
	}

	get sweeping(): boolean {
		return this.#ledger.sweeps.length > 0;
	}

	/** The daemon died and a new one came up. */
	crash(boot: string): void {
		this.#served = { turns: new Map(), turn: 0 };
		for (const job of this.kept)
			Object.assign(job, { trialSince: null, waitsSince: null, roomSince: null });
		for (const job of this.kept.filter(isActive)) this.finish(job, 'interrupted', boot);
		this.takeOrders();
	}

	/** What is coming for it from above comes first. */
	#settleOne(job: ModelJob): void {
		settle(this.#ledger, job);
		this.#settle();
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

/** Only its time keeps it from being ready. */
function isDelayed(job: ModelJob): boolean {
	const waits = job.state === 'queued' && !isStopping(job) && !job.held;
	return waits && !job.due && !hasOpen(job);
}

/** Whether some wait of it began later than now: the clock was set back since. */
function isStretched(job: ModelJob, now: number): boolean {
	return isWaiverStretched(job, now) || isDelayStretched(job, now) || isTtlStretched(job, now);
}

function isWaiverStretched({ bound, readySince, spec }: ModelJob, now: number): boolean {
	return bound && spec.maxWaitMs !== null && readySince !== null && readySince > now;
}

function isDelayStretched(job: ModelJob, now: number): boolean {
	const { wait, runAt } = job;
	return isDelayed(job) && wait !== null && runAt - wait > now;
}

function isTtlStretched({ state, run, expiresAt, spec }: ModelJob, now: number): boolean {
	if (state !== 'queued' || run > 0 || expiresAt === null || spec.ttlMs === null) return false;
	return expiresAt - spec.ttlMs > now;
}

/** Such a wait begins now. */
function beginAgain(job: ModelJob, now: number): void {
	if (isWaiverStretched(job, now)) job.readySince = now;
	if (isDelayStretched(job, now)) job.runAt = now + (job.wait ?? 0);
	if (!isTtlStretched(job, now)) return;
	const end = now + (job.spec.ttlMs ?? 0);
	job.expiresAt = Math.min(end, job.deadlineAt ?? Number.POSITIVE_INFINITY);
}

/** When it starts without its conditions, should they not be met before. */
function waiveTime({ bound, readySince, spec }: ModelJob): number | null {
	return bound && readySince !== null && spec.maxWaitMs !== null
		? readySince + spec.maxWaitMs
		: null;
}
