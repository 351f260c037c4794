/** Enqueuing (docs/design.md section 3): keys, parents, debounce and supersede, all in one transaction. */
import { SemanticaError } from '../../shared/errors.ts';
import { type JobSpec, type JobState, LIMITS } from '../../shared/job.ts';
import type { Result } from '../../shared/protocol/requests.ts';
import type { Sqlite } from '../sqlite/open.ts';
import type { ChildTable } from './children.ts';
import { STAGE, STATE, stateName } from './codes.ts';
import { conditionSetOf } from './conditions.ts';
import type { JobHandler } from './handlers.ts';
import type { PayloadStore, StoredPayload } from './payloadStore.ts';
import type { JobRow } from './rows.ts';
import type { JobTable } from './statements.ts';
import { encodeSpec } from './storedSpec.ts';
import { type Subjects, waiveTime } from './subjects.ts';
import type { Transitions } from './transitions.ts';
import type { Tx } from './tx.ts';
import type { WaitClasses } from './waitClasses.ts';
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
export type Enqueue = (tx: Tx, jobs: readonly PreparedJob[]) => Enqueued[];

export interface EnqueueDependencies {
	readonly db: Sqlite;
	readonly table: JobTable;
	readonly children: ChildTable;
	readonly subjects: Subjects;
	readonly transitions: Transitions;
	readonly classes: WaitClasses;
	readonly payloads: PayloadStore;
}

const INSERT = `INSERT INTO jobs (id, type, title, queue, workspace, subject, key, spec_hash, tag, parent,
	depth, priority, spec, state, stage, created_at, first_trigger, run_at, expires_at, payload_bytes, retry_of,
	own_class, class, on_lost, max_wait, waive_at, event)
	VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ${STATE.queued}, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`;

/** What an inserted row is made of, beyond what the transaction decides. */
export interface NewRow {
	readonly type: string;
	readonly title: string;
	readonly queue: string;
	readonly workspace: string;
	readonly subject: string | null;
	readonly key: string | null;
	readonly specHash: string | null;
	readonly tag: string | null;
	readonly parent: number | null;
	readonly depth: number;
	readonly priority: number;
	readonly spec: string;
	readonly firstTrigger: number;
	readonly runAt: number;
	readonly expiresAt: number | null;
	readonly payloadBytes: number;
	readonly retryOf: string | null;
	readonly waitClass: number;
	readonly onLost: number;
	readonly maxWait: number | null;
	/** The event it still waits for. */
	readonly event: string | null;
}

export interface Inserter {
	insert(tx: Tx, row: NewRow): { id: string; generation: number };
}

export function createInserter(db: Sqlite, subjects: Subjects, newId: () => string): Inserter {
	const insert = db.prepare(INSERT);
	return {
		insert(tx, row) {
			const id = newId();
			const waits = { class: row.waitClass, max_wait: row.maxWait };
			const stage = subjects.stageFor(tx, { ...row, ...waits, run_at: row.runAt });
			const { lastInsertRowid } = insert.run(
				id,
				row.type,
				row.title,
				row.queue,
				row.workspace,
				row.subject,
				row.key,
				row.specHash,
				row.tag,
				row.parent,
				row.depth,
				row.priority,
				row.spec,
				stage,
				tx.now,
				row.firstTrigger,
				row.runAt,
				row.expiresAt,
				row.payloadBytes,
				row.retryOf,
				row.waitClass,
				row.waitClass,
				row.onLost,
				row.maxWait,
				stage === STAGE.ready ? waiveTime(tx, waits) : null,
				row.event,
			);
			if (row.expiresAt !== null) tx.wake();
			tx.moved({ queue: row.queue, from: null, to: STATE.queued });
			tx.changed(id);
			return { id, generation: Number(lastInsertRowid) };
		},
	};
}

export function createEnqueue(dependencies: EnqueueDependencies, inserter: Inserter): Enqueue {
	const { db, table, children, subjects, transitions, classes, payloads } = dependencies;
	const byKey = db.prepare<[string], JobRow>(
		'SELECT * FROM jobs WHERE key = ? AND key IS NOT NULL',
	);

	function findParent(spec: JobSpec, index: number): JobRow | null {
		if (spec.parentId === undefined) return null;
		const path = `jobs[${index}].parentId`;
		const parent = table.byId(spec.parentId);
		if (parent === undefined) {
			throw new SemanticaError('VALIDATION', `The parent job ${spec.parentId} does not exist.`, {
				path,
			});
		}
		if (parent.stage === STAGE.ended || parent.stop_cause !== null) {
			const state = parent.stage === STAGE.ended ? stateName(parent.state) : 'being stopped';
			throw new SemanticaError(
				'VALIDATION',
				`The parent job ${spec.parentId} is ${state}; a child needs a parent that is still open.`,
				{ path },
			);
		}
		if (parent.depth + 1 > LIMITS.parentDepth) {
			throw new SemanticaError(
				'VALIDATION',
				`Jobs may be nested ${LIMITS.parentDepth} deep at most.`,
				{ path },
			);
		}
		if (spec.subject !== undefined) refuseSubjectOf(parent, spec.type, spec.subject, index);
		return parent;
	}

	// Whoever waits for its parts keeps its subject, so such a part would wait for it, and it for the part.
	function refuseSubjectOf(parent: JobRow, type: string, subject: string, index: number): void {
		let row: JobRow | undefined = parent;
		while (row !== undefined) {
			if (row.type === type && row.subject === subject) {
				throw new SemanticaError(
					'VALIDATION',
					`The subject "${subject}" belongs to job ${row.id}, which this job would be a part of: ` +
						'each would wait for the other. Give the part a subject of its own.',
					{ path: `jobs[${index}].subject` },
				);
			}
			row = row.parent === null ? undefined : table.byGeneration(row.parent);
		}
	}

	// Same key and same specification is the same job; another specification is a mistake of the client.
	function findExisting({ spec, specHash }: PreparedJob, index: number): JobRow | undefined {
		if (spec.key === undefined) return undefined;
		const row = byKey.get(spec.key);
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

	// Ends what this job replaces and returns the ids, oldest first, and where their debounce began.
	function supersedeOlder(tx: Tx, type: string, subject: string, abort: boolean) {
		const ended: string[] = [];
		let firstTrigger = tx.now;
		for (const older of subjects.queued(type, subject)) {
			// One that has run belongs to a burst that is over.
			if (older.run === 0) firstTrigger = Math.min(firstTrigger, older.first_trigger);
			transitions.end(tx, older, STATE.superseded, { reason: 'supersede' });
			ended.push(older.id);
		}
		const active = abort ? subjects.active(type, subject) : undefined;
		if (active !== undefined) {
			transitions.requestStop(tx, active, 'supersede');
			ended.push(active.id);
		}
		return { ended, firstTrigger };
	}

	// A part that asks for nothing itself waits and steps aside with its parent: for what that depends on now.
	function waitsOf(tx: Tx, { spec, sparing }: PreparedJob, parent: JobRow | null) {
		if (parent?.stage === STAGE.active && spec.constraints === undefined) {
			return { waitClass: parent.class, onLost: ON_LOST.pause };
		}
		return {
			waitClass: classes.intern(tx, conditionSetOf(spec.constraints, sparing)),
			onLost: ON_LOST[spec.onConstraintLost ?? 'finish'],
		};
	}

	function enqueueOne(tx: Tx, prepared: PreparedJob, index: number): Enqueued {
		const { spec, handler, workspace, payload, specHash } = prepared;
		const existing = findExisting(prepared, index);
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
		// Counted before what it replaces ends: a parent that waits for that alone must not end meanwhile.
		if (parent !== null) children.added(parent.generation, STATE.queued);
		const { ended, firstTrigger } =
			spec.subject !== undefined && spec.supersede !== 'none'
				? supersedeOlder(tx, spec.type, spec.subject, spec.supersede === 'abort')
				: { ended: [], firstTrigger: tx.now };
		const { debounceMs = 0, maxDelayMs = 10 * debounceMs } = spec;
		// Trailing debounce, but never later than maxDelayMs after the first of the burst.
		const debounced =
			debounceMs === 0 ? tx.now : Math.min(tx.now + debounceMs, firstTrigger + maxDelayMs);
		const { waitClass, onLost } = waitsOf(tx, prepared, parent);
		const { id, generation } = inserter.insert(tx, {
			type: spec.type,
			title: spec.title ?? spec.type,
			queue: spec.queue ?? handler.defaults.queue,
			workspace,
			subject: spec.subject ?? null,
			key: spec.key ?? null,
			specHash,
			tag: spec.tag ?? null,
			parent: parent?.generation ?? null,
			depth: parent === null ? 0 : parent.depth + 1,
			priority: spec.priority ?? parent?.priority ?? 0,
			spec: specText(prepared, maxDelayMs),
			firstTrigger: debounceMs === 0 ? tx.now : firstTrigger,
			runAt: Math.max(spec.runAt ?? tx.now, debounced),
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
		});
		if (payload !== null) payloads.attach(generation, payload);
		if (parent !== null) tx.changed(parent.id);
		return { id, state: 'queued', generation, superseded: ended, existing: false };
	}

	return (tx, jobs) => {
		const answers = jobs.map((prepared, index) => enqueueOne(tx, prepared, index));
		// A later job of the same request may have ended an earlier one, its children, or one that was there.
		if (answers.every((answer) => answer.superseded.length === 0)) return answers;
		return answers.map((answer) => ({ ...answer, state: stateAfter(answer.id) }));
	};

	function stateAfter(id: string): JobState {
		return stateName(table.need(id).state);
	}
}

function earliest(a: number | null, b: number | null): number | null {
	if (a === null || b === null) return a ?? b;
	return Math.min(a, b);
}

function specText({ spec, handler }: PreparedJob, maxDelayMs: number): string {
	const { maxAttempts, restartable } = handler.defaults;
	return encodeSpec({ maxAttempts, restartable, ...spec, maxDelayMs });
}
