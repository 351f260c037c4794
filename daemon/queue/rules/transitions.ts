/**
 * The moves a job makes (docs/design.md section 3). Every change of state passes through one of these,
 * which keep the subject lock, the counts of the parent and the cascade to children right.
 */
import type { Progress } from '../../../shared/job.ts';
import type { StopReason } from '../../../shared/jobTerms.ts';
import type { Sqlite } from '../../sqlite/open.ts';
import { type ChildTable, describeFailedChildren } from '../store/children.ts';
import { STAGE, STATE } from '../store/codes.ts';
import type { DependencyTable } from '../store/dependencies.ts';
import type { Lasting } from '../store/lasting.ts';
import type { JobRow } from '../store/rows.ts';
import type { JobTable } from '../store/statements.ts';
import { storedSpec } from '../store/storedSpec.ts';
import type { Successes } from '../store/successes.ts';
import { SWEEP, type SweepTable } from '../store/sweeps.ts';
import type { Tx } from '../store/tx.ts';
import type { Checkpoints } from './checkpoints.ts';
import type { Ended } from './hooks.ts';
import { endStateOf, stopOfChildren, yieldsToCancel, yieldsToParent } from './stop.ts';
import type { Subjects } from './subjects.ts';
import { tellOfEnd } from './told.ts';

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
	/** Of one that has no open children. */
	endAlone(tx: Tx, row: JobRow, to: number, facts: EndFacts): void;
	/**
	 * Puts an active job back into the queue, or ends it as superseded when a newer one of its subject waits:
	 * once the children of the run that is over are gone, since the coming run makes its own.
	 */
	runAgain(tx: Tx, row: JobRow, runAt: number, reason: StopReason): void;
	/** Its own process ended well while children are open. */
	awaitChildren(tx: Tx, row: JobRow, facts: EndFacts): void;
	/** Ends a parent whose process and children have all ended. */
	endByChildren(tx: Tx, row: JobRow, facts: EndFacts): void;
	/** Asks for a job's end: at once when nothing of it runs, else durable and carried out after the commit. */
	requestStop(tx: Tx, row: JobRow, cause: StopReason, reason?: string): void;
	/** Stops a child with its parent, also one that was to be run again after its own stop. */
	stopChild(tx: Tx, child: JobRow, cause: 'cancel' | 'supersede'): void;
}

export function createTransitions(
	db: Sqlite,
	table: JobTable,
	subjects: Subjects,
	children: ChildTable,
	sweeps: SweepTable,
	conditions: Pick<DependencyTable, 'isAwaited' | 'isAwaitedReady'>,
	lasting: Lasting,
	successes: Pick<Successes, 'ended'>,
	ended: Ended,
	progressOf: (id: string) => Progress | undefined,
	checkpoints: Pick<Checkpoints, 'drop'>,
): Transitions {
	const endRow = db.prepare(
		`UPDATE jobs SET state = ?, stage = ${STAGE.ended}, phase = 0, yielded = NULL, question = NULL,
		 finished_at = max(?, coalesce(started_at, created_at)), expires_at = NULL, again_at = NULL,
		 stop_reason = ?, error_code = ?, error_message = ?, exit_code = ?, signal = ?, result = ?,
		 progress = coalesce(?, progress), log_bytes = coalesce(?, log_bytes)
		 WHERE generation = ? AND stage <> ${STAGE.ended}`,
	);
	// The deadline stands again: it may have passed while another stop was pending, and had no effect then.
	const requeueRow = db.prepare(
		`UPDATE jobs SET state = ${STATE.queued}, stage = ?, phase = 0, question = NULL, run_at = ?, wait = ?,
		 class = own_class, yielded = NULL, stop_cause = NULL, stop_at = NULL, again_at = NULL, ready_at = NULL,
		 expires_at = json_extract(spec, '$.deadlineAt'), progress = coalesce(?, progress) WHERE generation = ?`,
	);
	const childrenPhase = db.prepare(
		`UPDATE jobs SET state = ${STATE.running}, phase = 1, yielded = NULL, question = NULL, stop_cause = ?, stop_at = ?, again_at = ?,
		 error_code = ?, error_message = ?, exit_code = ?, signal = ?, result = ?,
		 progress = coalesce(?, progress), log_bytes = coalesce(?, log_bytes) WHERE generation = ?`,
	);
	const stopQueued = db.prepare(
		`UPDATE jobs SET stage = ${STAGE.stopping}, stop_cause = ?, stop_at = ?, expires_at = NULL, waive_at = NULL,
		 event = NULL, run_now = 0, error_code = ?, error_message = ?, exit_code = ?, signal = ?, result = ?,
		 progress = coalesce(?, progress), log_bytes = coalesce(?, log_bytes) WHERE generation = ?`,
	);
	const setStop = db.prepare(
		'UPDATE jobs SET stop_cause = ?, stop_at = ?, question = NULL WHERE generation = ?',
	);
	const setReplaced = db.prepare<[number, number]>(
		'UPDATE jobs SET replaced_by = ? WHERE generation = ?',
	);

	function progressText(id: string): string | null {
		const progress = progressOf(id);
		return progress === undefined ? null : JSON.stringify(progress);
	}

	function keepLog(tx: Tx, row: JobRow, { logBytes }: EndFacts): void {
		if (logBytes !== undefined) tx.logged(logBytes - row.log_bytes);
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
		if (children.open(row.generation) === 0) {
			endAlone(tx, row, to, facts);
			return;
		}
		// The last of them to end ends it.
		if (row.stage === STAGE.active) toChildren(tx, row, facts, facts.reason);
		else toStopping(tx, row, facts);
		sweeps.begin(tx, row.generation, to === STATE.superseded ? SWEEP.supersede : SWEEP.cancel);
	}

	function endAlone(tx: Tx, row: JobRow, to: number, facts: EndFacts): void {
		const { changes } = endRow.run(to, tx.now, facts.reason, ...factValues(row, facts));
		// A cascade may have ended it already: a finished job never changes.
		if (changes === 0) return;
		if (row.hashed === 1) successes.ended(row, to, facts.result ?? null, tx.now);
		const { queue, type } = row;
		tx.moved({ queue, type, from: row.state, to, reason: facts.reason });
		keepLog(tx, row, facts);
		if (to === STATE.succeeded) checkpoints.drop(row.generation);
		if (facts.reason === 'poison') {
			lasting.add('poison', 1);
			lasting.set('poison_last', tx.now);
		}
		tx.changed(row.id);
		tx.ended(row.id);
		ended(tx, row, to, facts);
		tellOfEnd(tx, row, to, facts.reason);
		// Its place, if it had one; and perhaps it kept its group small.
		tx.placeFreed(row.group_name);
		tx.wake();
		subjects.release(tx, row.type, row.subject);
		if (conditions.isAwaited(row.generation)) sweeps.begin(tx, row.generation, SWEEP.release);
		if (row.parent !== null) {
			children.moved(row.parent, row.state, to);
			const parent = table.byGeneration(row.parent);
			if (parent !== undefined) childEnded(tx, parent);
		}
	}

	/** It waits in the queue no more, but is there until its children are gone. */
	function toStopping(tx: Tx, row: JobRow, facts: EndFacts): void {
		stopQueued.run(facts.reason, row.stop_at ?? tx.now, ...factValues(row, facts));
		keepLog(tx, row, facts);
		subjects.release(tx, row.type, row.subject);
		tx.changed(row.id);
		tx.wake();
	}

	/** Only children are left of it; with a cause its end, or that of its run, is decided, and they are being stopped. */
	function toChildren(
		tx: Tx,
		row: JobRow,
		facts: EndFacts,
		cause: StopReason | null,
		againAt: number | null = null,
	): void {
		const since = cause === null ? null : (row.stop_at ?? tx.now);
		childrenPhase.run(cause, since, againAt, ...factValues(row, facts));
		keepLog(tx, row, facts);
		tx.placeFreed(row.group_name);
		// It may have been paused in the very moment in which it ended.
		if (row.state !== STATE.running) {
			tx.moved({ queue: row.queue, type: row.type, from: row.state, to: STATE.running });
			if (row.parent !== null) children.moved(row.parent, row.state, STATE.running);
		}
		tx.changed(row.id);
		tx.wake();
	}

	function childEnded(tx: Tx, parent: JobRow): void {
		tx.changed(parent.id);
		if (parent.phase !== 1 && parent.stage !== STAGE.stopping) return;
		if (children.open(parent.generation) > 0) return;
		const cause = parent.stop_cause;
		if (parent.again_at !== null) requeue(tx, parent, parent.again_at);
		else if (cause === null) endByChildren(tx, parent, { ...ownFacts(parent), reason: 'exit' });
		else end(tx, parent, endStateOf(cause), { ...ownFacts(parent), reason: cause });
	}

	function endByChildren(tx: Tx, row: JobRow, facts: EndFacts): void {
		const failure = describeFailedChildren(children.countsOfRun(row.generation));
		if (failure === undefined) end(tx, row, STATE.succeeded, facts);
		else {
			const error = { code: 'CHILDREN', message: failure };
			end(tx, row, STATE.failed, { ...facts, reason: 'children', error });
		}
	}

	function runAgain(tx: Tx, row: JobRow, runAt: number, reason: StopReason): void {
		if (children.open(row.generation) === 0) {
			requeue(tx, row, runAt);
			return;
		}
		toChildren(tx, row, { reason }, reason, runAt);
		sweeps.begin(tx, row.generation, SWEEP.supersede);
	}

	function requeue(tx: Tx, row: JobRow, runAt: number): void {
		const newer =
			row.subject === null ? undefined : subjects.newest(row.type, row.subject, row.generation);
		if (newer !== undefined) {
			setReplaced.run(newer, row.generation);
			end(tx, row, STATE.superseded, { reason: 'supersede' });
			return;
		}
		const delayed = runAt > tx.now;
		// With a subject it first joins the waiting ones; release then picks the best, itself included.
		const waits = row.subject !== null;
		const open = delayed ? STAGE.delayed : waits ? STAGE.subject : STAGE.ready;
		const stage = row.held === 1 ? STAGE.held : open;
		requeueRow.run(
			stage,
			runAt,
			delayed ? runAt - tx.now : null,
			progressText(row.id),
			row.generation,
		);
		children.runAgain(row.generation);
		sweeps.childrenDone(row.generation);
		tx.placeFreed(row.group_name);
		if (stage === STAGE.ready) subjects.ready(tx, { ...row, class: row.own_class });
		subjects.release(tx, row.type, row.subject);
		tx.moved({ queue: row.queue, type: row.type, from: row.state, to: STATE.queued });
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
		if (row.stage !== STAGE.active || row.phase === 1) {
			end(tx, row, endStateOf(cause), { ...ownFacts(row), error: undefined, reason: cause });
			return;
		}
		setStop.run(cause, tx.now, row.generation);
		const { graceMs } = storedSpec(row);
		const why = reason === undefined ? {} : { reason };
		tx.order({ kind: 'stop', id: row.id, run: row.run, cause, graceMs, ...why });
		tx.changed(row.id);
		const ofChildren = stopOfChildren({ ...row, stop_cause: cause });
		if (ofChildren !== undefined && children.open(row.generation) > 0) {
			sweeps.begin(tx, row.generation, SWEEP[ofChildren]);
		}
	}

	function stopChild(tx: Tx, child: JobRow, cause: 'cancel' | 'supersede'): void {
		const standing = child.stop_cause;
		if (standing !== null && yieldsToParent(child, standing)) stop(tx, child, cause);
		else requestStop(tx, child, cause);
	}

	return {
		end,
		endAlone,
		runAgain,
		endByChildren,
		requestStop,
		stopChild,
		awaitChildren(tx, row, facts) {
			toChildren(tx, row, facts, null);
			// Its own process has ended: it is not going to be ready any more.
			if (row.was_ready === 0 && conditions.isAwaitedReady(row.generation)) {
				sweeps.begin(tx, row.generation, SWEEP.ready);
			}
		},
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
