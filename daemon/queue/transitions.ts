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
	/**
	 * Ends a job for good; its open children are stopped with it, its parent may end after it. One that was
	 * active ends only when the last child is gone: until then it keeps its subject.
	 */
	end(tx: Tx, row: JobRow, to: number, facts: EndFacts): void;
	/**
	 * Puts an active job back into the queue, or ends it as superseded when a newer one of its subject waits.
	 */
	requeue(tx: Tx, row: JobRow, runAt: number): void;
	/** Its own process ended well while children are open. */
	awaitChildren(tx: Tx, row: JobRow, facts: EndFacts): void;
	/** Ends a parent whose process and children have all ended. */
	endByChildren(tx: Tx, row: JobRow, facts: EndFacts): void;
	/** Asks for a job's end: at once when nothing of it runs, else durable and carried out after the commit. */
	requestStop(tx: Tx, row: JobRow, cause: StopReason, reason?: string): void;
	/** Ends every open child, as superseded or cancelled, also one that was to be run again after its own stop. */
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

/** Whether a cancel replaces this cause; it must not be lost where the job would run again. */
function yieldsToCancel(row: JobRow, standing: StopReason): boolean {
	if (standing === 'timeout') return row.attempt < storedSpec(row).maxAttempts;
	return standing === 'interrupted' || standing === 'supersede';
}

/** Causes after which a job may run again; a child whose parent ends may not. */
const OVERRIDDEN_BY_PARENT: ReadonlySet<StopReason> = new Set(['interrupted', 'timeout']);

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
		`UPDATE jobs SET state = ${STATE.running}, phase = 1, yielded = NULL, stop_cause = ?, stop_at = ?,
		 error_code = ?, error_message = ?, exit_code = ?, signal = ?, result = ?,
		 progress = coalesce(?, progress), log_bytes = coalesce(?, log_bytes) WHERE generation = ?`,
	);
	const setStop = db.prepare('UPDATE jobs SET stop_cause = ?, stop_at = ? WHERE generation = ?');

	function progressText(id: string): string | null {
		const progress = progressOf(id);
		return progress === undefined ? null : JSON.stringify(progress);
	}

	/** What a run left, in the order in which the statements take it. */
	function factValues(row: JobRow, facts: EndFacts) {
		return [
			facts.error?.code ?? null,
			facts.error?.message ?? null,
			facts.exitCode ?? null,
			facts.signal ?? null,
			facts.result ?? null,
			progressText(row.id),
			facts.logBytes ?? null,
			row.generation,
		];
	}

	function end(tx: Tx, row: JobRow, to: number, facts: EndFacts): void {
		const cause = to === STATE.superseded ? 'supersede' : 'cancel';
		const isActive = row.stage === STAGE.active;
		if (isActive && children.open(row.generation) > 0) {
			toChildren(tx, row, facts, facts.reason);
			// The last of them to end ends it.
			stopChildren(tx, row, cause);
			return;
		}
		const { changes } = endRow.run(to, tx.now, facts.reason, ...factValues(row, facts));
		// A cascade may have ended it already: a finished job never changes.
		if (changes === 0) return;
		tx.moved({ queue: row.queue, from: row.state, to });
		tx.changed(row.id);
		tx.ended(row.id);
		tx.wake();
		subjects.release(tx, row.type, row.subject);
		if (!isActive) stopChildren(tx, row, cause);
		if (row.parent !== null) {
			children.moved(row.parent, row.state, to);
			const parent = table.byGeneration(row.parent);
			if (parent !== undefined) childEnded(tx, parent);
		}
	}

	/** Only children are left of it; with a cause its end is decided, and they are being stopped. */
	function toChildren(tx: Tx, row: JobRow, facts: EndFacts, cause: StopReason | null): void {
		const since = cause === null ? null : (row.stop_at ?? tx.now);
		childrenPhase.run(cause, since, ...factValues(row, facts));
		// It may have been paused in the very moment in which it ended.
		if (row.state !== STATE.running) {
			tx.moved({ queue: row.queue, from: row.state, to: STATE.running });
			if (row.parent !== null) children.moved(row.parent, row.state, STATE.running);
		}
		tx.changed(row.id);
		tx.wake();
	}

	function childEnded(tx: Tx, parent: JobRow): void {
		tx.changed(parent.id);
		if (parent.state !== STATE.running || parent.phase !== 1) return;
		if (children.open(parent.generation) > 0) return;
		const cause = parent.stop_cause;
		if (cause === null) endByChildren(tx, parent, { ...ownFacts(parent), reason: 'exit' });
		else end(tx, parent, endStateOf(cause), { ...ownFacts(parent), reason: cause });
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
		const standing = row.stop_cause;
		if (standing !== null && !(cause === 'cancel' && yieldsToCancel(row, standing))) return;
		stop(tx, row, cause, reason);
	}

	function stop(tx: Tx, row: JobRow, cause: StopReason, reason?: string): void {
		if (row.state === STATE.queued || row.phase === 1) {
			end(tx, row, endStateOf(cause), { ...ownFacts(row), error: undefined, reason: cause });
			return;
		}
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
		for (const child of children.openRows(parent.generation)) {
			const standing = child.stop_cause;
			if (standing !== null && OVERRIDDEN_BY_PARENT.has(standing)) stop(tx, child, cause);
			else requestStop(tx, child, cause);
		}
	}

	return {
		end,
		requeue,
		endByChildren,
		requestStop,
		stopChildren,
		awaitChildren: (tx, row, facts) => toChildren(tx, row, facts, null),
	};
}

/** What its own process left behind. */
function ownFacts(row: JobRow): Omit<EndFacts, 'reason'> {
	const { error_code: code, error_message: message } = row;
	return {
		error: code === null ? undefined : { code, message: message ?? code },
		exitCode: row.exit_code,
		signal: row.signal,
		result: row.result,
	};
}
