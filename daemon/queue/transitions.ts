/**
 * The moves a job makes (docs/design.md section 3). Every change of state passes through one of these,
 * which keep the subject lock, the counts of the parent and the cascade to children right.
 */
import type { Progress, StopReason } from '../../shared/job.ts';
import type { Sqlite } from '../sqlite/open.ts';
import { type ChildTable, describeFailedChildren } from './children.ts';
import { STAGE, STATE } from './codes.ts';
import type { JobRow } from './rows.ts';
import type { JobTable } from './statements.ts';
import { storedSpec } from './storedSpec.ts';
import type { Subjects } from './subjects.ts';
import type { Tx } from './tx.ts';

export interface EndFacts {
	readonly reason: StopReason;
	readonly error?: { readonly code: string; readonly message: string } | undefined;
	readonly exitCode?: number | null;
	readonly signal?: string | null;
	readonly result?: string | null;
	readonly logBytes?: number;
}

export interface Transitions {
	/** Ends a job for good; its open children end with it, its parent may end after it. */
	end(tx: Tx, row: JobRow, to: number, facts: EndFacts): void;
	/**
	 * Puts an active job back into the queue, or ends it as superseded when a newer one of its subject waits.
	 */
	requeue(tx: Tx, row: JobRow, runAt: number): void;
	/** Its own process ended well while children are open. */
	awaitChildren(tx: Tx, row: JobRow, facts: EndFacts): void;
	/** Ends a parent whose process and children have all ended. */
	endByChildren(tx: Tx, row: JobRow, facts: EndFacts): void;
	/** Asks for a job's end: at once when it has no process, else durable and carried out after the commit. */
	requestStop(tx: Tx, row: JobRow, cause: StopReason, reason?: string): void;
	/** Ends every open child, as superseded or cancelled. */
	stopChildren(tx: Tx, parent: JobRow, cause: 'cancel' | 'supersede'): void;
}

/** The end state that a cause of stopping leads to, whatever the process made of it. */
export function endStateOf(cause: StopReason): number {
	switch (cause) {
		case 'cancel':
			return STATE.cancelled;
		case 'supersede':
			return STATE.superseded;
		case 'ttl':
		case 'deadline':
			return STATE.expired;
		default:
			return STATE.failed;
	}
}

/** Causes that a later cancel may replace; among all others the first wins. */
const OVERRIDDEN_BY_CANCEL: ReadonlySet<StopReason> = new Set(['interrupted', 'supersede']);

export function createTransitions(
	db: Sqlite,
	table: JobTable,
	subjects: Subjects,
	children: ChildTable,
	progressOf: (id: string) => Progress | undefined,
): Transitions {
	const endRow = db.prepare(
		`UPDATE jobs SET state = ?, stage = ${STAGE.ended}, phase = 0, yielded = NULL, finished_at = ?, expires_at = NULL,
		 stop_reason = ?, error_code = ?, error_message = ?, exit_code = ?, signal = ?, result = ?,
		 progress = coalesce(?, progress), log_bytes = coalesce(?, log_bytes)
		 WHERE generation = ? AND stage <> ${STAGE.ended}`,
	);
	// The deadline stands again: it may have passed while another stop was pending, and had no effect then.
	const requeueRow = db.prepare(
		`UPDATE jobs SET state = ${STATE.queued}, stage = ?, phase = 0, run_at = ?,
		 class = own_class, yielded = NULL, stop_cause = NULL, stop_at = NULL,
		 expires_at = json_extract(spec, '$.deadlineAt'), progress = coalesce(?, progress) WHERE generation = ?`,
	);
	const childrenPhase = db.prepare(
		`UPDATE jobs SET state = ${STATE.running}, phase = 1, yielded = NULL, result = ?, exit_code = ?, log_bytes = coalesce(?, log_bytes),
		 progress = coalesce(?, progress)
		 WHERE generation = ?`,
	);
	const setStop = db.prepare('UPDATE jobs SET stop_cause = ?, stop_at = ? WHERE generation = ?');

	function progressText(id: string): string | null {
		const progress = progressOf(id);
		return progress === undefined ? null : JSON.stringify(progress);
	}

	function end(tx: Tx, row: JobRow, to: number, facts: EndFacts): void {
		const { changes } = endRow.run(
			to,
			tx.now,
			facts.reason,
			facts.error?.code ?? null,
			facts.error?.message ?? null,
			facts.exitCode ?? null,
			facts.signal ?? null,
			facts.result ?? null,
			progressText(row.id),
			facts.logBytes ?? null,
			row.generation,
		);
		// A cascade may have ended it already: a finished job never changes.
		if (changes === 0) return;
		tx.moved({ queue: row.queue, from: row.state, to });
		tx.changed(row.id);
		tx.ended(row.id);
		tx.wake();
		subjects.release(tx, row.type, row.subject);
		stopChildren(tx, row, to === STATE.superseded ? 'supersede' : 'cancel');
		if (row.parent !== null) {
			children.moved(row.parent, row.state, to);
			const parent = table.byGeneration(row.parent);
			if (parent !== undefined) childEnded(tx, parent);
		}
	}

	function childEnded(tx: Tx, parent: JobRow): void {
		tx.changed(parent.id);
		if (parent.state !== STATE.running || parent.phase !== 1) return;
		if (children.open(parent.generation) > 0) return;
		endByChildren(tx, parent, {
			reason: 'exit',
			exitCode: parent.exit_code,
			result: parent.result,
		});
	}

	function endByChildren(tx: Tx, row: JobRow, facts: EndFacts): void {
		const failure = describeFailedChildren(children.counts(row.generation));
		if (failure === undefined) end(tx, row, STATE.succeeded, facts);
		else {
			const error = { code: 'CHILDREN', message: failure };
			end(tx, row, STATE.failed, { ...facts, reason: 'children', error });
		}
	}

	function requeue(tx: Tx, row: JobRow, runAt: number): void {
		if (row.subject !== null && subjects.hasNewer(row.type, row.subject, row.generation)) {
			end(tx, row, STATE.superseded, { reason: 'supersede' });
			return;
		}
		const delayed = runAt > tx.now;
		// With a subject it first joins the waiting ones; release then picks the best, itself included.
		const waits = row.subject !== null;
		const open = delayed ? STAGE.delayed : waits ? STAGE.subject : STAGE.ready;
		const stage = row.held === 1 ? STAGE.held : open;
		requeueRow.run(stage, runAt, progressText(row.id), row.generation);
		if (stage === STAGE.ready) subjects.ready(tx, { ...row, class: row.own_class });
		subjects.release(tx, row.type, row.subject);
		tx.moved({ queue: row.queue, from: row.state, to: STATE.queued });
		tx.changed(row.id);
		tx.wake();
		if (row.parent !== null) children.moved(row.parent, row.state, STATE.queued);
	}

	function requestStop(tx: Tx, row: JobRow, cause: StopReason, reason?: string): void {
		if (row.state === STATE.queued || row.phase === 1) {
			end(tx, row, endStateOf(cause), { reason: cause });
			return;
		}
		const standing = row.stop_cause;
		if (standing !== null && !(cause === 'cancel' && OVERRIDDEN_BY_CANCEL.has(standing))) return;
		setStop.run(cause, tx.now, row.generation);
		const { graceMs } = storedSpec(row);
		const why = reason === undefined ? {} : { reason };
		tx.order({ kind: 'stop', id: row.id, run: row.run, cause, graceMs, ...why });
		tx.changed(row.id);
		if (cause !== 'interrupted' && cause !== 'timeout') {
			stopChildren(tx, row, cause === 'supersede' ? 'supersede' : 'cancel');
		}
	}

	function stopChildren(tx: Tx, parent: JobRow, cause: 'cancel' | 'supersede'): void {
		for (const child of children.openRows(parent.generation)) requestStop(tx, child, cause);
	}

	return {
		end,
		requeue,
		endByChildren,
		requestStop,
		stopChildren,
		awaitChildren(tx, row, facts) {
			childrenPhase.run(
				facts.result ?? null,
				facts.exitCode ?? null,
				facts.logBytes ?? null,
				progressText(row.id),
				row.generation,
			);
			// It may have been paused in the very moment in which it ended.
			if (row.state !== STATE.running) {
				tx.moved({ queue: row.queue, from: row.state, to: STATE.running });
				if (row.parent !== null) children.moved(row.parent, row.state, STATE.running);
			}
			tx.changed(row.id);
			tx.wake();
		},
	};
}
