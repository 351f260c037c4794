/** How jobs come into the model: keys, parents, debounce and supersede; of a request all jobs or none. */
import type { JobState } from '../../../shared/jobTerms.ts';
import { judge, waitsForAny } from './dependencies.ts';
import {
	isOpen,
	isStopping,
	type ModelCondition,
	type ModelJob,
	type ModelSpec,
	readinessOf,
} from './job.ts';
import { beginTelling, stopOfChildren } from './sweeps.ts';
import { end, type Ledger, ofSubject, stop } from './transitions.ts';

const KEY_KEPT_MS = 24 * 3_600_000;

/** Why a request is refused as a whole. */
export type Refusal = 'CONFLICT' | 'VALIDATION' | 'NOT_FOUND';

export interface ModelEntry {
	readonly spec: ModelSpec;
	readonly parent: ModelJob | null;
	readonly sent: string;
	readonly needsApproval: boolean;
	/** A job, or the place of one in the same request. */
	readonly after: readonly {
		readonly target: ModelJob | number;
		readonly on: ModelCondition['on'];
	}[];
}

export interface ModelAnswer {
	readonly id: string;
	readonly state: JobState;
	readonly superseded: readonly string[];
	readonly existing: boolean;
}

// Nothing is changed when anything of it is refused, so what refuses is looked for first, on a copy.
export function refusalOf(ledger: Ledger, entries: readonly ModelEntry[]): Refusal | undefined {
	const before = {
		jobs: ledger.jobs.map((job) => ({ ...job, after: job.after.map((one) => ({ ...one })) })),
		generation: ledger.generation,
	};
	const orders = ledger.orders.length;
	const sweeps = ledger.sweeps.map((sweep) => ({ ...sweep, visited: new Set(sweep.visited) }));
	const parents = entries.map(({ parent }) => (parent === null ? -1 : ledger.jobs.indexOf(parent)));
	const entered: ModelJob[] = [];
	try {
		for (const [index, entry] of entries.entries()) {
			const known = byKey(ledger, entry.spec.key);
			if (known !== undefined && known.sent !== entry.sent) return 'CONFLICT';
			const parent = ledger.jobs[parents[index] ?? -1] ?? null;
			const fits = parent === null || (isOpen(parent) && !isStopped(parent) && parent.depth < 4);
			const unfit = !fits || hasSubjectOfAncestor(entry.spec.subject, parent);
			if (known === undefined && unfit) return 'VALIDATION';
			if (known === undefined) {
				const refusal = refusalOfConditions(ledger, { ...entry, parent }, entered);
				if (refusal !== undefined) return refusal;
			}
			const { id } = enter(ledger, { ...entry, parent }, `tried ${index}`, entered);
			entered.push(ledger.jobs.find((job) => job.id === id) as ModelJob);
		}
		return undefined;
	} finally {
		// Others hold on to the jobs themselves, so their values are put back, not they.
		ledger.jobs.length = before.jobs.length;
		for (const [index, job] of ledger.jobs.entries()) {
			const { parent: _, after, ...values } = before.jobs[index] as ModelJob;
			job.after.splice(0, job.after.length, ...after);
			Object.assign(job, values);
		}
		ledger.generation = before.generation;
		ledger.orders.length = orders;
		ledger.sweeps.splice(0, ledger.sweeps.length, ...sweeps);
	}
}

function refusalOfConditions(
	ledger: Ledger,
	entry: ModelEntry,
	earlier: readonly ModelJob[],
): Refusal | undefined {
	const { parent, spec } = entry;
	for (const { target: named, on } of entry.after) {
		const target = typeof named === 'number' ? earlier[named] : named;
		if (target === undefined) return 'VALIDATION';
		if (target.removed) return 'NOT_FOUND';
		if (on === 'ready' && readinessOf(target) === 'never') return 'VALIDATION';
		const isFamily = parent === null || target.parent === parent;
		if (!isFamily && !(on === 'ready' && isAbove(target, parent))) return 'VALIDATION';
	}
	const conditions = conditionsOf(entry, earlier);
	if (conditions.some(({ holds }) => holds === false)) return undefined;
	return waitsForAny(conditions, replacedBy(ledger, spec)) ? 'CONFLICT' : undefined;
}

function isAbove(target: ModelJob, job: ModelJob | null): boolean {
	return job !== null && (job === target || isAbove(target, job.parent));
}

function conditionsOf(
	{ after, parent }: ModelEntry,
	earlier: readonly ModelJob[],
): ModelCondition[] {
	return after.map(({ target: named, on }) => {
		const target = (typeof named === 'number' ? earlier[named] : named) as ModelJob;
		return judge({ target, on, holds: null }, { parent });
	});
}

/** It, or something above it, is being stopped. */
function isStopped(job: ModelJob): boolean {
	const above = ({ parent }: ModelJob): boolean =>
		parent !== null && (stopOfChildren(parent) !== undefined || above(parent));
	return job.stop !== null || above(job);
}

function byKey(ledger: Ledger, key: string | null): ModelJob | undefined {
	if (key === null) return undefined;
	const known = ledger.jobs.filter((job) => job.key === key);
	// Whoever removes a job does not free its key before its time.
	const stands = (job: ModelJob) =>
		!job.removed || (job.finishedAt ?? 0) + KEY_KEPT_MS > ledger.now;
	return known.find((job) => !job.removed) ?? known.find(stands);
}

/** Each would wait for the other. */
function hasSubjectOfAncestor(subject: string | null, parent: ModelJob | null): boolean {
	if (subject === null || parent === null) return false;
	return parent.spec.subject === subject || hasSubjectOfAncestor(subject, parent.parent);
}

/** `earlier` are those of the same request that came before. */
export function enter(
	ledger: Ledger,
	entry: ModelEntry,
	id: string,
	earlier: readonly ModelJob[],
): ModelAnswer {
	const { spec } = entry;
	const existing = byKey(ledger, spec.key);
	if (existing !== undefined) {
		return { id: existing.id, state: existing.state, superseded: [], existing: true };
	}
	const after = conditionsOf(entry, earlier);
	const isDead = after.some(({ holds }) => holds === false);
	const replaced = isDead ? [] : replacedBy(ledger, spec);
	const queued = replaced.filter((job) => job.state === 'queued');
	const burst = queued.filter((job) => job.run === 0).map((job) => job.firstTrigger);
	const firstTrigger = Math.min(ledger.now, ...burst);
	const deadlineAt = spec.deadlineMs === null ? null : ledger.now + spec.deadlineMs;
	const { key, event } = spec;
	const priority = spec.priority ?? entry.parent?.priority ?? 0;
	// It is there before what it replaces ends, which their parent may have waited for.
	const job = add(
		ledger,
		{ ...entry, spec: withParentsConditions(entry) },
		{ id, key, priority, retryOf: null, deadlineAt, event, firstTrigger, after, hook: null },
	);
	for (const older of replaced) {
		older.replacedBy = job;
		if (older.state === 'queued') end(ledger, older, 'superseded', 'supersede');
		else stop(ledger, older, 'supersede');
	}
	comesAfterHooks(ledger, job);
	// Whatever of that ended what it waits for is told to it too, whose place in the queue is known only now.
	for (const target of new Set(after.filter(({ holds }) => holds === null).map(targetOf)))
		if (!isOpen(target)) beginTelling(ledger, target, 'release');
	if (isDead) {
		end(ledger, job, 'cancelled', 'dependency');
		return { id, state: 'cancelled', superseded: [], existing: false };
	}
	return { id, state: 'queued', superseded: replaced.map((job) => job.id), existing: false };
}

const targetOf = ({ target }: ModelCondition): ModelJob => target;

/** Those of what it replaced are in the queue before it. */
function comesAfterHooks(ledger: Ledger, job: ModelJob): void {
	const at = ledger.jobs.indexOf(job);
	const hooks = ledger.jobs.splice(at).slice(1);
	for (const hook of hooks) hook.generation--;
	job.generation = ledger.generation;
	ledger.jobs.push(...hooks, job);
}

/** Queued ones first. */
function replacedBy(ledger: Ledger, { subject, supersede }: ModelSpec): ModelJob[] {
	if (subject === null || supersede === 'none') return [];
	const older = ofSubject(ledger, subject);
	const queued = older.filter((job) => job.state === 'queued' && !isStopping(job));
	const active = older.filter((job) => job.state !== 'queued');
	return [...queued, ...(supersede === 'abort' ? active : [])];
}

/** A part that asks for nothing itself waits and steps aside with its running parent. */
function withParentsConditions({ spec, parent }: ModelEntry): ModelSpec {
	const constrained = spec.conditions !== null || spec.event !== null || spec.maxWaitMs !== null;
	if (constrained || parent === null || parent.state === 'queued') return spec;
	const conditions = parent.bound ? parent.spec.conditions : null;
	if (spec.worker === null) return { ...spec, conditions, onConstraintLost: 'pause' };
	return { ...spec, conditions, onConstraintLost: spec.restartable ? 'requeue' : 'finish' };
}

export function add(
	ledger: Ledger,
	{ spec, parent, sent, needsApproval }: Omit<ModelEntry, 'after'>,
	own: Pick<
		ModelJob,
		| 'id'
		| 'key'
		| 'priority'
		| 'retryOf'
		| 'deadlineAt'
		| 'event'
		| 'firstTrigger'
		| 'after'
		| 'hook'
	>,
): ModelJob {
	const { debounceMs, delayMs, ttlMs } = spec;
	const isRetry = own.retryOf !== null;
	const trailing = ledger.now + debounceMs;
	const latest = own.firstTrigger + (spec.maxDelayMs ?? 10 * debounceMs);
	const debounced = debounceMs === 0 || isRetry ? ledger.now : Math.min(trailing, latest);
	const runAt = isRetry ? ledger.now : Math.max(ledger.now + delayMs, debounced);
	const ends = [own.deadlineAt, ttlMs === null ? null : ledger.now + ttlMs];
	const known = ends.filter((time) => time !== null);
	const job: ModelJob = {
		...own,
		spec,
		sent,
		parent,
		replacedBy: null,
		wasDependent: false,
		depth: parent === null ? 0 : parent.depth + 1,
		generation: ++ledger.generation,
		firstTrigger: debounceMs === 0 ? ledger.now : own.firstTrigger,
		createdAt: ledger.now,
		runAt,
		wait: runAt > ledger.now && runAt !== ledger.now + delayMs ? runAt - ledger.now : null,
		due: runAt <= ledger.now,
		expiresAt: known.length === 0 ? null : Math.min(...known),
		state: 'queued',
		awaiting: false,
		held: needsApproval || (parent?.held ?? false),
		needsApproval,
		runNow: false,
		bound: spec.conditions !== null,
		readySince: null,
		yielded: false,
		attempt: 0,
		run: 0,
		runStartedAt: 0,
		restarts: 0,
		readyAt: null,
		wasReady: false,
		question: null,
		leftSlot: false,
		stop: null,
		againAt: null,
		earlier: false,
		handed: false,
		workerBound: (spec.worker ?? spec.memoryMB) !== null,
		roomSince: null,
		workerDeaths: 0,
		checkpoint: null,
		unclean: 0,
		uncleanBoot: null,
		acquitted: 0,
		trialSince: null,
		waitsSince: null,
		finishedAt: null,
		removed: false,
	};
	ledger.jobs.push(job);
	return job;
}
