/** Retrying by hand: a finished job gets a successor; one in backoff becomes due now. */
import { SemanticaError } from '../../../shared/errors.ts';
import type { Sqlite } from '../../sqlite/open.ts';
import { withoutSparing } from '../ports/conditions.ts';
import type { PayloadStore } from '../ports/payloadStore.ts';
import { STAGE, STATE, stateName } from '../store/codes.ts';
import type { JobRow } from '../store/rows.ts';
import type { JobTable } from '../store/statements.ts';
import { encodeSpec, storedSpec } from '../store/storedSpec.ts';
import type { Tx } from '../store/tx.ts';
import type { WaitClasses } from '../store/waitClasses.ts';
import type { Checkpoints } from './checkpoints.ts';
import type { ConditionsOf } from './conditionsOf.ts';
import type { Inserter } from './insert.ts';
import type { Subjects } from './subjects.ts';

/** The new job's id, or null when the job itself was made due. @throws SemanticaError CONFLICT with the reason why not. */
export type Retry = (tx: Tx, row: JobRow) => string | null;

export interface RetryDependencies {
	readonly db: Sqlite;
	readonly table: JobTable;
	readonly subjects: Subjects;
	readonly inserter: Inserter;
	readonly payloads: PayloadStore;
	readonly classes: WaitClasses;
	readonly conditionsOf: Pick<ConditionsOf, 'again'>;
	readonly checkpoints: Pick<Checkpoints, 'share'>;
}

export function createRetry(dependencies: RetryDependencies): Retry {
	const { db, table, subjects, inserter, payloads, classes, conditionsOf } = dependencies;
	const makeDue = db.prepare(
		'UPDATE jobs SET run_at = ?, wait = NULL, stage = ? WHERE generation = ?',
	);
	const alwaysRun = db.prepare<[number]>('UPDATE jobs SET always_run = 1 WHERE generation = ?');
	const setDue = db.prepare<[number, number]>('UPDATE jobs SET due_at = ? WHERE generation = ?');

	return (tx, row) => {
		if (row.stage !== STAGE.ended) {
			if (row.stage !== STAGE.delayed || row.attempt === 0) {
				throw new SemanticaError(
					'CONFLICT',
					`it is ${stateName(row.state)}; only finished jobs and jobs waiting to be retried can be retried`,
				);
			}
			if (storedSpec(row).skipIfUnchanged !== null) alwaysRun.run(row.generation);
			makeDue.run(
				tx.now,
				subjects.stageFor(tx, { ...row, run_at: tx.now, wait: null }),
				row.generation,
			);
			tx.changed(row.id);
			return null;
		}
		const parent = row.parent === null ? undefined : table.byGeneration(row.parent);
		if (parent !== undefined && parent.stage !== STAGE.ended) {
			throw new SemanticaError(
				'CONFLICT',
				`its parent ${parent.id} is still open and decides about its children`,
			);
		}
		return successor(tx, row);
	};

	// A person asks for it now, whatever the first one was.
	function startedByHand(tx: Tx, waitClass: number): number {
		const set = classes.setOf(waitClass);
		return set?.sparing ? classes.intern(tx, withoutSparing(set)) : waitClass;
	}

	function successor(tx: Tx, row: JobRow): string {
		const after = row.after_count === 0 ? [] : conditionsOf.again(row);
		const spec = storedSpec(row);
		// A deadline that has passed would only expire the new job at once.
		const deadlineAt =
			spec.deadlineAt !== null && spec.deadlineAt > tx.now ? spec.deadlineAt : null;
		const ttlEnd = spec.ttlMs === null ? null : tx.now + spec.ttlMs;
		const { id, generation } = inserter.insert(tx, {
			type: row.type,
			title: row.title,
			queue: row.queue,
			workspace: row.workspace,
			subject: row.subject,
			key: null,
			specHash: null,
			tag: row.tag,
			group: row.group_name,
			groupLimit: row.group_limit,
			parent: null,
			depth: 0,
			priority: row.priority,
			spec: encodeSpec({ ...spec, deadlineAt }),
			firstTrigger: tx.now,
			runAt: tx.now,
			wait: null,
			expiresAt:
				deadlineAt === null || ttlEnd === null
					? (deadlineAt ?? ttlEnd)
					: Math.min(deadlineAt, ttlEnd),
			payloadBytes: row.payload_bytes,
			retryOf: row.id,
			waitClass: startedByHand(tx, row.own_class),
			onLost: row.on_lost,
			maxWait: row.max_wait,
			// What has fired once need not fire again.
			event: row.event,
			after,
			held: false,
			// Whoever retries it by hand has seen it.
			needsApproval: false,
			origin: row.origin,
		});
		// Whoever waits for it learns that this one stands for it.
		tx.changed(row.id);
		if (row.payload_bytes > 0) payloads.share(row.generation, generation);
		// What succeeded has gone its way to the end: the successor begins at the beginning.
		if (row.state !== STATE.succeeded) dependencies.checkpoints.share(row.generation, generation);
		if (spec.skipIfUnchanged !== null) alwaysRun.run(generation);
		if (row.due_at !== null) setDue.run(row.due_at, generation);
		return id;
	}
}
