/** The end of a run (docs/design.md section 3): success, failure and retry, a stop carried out, an interruption. */

import type { Cost } from '../../../shared/cost.ts';
import { isFunctionType } from '../../../shared/functionTypes.ts';
import type { AskedAgain } from '../../../shared/job.ts';
import { LIMITS, type StopReason } from '../../../shared/jobTerms.ts';
import type { Sqlite } from '../../sqlite/open.ts';
import type { InputState } from '../ports/inputs.ts';
import type { RunProblems } from '../ports/problems.ts';
import type { RunOutcome } from '../ports/runs.ts';
import { runsAlone } from '../ports/workers.ts';
import type { ChildTable } from '../store/children.ts';
import { STAGE, STATE } from '../store/codes.ts';
import type { ProblemTable } from '../store/problems.ts';
import type { JobRow } from '../store/rows.ts';
import type { RunTable } from '../store/runs.ts';
import type { JobTable } from '../store/statements.ts';
import { storedSpec } from '../store/storedSpec.ts';
import type { Successes } from '../store/successes.ts';
import type { Tx } from '../store/tx.ts';
import { backoffDelay } from './backoff.ts';
import type { Checkpoints } from './checkpoints.ts';
import { factsOf, type RunSaid } from './endFacts.ts';
import type { BecomeReady } from './readiness.ts';
import { createRestartAt } from './restart.ts';
import { endStateOf, isFailureOfRun } from './stop.ts';
import type { Sweeps } from './sweep.ts';
import type { EndFacts, Transitions } from './transitions.ts';

export interface FinishedRun extends RunSaid {
	readonly id: string;
	/** Fencing token: a run that is no longer the current one changes nothing. */
	readonly run: number;
	readonly cost?: Cost | undefined;
	/** What it depended on, where that is to be recorded if the job succeeds. */
	readonly inputs?: InputState | undefined;
	/** What it reported; null where it reported nothing, undefined where that is not known. */
	readonly problems?: RunProblems | null | undefined;
	/** Why it was stopped, where that could not be recorded. */
	readonly stopped?: StopReason | undefined;
}

/** After so many a job is not tried alone any more when the daemon dies with it too often again. */
const MOST_ACQUITTALS = 2;

export type FinishRun = (tx: Tx, finished: FinishedRun) => void;

export function createFinishRun(
	db: Sqlite,
	table: JobTable,
	children: ChildTable,
	transitions: Transitions,
	sweeps: Pick<Sweeps, 'settle'>,
	runs: Pick<RunTable, 'cost' | 'isHanded' | 'forget'>,
	problems: Pick<ProblemTable, 'set'>,
	successes: Pick<Successes, 'keep' | 'forget'>,
	becomeReady: BecomeReady,
	checkpoints: Pick<Checkpoints, 'runEnded'>,
	random: () => number,
	aloneAfterDeaths: number,
): FinishRun {
	// The clock may have been set back since: nothing takes less than no time.
	const endRun = db.prepare(
		'UPDATE runs SET ended_at = max(?, started_at), exit_code = ?, signal = ?, reason = ?, pgid = NULL WHERE job = ? AND run = ?',
	);
	const startOf = db.prepare<[number, number], { at: number }>(
		'SELECT started_at AS at FROM runs WHERE job = ? AND run = ?',
	);
	const giveBack = db.prepare('UPDATE jobs SET attempt = attempt - 1 WHERE generation = ?');
	const setDeaths = db.prepare<[number, number]>(
		'UPDATE jobs SET worker_deaths = ? WHERE generation = ?',
	);
	const setUnchanged = db.prepare<[string, number]>(
		'UPDATE jobs SET unchanged_since = ?, hashed = 0 WHERE generation = ?',
	);
	const setUnclean = db.prepare(
		'UPDATE jobs SET unclean = ?, acquitted = ?, unclean_boot = ? WHERE generation = ?',
	);

	const restartAt = createRestartAt(db, random);

	return (tx, finished) => {
		const found = table.byId(finished.id);
		const row = found && sweeps.settle(tx, found);
		if (row === undefined || row.run !== finished.run || row.stage !== STAGE.active) return;
		if (row.phase === 1) return;
		const cause = row.stop_cause ?? finished.stopped ?? null;
		const facts = factsOf(finished, cause);
		const { outcome } = finished;
		if (isFunctionType(row.type) && runs.isHanded(row.generation, row.run)) {
			if ((cause ?? outcome.kind) === 'interrupted') {
				handedBack(tx, row);
				return;
			}
			if (cause !== null && outcome.kind !== 'function' && !isFailureOfRun(cause)) {
				neverBegun(row);
				transitions.end(tx, row, endStateOf(cause), facts);
				return;
			}
			// Its worker says both in one: that it began, and how it ended.
		}
		checkpoints.runEnded(tx, row);
		endRun.run(
			tx.now,
			facts.exitCode ?? null,
			facts.signal ?? null,
			facts.reason,
			row.generation,
			row.run,
		);
		if (finished.cost !== undefined) runs.cost(row.generation, row.run, finished.cost);
		if (finished.problems !== undefined) problems.set(row, finished.problems);
		const { queue, type } = row;
		// The first one began when the job did.
		const at = row.run === 1 ? row.started_at : startOf.get(row.generation, row.run)?.at;
		const tookMs = Math.max(0, tx.now - (at ?? tx.now));
		tx.ran({ queue, type, ms: tookMs });
		if (cause !== null && cause !== 'interrupted' && !isFailureOfRun(cause)) {
			transitions.end(tx, row, endStateOf(cause), facts);
		} else if ((cause ?? outcome.kind) === 'interrupted') {
			interrupted(tx, row, facts, outcome.kind === 'interrupted' ? outcome : {});
		} else if (cause === null && outcome.kind === 'unchanged') {
			unchanged(tx, row, facts, outcome.since);
		} else if (cause === null && outcome.kind === 'exit' && outcome.again !== undefined) {
			askedAgain(tx, row, facts, outcome.again);
		} else if (cause === null && isSuccess(outcome)) {
			succeeded(tx, recorded(row, finished.inputs), facts, tookMs);
		} else if (outcome.kind === 'payload' || (cause === null && isFinal(outcome))) {
			transitions.end(tx, row, STATE.failed, facts);
		} else {
			const afterMs = outcome.kind === 'function' ? outcome.afterMs : undefined;
			failed(tx, row, facts, tookMs, afterMs);
		}
	};

	/** What it depended on is recorded once the whole job has succeeded. */
	function recorded(row: JobRow, inputs: InputState | undefined): JobRow {
		if (inputs === undefined) {
			if (row.hashed === 0) return row;
			successes.forget(row);
			return { ...row, hashed: 0 };
		}
		successes.keep(row, inputs);
		return { ...row, hashed: 1 };
	}

	/** As good as succeeded and ready, without having run. */
	function unchanged(tx: Tx, row: JobRow, facts: EndFacts, since: string): void {
		giveBack.run(row.generation);
		setUnchanged.run(since, row.generation);
		becomeReady(tx, row);
		transitions.end(tx, { ...row, hashed: 0 }, STATE.succeeded, facts);
	}

	function succeeded(tx: Tx, row: JobRow, facts: EndFacts, tookMs: number): void {
		const runAt = restartAt(row, false, tx.now, tookMs);
		if (runAt !== undefined) transitions.runAgain(tx, row, runAt, facts.reason);
		// Most have none: that is looked for once.
		else if (!children.any(row.generation)) transitions.endAlone(tx, row, STATE.succeeded, facts);
		else if (children.open(row.generation) > 0) transitions.awaitChildren(tx, row, facts);
		else transitions.endByChildren(tx, row, facts);
	}

	function failed(tx: Tx, row: JobRow, facts: EndFacts, tookMs: number, afterMs?: number): void {
		const { maxAttempts, backoff, retryOn } = storedSpec(row);
		const isMeant =
			retryOn === null ||
			isFunctionType(row.type) ||
			(typeof facts.exitCode === 'number' && retryOn.includes(facts.exitCode));
		const beginsAt = isMeant ? restartAt(row, true, tx.now, tookMs) : undefined;
		if (beginsAt !== undefined) {
			transitions.runAgain(tx, row, beginsAt, facts.reason);
			return;
		}
		if (!isMeant || row.attempt >= maxAttempts) {
			transitions.end(tx, row, STATE.failed, facts);
			return;
		}
		const runAt = tx.now + (afterMs ?? backoffDelay(backoff, row.attempt, random));
		tx.retried(row.queue);
		transitions.runAgain(tx, row, runAt, facts.reason);
	}

	/** It has failed, whatever its exit code, and knows itself that it is to be tried again. */
	function askedAgain(tx: Tx, row: JobRow, facts: EndFacts, asked: AskedAgain): void {
		const { maxAttempts, backoff } = storedSpec(row);
		// What interruptions took counts too: nobody is interrupted so often.
		const isFree = asked.free && row.run - row.attempt < LIMITS.freeRetries;
		if (!isFree && row.attempt >= maxAttempts) {
			const tried = maxAttempts === 1 ? 'its one attempt is' : `its ${maxAttempts} attempts are`;
			const message = `The run asked to be tried again, but ${tried} used.`;
			transitions.end(tx, row, STATE.failed, { ...facts, error: { code: 'RETRY', message } });
			return;
		}
		const runAt = tx.now + (asked.afterMs ?? backoffDelay(backoff, row.attempt, random));
		if (isFree) giveBack.run(row.generation);
		tx.retried(row.queue);
		transitions.runAgain(tx, row, runAt, 'exit');
	}

	// Nobody has begun it, so it is as if it had never been claimed.
	function neverBegun(row: JobRow): void {
		giveBack.run(row.generation);
		runs.forget(row.generation, row.run);
	}

	function handedBack(tx: Tx, row: JobRow): void {
		neverBegun(row);
		transitions.runAgain(tx, row, Math.min(row.run_at, tx.now), 'interrupted');
	}

	function interrupted(
		tx: Tx,
		row: JobRow,
		facts: EndFacts,
		{ uncleanBoot: boot, workerDied }: { uncleanBoot?: string; workerDied?: true },
	): void {
		if (workerDied) {
			setDeaths.run(row.worker_deaths + 1, row.generation);
			// Nothing else was with that process.
			if (runsAlone(row, aloneAfterDeaths)) {
				transitions.end(tx, row, STATE.failed, {
					...facts,
					reason: 'poison',
					error: {
						code: 'POISON',
						message: `The process of its worker died ${row.worker_deaths + 1} times while this job ran, the last time with nothing else in it, so it is not run again. Retry it when its cause is mended.`,
					},
				});
				return;
			}
		}
		const known = row.unclean_boot === boot ? row : { unclean: 0, acquitted: 0 };
		const deaths = boot === undefined ? 0 : known.unclean + 1;
		if (boot !== undefined) setUnclean.run(deaths, known.acquitted, boot, row.generation);
		// What kills the daemon late is acquitted each time; that must end as well.
		const enough = known.acquitted >= MOST_ACQUITTALS ? aloneAfterDeaths - 1 : aloneAfterDeaths;
		if (deaths > enough) {
			transitions.end(tx, row, STATE.failed, {
				...facts,
				reason: 'poison',
				error: {
					code: 'POISON',
					message: `The daemon died ${deaths + known.acquitted * aloneAfterDeaths} times while this job ran, so it is not run again. Retry it when its cause is mended.`,
				},
			});
			return;
		}
		if (storedSpec(row).restartable) {
			// Interruptions are not charged.
			giveBack.run(row.generation);
			transitions.runAgain(tx, row, Math.min(row.run_at, tx.now), 'interrupted');
			return;
		}
		transitions.end(tx, row, STATE.failed, {
			...facts,
			reason: 'interrupted',
			error: {
				code: 'INTERRUPTED',
				message:
					'The job was interrupted and may not simply be run again (it is not restartable). Retry it if that is safe.',
			},
		});
	}
}

const isSuccess = (outcome: RunOutcome): boolean =>
	outcome.kind === 'function'
		? outcome.succeeded
		: outcome.kind === 'exit' && outcome.exitCode === 0;

const isFinal = (outcome: RunOutcome): boolean =>
	(outcome.kind === 'exit' || outcome.kind === 'function') && outcome.final === true;
