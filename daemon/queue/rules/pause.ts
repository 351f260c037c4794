/**
 * Pausing and resuming (docs/design.md section 3). A waiting job is held; a running one is paused with its
 * processes and gives its slot back; resuming waits for a slot. Children follow their parent.
 */
import { SemanticaError } from '../../../shared/errors.ts';
import { isFunctionType } from '../../../shared/functionTypes.ts';
import type { Sqlite } from '../../sqlite/open.ts';
import type { ChildTable } from '../store/children.ts';
import { STAGE, STATE, stateName } from '../store/codes.ts';
import type { JobRow } from '../store/rows.ts';
import type { RunTable } from '../store/runs.ts';
import { storedSpec } from '../store/storedSpec.ts';
import { SWEEP, type SweepKind, type SweepTable } from '../store/sweeps.ts';
import type { Tx } from '../store/tx.ts';
import { FREE_CLASS } from '../store/waitClasses.ts';
import { isDoomed, stopOfChildren } from './stop.ts';
import type { Subjects } from './subjects.ts';
import type { Transitions } from './transitions.ts';

export interface Pauses {
	/** @throws SemanticaError CONFLICT with the reason why not. */
	pause(tx: Tx, row: JobRow): void;
	/** @throws SemanticaError CONFLICT with the reason why not. */
	resume(tx: Tx, row: JobRow): void;
	/** What a tool asked for may start. @throws SemanticaError CONFLICT where no approval is missing. */
	approve(tx: Tx, row: JobRow): void;
	/** Waives limits, pauses, times and constraints for the next start. @throws SemanticaError CONFLICT */
	runNow(tx: Tx, row: JobRow): void;
	/** What the pause of its parent does to a child, and what its resuming does. */
	pauseChild(tx: Tx, child: JobRow): void;
	resumeChild(tx: Tx, child: JobRow): void;
	/** The order to pause this run was carried out, or could not be. */
	carriedOut(tx: Tx, row: JobRow, paused: boolean): void;
}

export function createPauses(
	db: Sqlite,
	subjects: Subjects,
	children: ChildTable,
	sweeps: SweepTable,
	transitions: Transitions,
	runs: Pick<RunTable, 'isHanded'>,
	canPauseRuns: () => boolean,
): Pauses {
	const setHeld = db.prepare('UPDATE jobs SET held = 1, stage = ? WHERE generation = ?');
	const release = db.prepare(
		`UPDATE jobs SET held = 0, run_now = ?, run_at = ?, wait = ?, stage = ?, event = ? WHERE generation = ?`,
	);
	const goOn = db.prepare(
		`UPDATE jobs SET held = 0, yielded = NULL, class = ${FREE_CLASS} WHERE generation = ?`,
	);
	const setApproved = db.prepare('UPDATE jobs SET approval = 0 WHERE generation = ?');
	// One that had left its slot to others waits for one like all that are paused.
	const setPaused = db.prepare(
		`UPDATE jobs SET state = ${STATE.paused}, phase = 0 WHERE generation = ?`,
	);
	const alwaysRun = db.prepare<[number]>('UPDATE jobs SET always_run = 1 WHERE generation = ?');
	const setPhase = db.prepare('UPDATE jobs SET phase = 0 WHERE generation = ?');

	// What may be run again goes back to the queue where it cannot stand still.
	function canPause(row: JobRow): boolean {
		const going = row.state === STATE.running && row.phase !== 1;
		return !going || (canPauseRuns() && !isFunctionType(row.type)) || mayGoBack(row);
	}

	// What a worker has not begun goes back, whatever it is.
	function mayGoBack(row: JobRow): boolean {
		return storedSpec(row).restartable || (isFunctionType(row.type) && isHanded(row));
	}

	const isHanded = (row: JobRow) => runs.isHanded(row.generation, row.run);

	function pause(tx: Tx, row: JobRow): void {
		refuseFinished(row);
		if (row.held === 1) throw new SemanticaError('CONFLICT', 'it is paused already');
		if (isEnding(row)) throw new SemanticaError('CONFLICT', 'it is being stopped');
		if (!canPause(row)) {
			throw new SemanticaError('CONFLICT', 'it is running, and what runs cannot be paused here');
		}
		hold(tx, row);
	}

	function hold(tx: Tx, row: JobRow): void {
		if (row.state === STATE.queued) {
			setHeld.run(STAGE.held, row.generation);
			subjects.release(tx, row.type, row.subject);
		} else {
			setHeld.run(row.stage, row.generation);
			if (row.phase !== 1 && row.state === STATE.running)
				tx.order({ kind: 'pause', id: row.id, run: row.run });
		}
		tx.changed(row.id);
		toChildren(tx, row, SWEEP.pause);
	}

	// Those that are being stopped with it neither pause nor go on.
	function toChildren(tx: Tx, row: JobRow, kind: SweepKind): void {
		if (stopOfChildren(row) === undefined && children.open(row.generation) > 0) {
			sweeps.begin(tx, row.generation, kind);
		}
	}

	const isEnding = (row: JobRow) => row.stop_cause !== null && row.again_at === null;

	function resume(tx: Tx, row: JobRow): void {
		refuseFinished(row);
		if (row.held === 0) throw new SemanticaError('CONFLICT', 'it is not paused');
		refuseUnapproved(row);
		refuseDoomed(row);
		letGo(tx, row, false);
	}

	function letGo(tx: Tx, row: JobRow, now: boolean): void {
		if (now && storedSpec(row).skipIfUnchanged !== null) alwaysRun.run(row.generation);
		const runAt = now ? Math.min(row.run_at, tx.now) : row.run_at;
		const active = row.stage === STAGE.active;
		const event = now ? null : row.event;
		const wait = now ? null : row.wait;
		const placed = { ...row, run_at: runAt, wait, event };
		const stage = active ? STAGE.active : subjects.stageFor(tx, placed);
		release.run(now ? 1 : 0, runAt, wait, stage, event, row.generation);
		// The order to pause may still be on its way; a paused job waits for a slot instead.
		const going = row.state === STATE.running && row.phase !== 1;
		if (going && row.held === 1 && row.yielded === null) {
			tx.order({ kind: 'resume', id: row.id, run: row.run });
		}
		tx.changed(row.id);
		tx.wake();
		toChildren(tx, row, SWEEP.resume);
	}

	return {
		pause,
		resume,
		pauseChild(tx, child) {
			if (child.held === 0 && !isEnding(child) && canPause(child)) hold(tx, child);
		},
		resumeChild(tx, child) {
			if (child.held === 1 && child.approval === 0 && !isDoomed(child)) letGo(tx, child, false);
		},
		approve(tx, row) {
			refuseFinished(row);
			if (row.approval === 0) throw new SemanticaError('CONFLICT', 'it waits for no approval');
			refuseDoomed(row);
			setApproved.run(row.generation);
			letGo(tx, row, false);
		},
		runNow(tx, row) {
			refuseFinished(row);
			refuseUnapproved(row);
			refuseDoomed(row);
			if (row.state === STATE.running)
				throw new SemanticaError('CONFLICT', 'it is running already');
			letGo(tx, row, true);
		},
		carriedOut(tx, row, paused) {
			if (row.state !== STATE.running || row.phase === 1 || row.stop_cause !== null) return;
			if (row.held === 0 && row.yielded === null) {
				// Resumed meanwhile: it never gave its slot back.
				if (!paused) return;
				setPhase.run(row.generation);
				tx.order({ kind: 'resume', id: row.id, run: row.run });
				return;
			}
			if (paused) {
				setPaused.run(row.generation);
				tx.placeFreed(row.group_name);
				tx.moved({ queue: row.queue, type: row.type, from: STATE.running, to: STATE.paused });
				if (row.parent !== null) children.moved(row.parent, STATE.running, STATE.paused);
			} else if (mayGoBack(row)) {
				// It stays held, so it waits in the queue until it is resumed.
				transitions.requestStop(tx, row, 'interrupted');
			} else {
				// It can do neither, so it goes on, and is not asked again.
				goOn.run(row.generation);
				const reason = 'its processes could not be made to stand still';
				tx.order({ kind: 'resume', id: row.id, run: row.run, reason });
			}
			tx.changed(row.id);
			tx.wake();
		},
	};

	// Who resumes many at once has not looked at what a tool wants to run.
	function refuseUnapproved(row: JobRow): void {
		if (row.approval === 0) return;
		throw new SemanticaError('CONFLICT', 'an AI tool asked for it, and it waits for your approval');
	}

	function refuseDoomed(row: JobRow): void {
		if (isDoomed(row)) throw new SemanticaError('CONFLICT', 'it is being stopped');
	}

	function refuseFinished(row: JobRow): void {
		if (row.stage !== STAGE.ended) return;
		throw new SemanticaError('CONFLICT', `it is already ${stateName(row.state)}`);
	}
}
