/** How jobs come into the model: keys, parents, debounce and supersede; of a request all jobs or none. */
import type { JobState } from '../../../shared/job.ts';
import { isOpen, type ModelJob, type ModelSpec } from './job.ts';
import { end, keptOf, type Ledger, ofSubject, stop } from './transitions.ts';

/** Why a request is refused as a whole. */
export type Refusal = 'CONFLICT' | 'VALIDATION';

export interface ModelEntry {
	readonly spec: ModelSpec;
	readonly parent: ModelJob | null;
	readonly sent: string;
}

export interface ModelAnswer {
	readonly id: string;
	readonly state: JobState;
	readonly superseded: readonly string[];
	readonly existing: boolean;
}

// Nothing is changed when anything of it is refused, so what refuses is looked for first, on a copy.
export function refusalOf(ledger: Ledger, entries: readonly ModelEntry[]): Refusal | undefined {
	const before = structuredClone({ jobs: ledger.jobs, generation: ledger.generation });
	const orders = ledger.orders.length;
	const parents = entries.map(({ parent }) => (parent === null ? -1 : ledger.jobs.indexOf(parent)));
	try {
		for (const [index, entry] of entries.entries()) {
			const known = byKey(ledger, entry.spec.key);
			if (known !== undefined && known.sent !== entry.sent) return 'CONFLICT';
			const parent = ledger.jobs[parents[index] ?? -1] ?? null;
			const fits = parent === null || (isOpen(parent) && parent.stop === null && parent.depth < 4);
			const unfit = !fits || hasSubjectOfAncestor(entry.spec.subject, parent);
			if (known === undefined && unfit) return 'VALIDATION';
			enter(ledger, { ...entry, parent }, `tried ${index}`);
		}
		return undefined;
	} finally {
		// Others hold on to the jobs themselves, so their values are put back, not they.
		ledger.jobs.length = before.jobs.length;
		for (const [index, job] of ledger.jobs.entries()) {
			const { parent: _, ...values } = before.jobs[index] as ModelJob;
			Object.assign(job, values);
		}
		ledger.generation = before.generation;
		ledger.orders.length = orders;
	}
}

function byKey(ledger: Ledger, key: string | null): ModelJob | undefined {
	return key === null ? undefined : keptOf(ledger).find((job) => job.key === key);
}

/** Each would wait for the other. */
function hasSubjectOfAncestor(subject: string | null, parent: ModelJob | null): boolean {
	if (subject === null || parent === null) return false;
	return parent.spec.subject === subject || hasSubjectOfAncestor(subject, parent.parent);
}

export function enter(ledger: Ledger, entry: ModelEntry, id: string): ModelAnswer {
	const { spec } = entry;
	const existing = byKey(ledger, spec.key);
	if (existing !== undefined) {
		return { id: existing.id, state: existing.state, superseded: [], existing: true };
	}
	const replaced = replacedBy(ledger, spec);
	const queued = replaced.filter((job) => job.state === 'queued');
	const burst = queued.filter((job) => job.run === 0).map((job) => job.firstTrigger);
	const firstTrigger = Math.min(ledger.now, ...burst);
	const deadlineAt = spec.deadlineMs === null ? null : ledger.now + spec.deadlineMs;
	const { key, event } = spec;
	const priority = spec.priority ?? entry.parent?.priority ?? 0;
	// It is there before what it replaces ends, which their parent may have waited for.
	add(
		ledger,
		{ ...entry, spec: withParentsConditions(entry) },
		{ id, key, priority, retryOf: null, deadlineAt, event, firstTrigger },
	);
	for (const job of replaced) {
		if (job.state === 'queued') end(ledger, job, 'superseded', 'supersede');
		else stop(ledger, job, 'supersede');
	}
	return { id, state: 'queued', superseded: replaced.map((job) => job.id), existing: false };
}

/** Queued ones first. */
function replacedBy(ledger: Ledger, { subject, supersede }: ModelSpec): ModelJob[] {
	if (subject === null || supersede === 'none') return [];
	const older = ofSubject(ledger, subject);
	const queued = older.filter((job) => job.state === 'queued');
	const active = older.filter((job) => job.state !== 'queued');
	return [...queued, ...(supersede === 'abort' ? active : [])];
}

/** A part that asks for nothing itself waits and steps aside with its running parent. */
function withParentsConditions({ spec, parent }: ModelEntry): ModelSpec {
	const constrained = spec.conditions !== null || spec.event !== null || spec.maxWaitMs !== null;
	if (constrained || parent === null || parent.state === 'queued') return spec;
	const conditions = parent.bound ? parent.spec.conditions : null;
	return { ...spec, conditions, onConstraintLost: 'pause' };
}

export function add(
	ledger: Ledger,
	{ spec, parent, sent }: ModelEntry,
	own: Pick<
		ModelJob,
		'id' | 'key' | 'priority' | 'retryOf' | 'deadlineAt' | 'event' | 'firstTrigger'
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
		depth: parent === null ? 0 : parent.depth + 1,
		generation: ++ledger.generation,
		firstTrigger: debounceMs === 0 ? ledger.now : own.firstTrigger,
		createdAt: ledger.now,
		runAt,
		due: runAt <= ledger.now,
		expiresAt: known.length === 0 ? null : Math.min(...known),
		state: 'queued',
		awaiting: false,
		held: false,
		runNow: false,
		bound: spec.conditions !== null,
		readySince: null,
		yielded: false,
		attempt: 0,
		run: 0,
		stop: null,
		unclean: 0,
		uncleanBoot: null,
		removed: false,
	};
	ledger.jobs.push(job);
	return job;
}
