/** What the scheduling loop asks of the queue: claim, advance time, record how runs go and end. */

import type { Progress } from '../../shared/job.ts';
import type { JobState, StopReason } from '../../shared/jobTerms.ts';
import type { Asked } from '../../shared/question.ts';
import type { QueueParts } from './parts.ts';
import type { ConditionSet } from './ports/conditions.ts';
import type { LastSuccess } from './ports/inputs.ts';
import type { PayloadSource } from './ports/payloadStore.ts';
import type { ProcessIdentity, UnfinishedRun } from './ports/runs.ts';
import { type Capacity, capacityNow, type Occupied } from './rules/capacity.ts';
import type { FinishedRun } from './rules/finish.ts';
import { STAGE, stateName } from './store/codes.ts';
import { type JobRow, parseJson } from './store/rows.ts';
import type { Tx } from './store/tx.ts';

/** One run of a job. */
export interface RunName {
	readonly id: string;
	readonly run: number;
}

/** A claimed run, with what is needed to launch it. */
export interface ClaimedRun {
	readonly row: JobRow;
	readonly parentId: string | null;
	/** JSON text of what earlier runs left for this one. */
	readonly checkpoint?: string | undefined;
}

export interface Dispatch {
	/**
	 * Claims what may start; `running` tells how many slots are taken, in all or of one queue. At most
	 * `atMost` jobs, beside those that were asked to run now.
	 */
	claim(running: Occupied, atMost?: number): Promise<ClaimedRun[]>;
	/** The same in the commit that is coming, of what that brings, too; undefined where no slot is free. */
	claimArriving(running: Occupied): Promise<ClaimedRun[]> | undefined;
	/** How many more jobs of the queue could start now, whatever waits. */
	free(running: Occupied, queue: string): number;
	/** Lets paused runs go on whose turn it is, and starts nothing. */
	resume(running: Occupied): Promise<void>;
	/** The conditions that jobs wait for or depend on at this moment. */
	needs(): ConditionSet[];
	/** Makes runs step aside whose conditions are lost, and lets them go on. */
	reviewConditions(): Promise<void>;
	/** Moves what is due; resolves when nothing more is. */
	advance(): Promise<void>;
	/** Deals with the next group of children of what was stopped, paused or resumed; true when there is more. */
	sweep(): Promise<boolean>;
	/** Epoch ms of the next thing that time will bring. */
	nextTime(): number | undefined;
	/** Workers begin what was handed to them; resolves with those runs that may. */
	begin(runs: readonly RunName[]): Promise<RunName[]>;
	recordProcess(id: string, run: number, process: ProcessIdentity): Promise<void>;
	/** Resolves with the state that the job is in afterwards. */
	finish(finished: FinishedRun): Promise<JobState>;
	/** The order to pause this run was carried out; `paused: false` when it could not be. */
	pauseCarriedOut(id: string, run: number, paused: boolean): Promise<void>;
	/** Asks for the end of this very run; nothing happens when another one is current. */
	stopRun(id: string, run: number, cause: StopReason): Promise<void>;
	/** This very run is ready. */
	becameReady(id: string, run: number): Promise<void>;
	/** This very run asks a person. */
	asked(id: string, run: number, asked: Asked): Promise<void>;
	/** This very run has waited long enough for its answer: others may have its slot. */
	leaveSlot(id: string, run: number): Promise<void>;
	reportProgress(id: string, progress: Progress): void;
	/** This very run has come so far (JSON text). Resolves once that is kept, or means nothing any more. */
	reportCheckpoint(id: string, run: number, json: string): Promise<void>;
	/** What the job reads on stdin. */
	payload(row: JobRow): PayloadSource | null;
	/** When this work succeeded last, and with what. */
	lastSuccess(work: string): LastSuccess | undefined;
	unfinished(): UnfinishedRun[];
	/** Processes of earlier runs that may still be alive. */
	recordedGroups(): ProcessIdentity[];
	/** Jobs that are not finished: while there are any, the daemon does not leave for idleness. */
	unfinishedCount(): number;
}

export function createDispatch(parts: QueueParts): Dispatch {
	const { writer, table, claims, due, runs, board, counters, classes, sweeps, workers } = parts;
	const { checkpoints } = parts;

	function settled(tx: Tx, id: string): JobRow | undefined {
		const row = table.byId(id);
		return row && sweeps.settle(tx, row);
	}

	/** Ready functions whose worker is not there, and jobs that wait for other jobs. */
	function waitingForNobody(): { nobody: number; others: number } {
		let [nobody, others] = [0, 0];
		for (const queue of counters.queues()) {
			counters.waiting.each(queue, (reason, waitClass, count) => {
				const type = waitClass === undefined ? undefined : classes.setOf(waitClass)?.worker;
				if (type !== undefined && !workers.present(type)) nobody += count;
				if (reason === 'dependency' || reason === 'subject') others += count;
			});
		}
		return { nobody, others };
	}

	function hasSlots(capacity: Capacity): boolean {
		return capacity.total > 0 || (capacity.functions > 0 && workers.anybody());
	}

	async function claimed(operation: (tx: Tx) => JobRow[]): Promise<ClaimedRun[]> {
		try {
			const rows = await writer.submit(operation);
			return rows.map((row) => {
				const parentId = row.parent === null ? null : table.idOf(row.parent);
				board.open(row.id, parentId, parseJson<Progress>(row.progress) ?? undefined);
				return { row, parentId, checkpoint: checkpoints.of(row.generation) };
			});
		} catch (error) {
			claims.reload();
			classes.forget();
			throw error;
		}
	}

	return {
		async claim(running, atMost = Number.POSITIVE_INFINITY) {
			const capacity = capacityNow(parts, running, atMost);
			// Nothing would be claimed, so nothing need be committed.
			const some = hasSlots(capacity) ? claims.any(capacity) : claims.hasUrgent(capacity);
			return some ? claimed((tx) => claims.claim(tx, capacity)) : [];
		},
		claimArriving(running) {
			const capacity = capacityNow(parts, running);
			if (!hasSlots(capacity)) return undefined;
			return claimed((tx) => {
				// They are told after a commit as a rule.
				claims.rangesReady(tx.effects.ready);
				return claims.claim(tx, capacity);
			});
		},
		free(running, queue) {
			const capacity = capacityNow(parts, running);
			return Math.max(0, Math.min(capacity.total, capacity.forQueue(queue)));
		},
		async resume(running) {
			const capacity = capacityNow(parts, running);
			if (claims.hasResuming()) await writer.submit((tx) => claims.resume(tx, capacity));
		},
		needs() {
			const needed = new Set([...claims.waitedFor(), ...classes.bound()]);
			return [...needed].map((id) => classes.setOf(id)).filter((set) => set !== undefined);
		},
		async reviewConditions() {
			if (classes.bound().length > 0) await writer.submit((tx) => parts.yields.review(tx));
		},
		async advance() {
			// What is past its deadline is among it.
			while (await writer.submitEnd((tx) => due.advance(tx)));
		},
		async sweep() {
			return sweeps.pending() && (await writer.submit((tx) => sweeps.advance(tx)));
		},
		nextTime: () => due.nextTime(),
		begin: (names) =>
			writer.submit((tx) =>
				names.filter(({ id, run }) => {
					const seen = table.runStateOf(id);
					// Nothing can be coming to it from above where there is nothing.
					const row = seen?.parent === null ? seen : settled(tx, id);
					const goesOn = row?.run === run && row.stage === STAGE.active && row.phase === 0;
					// Its stop is on its way.
					if (!goesOn || row.stop_cause !== null) return false;
					runs.begun(row.generation, run, tx.now);
					tx.changed(id);
					return true;
				}),
			),
		recordProcess: (id, run, process) => writer.submit(() => runs.started(id, run, process)),
		finish: (finished) =>
			writer.submitEnd(
				(tx) => {
					parts.finishRun(tx, finished);
					return stateName(table.stateOf(finished.id));
				},
				1,
				'shared',
			),
		pauseCarriedOut: (id, run, paused) =>
			writer.submit((tx) => {
				const row = settled(tx, id);
				if (row?.run === run) parts.pauses.carriedOut(tx, row, paused);
			}),
		stopRun(id, run, cause) {
			writer.hurry();
			return writer.submitEnd((tx) => {
				const row = settled(tx, id);
				if (row?.run === run && row.stage === STAGE.active && row.phase !== 1) {
					parts.transitions.requestStop(tx, row, cause);
				}
			});
		},
		becameReady: (id, run) =>
			writer.submit((tx) => {
				const row = settled(tx, id);
				if (row?.run === run) parts.becomeReady(tx, row);
			}),
		asked: (id, run, asked) =>
			writer.submit((tx) => {
				const row = settled(tx, id);
				if (row?.run === run) parts.questions.ask(tx, row, asked);
			}),
		leaveSlot: (id, run) =>
			writer.submit((tx) => {
				const row = settled(tx, id);
				if (row?.run === run) parts.questions.leaveSlot(tx, row);
			}),
		reportProgress: (id, progress) => board.report(id, progress),
		reportCheckpoint: (id, run, json) => checkpoints.put(id, run, json),
		payload: (row) => (row.payload_bytes === 0 ? null : parts.payloads.source(row.generation)),
		lastSuccess: (work) => parts.successes.last(work),
		unfinished: () => runs.unfinished(),
		recordedGroups: () => runs.recordedGroups(),
		unfinishedCount() {
			const { queued, running, paused } = counters.all();
			const waiting = queued === 0 ? { nobody: 0, others: 0 } : waitingForNobody();
			// What waits for other jobs is not to be waited for where those wait for nobody.
			const stuck = waiting.nobody === 0 ? 0 : waiting.nobody + waiting.others;
			return Math.max(0, queued - stuck) + running + paused;
		},
	};
}
