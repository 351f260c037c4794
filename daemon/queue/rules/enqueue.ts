/** Enqueuing (docs/design.md section 3): keys, parents, debounce and supersede, all in one transaction. */
import { SemanticaError } from '../../../shared/errors.ts';
import { isFunctionType } from '../../../shared/functionTypes.ts';
import type { JobSpec } from '../../../shared/job.ts';
import type { JobState } from '../../../shared/jobTerms.ts';
import type { Result } from '../../../shared/protocol/requests.ts';
import type { Sqlite } from '../../sqlite/open.ts';
import { conditionSetOf, forJob } from '../ports/conditions.ts';
import type { JobHandler } from '../ports/handlers.ts';
import type { PayloadStore, StoredPayload } from '../ports/payloadStore.ts';
import type { ChildTable } from '../store/children.ts';
import { STAGE, STATE, stateName } from '../store/codes.ts';
import type { QueueLimits } from '../store/queueLimits.ts';
import type { KeyOwner, RemovedKeys } from '../store/removedKeys.ts';
import type { JobRow } from '../store/rows.ts';
import { isInScope, type Scope } from '../store/scope.ts';
import type { JobTable } from '../store/statements.ts';
import { encodeSpec } from '../store/storedSpec.ts';
import type { Tx } from '../store/tx.ts';
import type { WaitClasses } from '../store/waitClasses.ts';
import { type ConditionsOf, dependencyError, openAmong } from './conditionsOf.ts';
import { ANYTHING, familyOf, type Touchable } from './family.ts';
import type { Inserter } from './insert.ts';
import { createKnownJobs, type KnownJobs } from './known.ts';
import { createFindParent } from './parents.ts';
import { createReplacing, nothingReplaced } from './replacing.ts';
import { isRestartable, restarts } from './restart.ts';
import type { Subjects } from './subjects.ts';
import type { Sweeps } from './sweep.ts';
import type { Transitions } from './transitions.ts';
import { ON_LOST } from './yield.ts';

/** A specification that passed its handler, with its payload stored and pinned. */
export interface PreparedJob {
	readonly spec: JobSpec;
	readonly handler: JobHandler;
	/** Canonical folder URI, or '' for none. */
	readonly workspace: string;
	/** It waits while the battery is low, beside what it asks for itself. */
	readonly sparing: boolean;
	readonly payload: StoredPayload | null;
	/** Only beside a key. */
	readonly specHash: string | null;
}

export type Enqueued = Result<'job/enqueue'>['jobs'][number];
/** Who asks. */
export interface Asker {
	/** As the jobs will say it. */
	readonly origin: string;
	/** The job whose own run asks: it may replace, and learn of, work of its family only. */
	readonly job?: string | undefined;
	/** Of an AI tool: it may replace work of its folders only. */
	readonly scope?: Scope | undefined;
	/** By the job's place in the request: a person must approve it first. */
	readonly needsApproval?: ((index: number) => boolean) | undefined;
}
export interface Enqueue {
	(tx: Tx, jobs: readonly PreparedJob[], by: Asker): Enqueued[];
	/** The same, job by job. */
	inSteps(tx: Tx, jobs: readonly PreparedJob[], by: Asker): Generator<void, Enqueued[]>;
}

export interface EnqueueDependencies {
	readonly db: Sqlite;
	readonly table: JobTable;
	readonly children: ChildTable;
	readonly subjects: Subjects;
	readonly transitions: Transitions;
	readonly conditionsOf: ConditionsOf;
	readonly sweeps: Pick<Sweeps, 'settle' | 'tellNewcomer'>;
	readonly keys: RemovedKeys;
	readonly classes: WaitClasses;
	readonly payloads: PayloadStore;
	readonly queueLimits: Pick<QueueLimits, 'of'>;
}

/** What the jobs of one request have in common. */
interface Asked {
	readonly mayTouch: Touchable;
	readonly by: Asker;
	readonly named: KnownJobs;
}

export function createEnqueue(dependencies: EnqueueDependencies, inserter: Inserter): Enqueue {
	const { db, table, children, subjects, transitions, sweeps, keys, classes, payloads } =
		dependencies;
	const { conditionsOf, queueLimits } = dependencies;
	const findParent = createFindParent(table);
	const replacing = createReplacing(subjects, transitions);
	const setReplaced = db.prepare<[number, string]>('UPDATE jobs SET replaced_by = ? WHERE id = ?');
	const standing = db.prepare<[string], Pick<JobRow, 'state' | 'parent'>>(
		'SELECT state, parent FROM jobs WHERE id = ?',
	);
	const byKey = db.prepare<[string], KeyOwner & Pick<JobRow, 'parent' | 'workspace' | 'spec'>>(
		'SELECT id, generation, state, spec_hash, parent, workspace, spec FROM jobs WHERE key = ? AND key IS NOT NULL',
	);

	// Same key and same specification is the same job; another specification is a mistake of the client.
	function findExisting(
		tx: Tx,
		{ spec, specHash }: PreparedJob,
		index: number,
		mayTouch: Touchable,
	): KeyOwner | undefined {
		if (spec.key === undefined) return undefined;
		const kept = byKey.get(spec.key);
		const row = kept ?? keys.ownerOf(tx, spec.key);
		// Whose one was that is gone nobody knows any more.
		const isOwn = mayTouch === ANYTHING || (kept !== undefined && mayTouch(kept));
		if (row !== undefined && !isOwn) {
			throw new SemanticaError(
				'CONFLICT',
				`The key "${spec.key}" belongs to work outside of this job. Use a key of your own, with the job's id in it perhaps.`,
				{ path: `jobs[${index}].key` },
			);
		}
		if (row !== undefined && row.spec_hash !== specHash) {
			throw new SemanticaError(
				'CONFLICT',
				`The key "${spec.key}" already belongs to job ${row.id}, which was enqueued with another specification. ` +
					'Use a new key for other work.',
				{ path: `jobs[${index}].key`, id: row.id },
			);
		}
		return row;
	}

	// A part that asks for nothing itself waits and steps aside with its parent: for what that depends on now.
	function waitsOf(
		tx: Tx,
		prepared: PreparedJob,
		parent: JobRow | null,
		limits: JobSpec['limits'],
	) {
		const { spec, sparing } = prepared;
		if (parent?.stage === STAGE.active && spec.constraints === undefined) {
			const set = forJob(spec.type, limits?.memoryMB, classes.setOf(parent.class));
			return { waitClass: classes.intern(tx, set), onLost: onLostOfPart(prepared) };
		}
		return {
			waitClass: classes.intern(
				tx,
				forJob(spec.type, limits?.memoryMB, conditionSetOf(spec.constraints, sparing)),
			),
			onLost: ON_LOST[spec.onConstraintLost ?? 'finish'],
		};
	}

	/** What a job does not say of itself its queue says. */
	function limitsOf(spec: JobSpec, queue: string): JobSpec['limits'] {
		const usual = isFunctionType(spec.type) ? null : queueLimits.of(queue);
		return usual === null ? spec.limits : { ...usual, ...spec.limits };
	}

	function enqueueOne(
		tx: Tx,
		prepared: PreparedJob,
		index: number,
		{ mayTouch, by: { origin, scope, needsApproval }, named }: Asked,
	): Enqueued {
		const { spec, handler, workspace, payload, specHash } = prepared;
		const queue = spec.queue ?? handler.defaults.queue;
		// A tool's keys begin with what is its own.
		const mayMeet = scope === undefined ? mayTouch : ANYTHING;
		const existing = findExisting(tx, prepared, index, mayMeet);
		if (existing !== undefined) {
			return {
				id: existing.id,
				state: stateName(existing.state),
				generation: existing.generation,
				superseded: [],
				existing: true,
			};
		}
		const parent = findParent(spec, index);
		const after = conditionsOf.written(spec, index, named, parent);
		const error = dependencyError(after);
		if (openAmong(after) > 0 && error === undefined) {
			conditionsOf.refuseReplacing(after, replacing.meant(spec, mayTouch), index);
		}
		// Counted before what it replaces ends: a parent that waits for that alone must not end meanwhile.
		if (parent !== null) children.added(parent.generation, STATE.queued);
		// What can never run takes nobody's place.
		const { ended, firstTrigger, strangers } =
			error === undefined ? replacing.replace(tx, spec, mayTouch) : nothingReplaced(tx);
		if (ended.length > 0) named.forget();
		const { debounceMs = 0, maxDelayMs = 10 * debounceMs } = spec;
		// Trailing debounce, but never later than maxDelayMs after the first of the burst.
		const debounced =
			debounceMs === 0 ? tx.now : Math.min(tx.now + debounceMs, firstTrigger + maxDelayMs);
		const runAt = Math.max(spec.runAt ?? tx.now, debounced);
		const limits = limitsOf(spec, queue);
		const { waitClass, onLost } = waitsOf(tx, prepared, parent, limits);
		const { id, generation } = inserter.insert(tx, {
			type: spec.type,
			title: spec.title ?? spec.type,
			queue,
			workspace,
			subject: spec.subject ?? null,
			key: spec.key ?? null,
			specHash,
			tag: spec.tag ?? null,
			group: spec.group ?? '',
			groupLimit: spec.groupLimit ?? null,
			parent: parent?.generation ?? null,
			depth: parent === null ? 0 : parent.depth + 1,
			priority: spec.priority ?? parent?.priority ?? 0,
			// What it may not replace now it must not replace later either.
			spec: specText(prepared, maxDelayMs, strangers, limits),
			firstTrigger: debounceMs === 0 ? tx.now : firstTrigger,
			runAt,
			wait: runAt > tx.now && runAt !== spec.runAt ? runAt - tx.now : null,
			expiresAt: earliest(
				spec.ttlMs === undefined ? null : tx.now + spec.ttlMs,
				spec.deadlineAt ?? null,
			),
			payloadBytes: payload?.bytes ?? 0,
			retryOf: null,
			waitClass,
			onLost,
			maxWait: spec.constraints?.maxWaitMs ?? null,
			event: spec.constraints?.event ?? null,
			after,
			held: parent?.held === 1,
			needsApproval: needsApproval?.(index) ?? false,
			origin,
		});
		if (payload !== null) payloads.attach(generation, payload);
		for (const replaced of ended) setReplaced.run(generation, replaced);
		// A parent may have ended with the last of those.
		if (ended.length > 0) sweeps.tellNewcomer(tx, after);
		if (parent !== null) tx.changed(parent.id);
		const row = error === undefined ? undefined : table.byGeneration(generation);
		if (row !== undefined) {
			transitions.end(tx, row, STATE.cancelled, { reason: 'dependency', error });
			named.forget();
			return { id, state: 'cancelled', generation, superseded: [], existing: false };
		}
		return { id, state: 'queued', generation, superseded: ended, existing: false };
	}

	function* inSteps(tx: Tx, jobs: readonly PreparedJob[], by: Asker): Generator<void, Enqueued[]> {
		const mayTouch = touchableBy(by);
		const answers: Enqueued[] = [];
		const ids: string[] = [];
		const named = createKnownJobs(table, ids);
		for (const [index, prepared] of jobs.entries()) {
			const answer = enqueueOne(tx, prepared, index, { mayTouch, by, named });
			answers.push(answer);
			ids.push(answer.id);
			yield;
		}
		// A later job of the same request may have ended an earlier one, its children, or one that was there.
		if (answers.every((answer) => answer.superseded.length === 0)) return answers;
		for (const [index, answer] of answers.entries()) {
			answers[index] = { ...answer, state: stateAfter(tx, answer) };
			yield;
		}
		return answers;
	}

	function atOnce(tx: Tx, jobs: readonly PreparedJob[], by: Asker): Enqueued[] {
		const going = inSteps(tx, jobs, by);
		for (;;) {
			const step = going.next();
			if (step.done === true) return step.value;
		}
	}

	return Object.assign(atOnce, { inSteps });

	function touchableBy({ job, scope }: Asker): Touchable {
		if (job !== undefined) return familyOf(table, job);
		return scope === undefined ? ANYTHING : (row) => isInScope(row, scope);
	}

	function stateAfter(tx: Tx, { id, state }: Enqueued): JobState {
		// Only to parts of others something may be coming that is not done yet.
		const known = standing.get(id);
		if (known !== undefined && known.parent === null) return stateName(known.state);
		const row = table.byId(id);
		// One that has a key still may be removed itself.
		return row === undefined ? state : stateName(sweeps.settle(tx, row).state);
	}
}

/** A function cannot stand still: where it may be run again it goes back to the queue instead. */
function onLostOfPart({ spec, handler }: PreparedJob): number {
	if (!isFunctionType(spec.type)) return ON_LOST.pause;
	return isRestartable(spec, handler) ? ON_LOST.requeue : ON_LOST.finish;
}

function earliest(a: number | null, b: number | null): number | null {
	if (a === null || b === null) return a ?? b;
	return Math.min(a, b);
}

function specText(
	{ spec, handler }: PreparedJob,
	maxDelayMs: number,
	waits: boolean,
	limits: JobSpec['limits'],
): string {
	const { queue: _, ...defaults } = handler.defaults;
	const supersede = waits ? 'none' : spec.supersede;
	const restartable = isRestartable(spec, handler);
	const own = { supersede, maxDelayMs, restartable, limits };
	// What is begun anew is not tried again besides.
	const once = restarts(spec) ? { maxAttempts: 1 } : {};
	return encodeSpec({ ...defaults, ...spec, ...own, ...once });
}
