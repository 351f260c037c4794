/** The end of a run (docs/design.md section 3): success, failure and retry, a stop carried out, an interruption. */
import type { StopReason } from '../../shared/job.ts';
import type { Sqlite } from '../sqlite/open.ts';
import { backoffDelay } from './backoff.ts';
import type { ChildTable } from './children.ts';
import { STAGE, STATE } from './codes.ts';
import type { JobRow } from './rows.ts';
import type { JobTable } from './statements.ts';
import { storedSpec } from './storedSpec.ts';
import { type EndFacts, endStateOf, type Transitions } from './transitions.ts';
import type { Tx } from './tx.ts';

export type RunOutcome =
	| { readonly kind: 'exit'; readonly exitCode: number; readonly signal: string | null }
	| { readonly kind: 'signal'; readonly signal: string }
	/** The process could not be started at all; `message` is a sentence. */
	| { readonly kind: 'spawn'; readonly code: string; readonly message: string }
	/** What the run was to read is lost; `message` is a sentence. Another attempt would not find it either. */
	| { readonly kind: 'payload'; readonly message: string }
	/** The daemon died, or gave the run up, while it was going on. */
	| {
			readonly kind: 'interrupted';
			/** Set when the daemon died uncleanly in this boot: the job may be what killed it. */
			readonly uncleanBoot?: string;
	  };

export interface FinishedRun {
	readonly id: string;
	/** Fencing token: a run that is no longer the current one changes nothing. */
	readonly run: number;
	readonly outcome: RunOutcome;
	/** JSON text of the job's own result, if it gave one. */
	readonly result?: string | undefined;
	readonly logBytes?: number | undefined;
}

export type FinishRun = (tx: Tx, finished: FinishedRun) => void;

export function createFinishRun(
	db: Sqlite,
	table: JobTable,
	children: ChildTable,
	transitions: Transitions,
	random: () => number,
	aloneAfterDeaths: number,
): FinishRun {
	const endRun = db.prepare(
		'UPDATE runs SET ended_at = ?, exit_code = ?, signal = ?, reason = ?, pgid = NULL WHERE job = ? AND run = ?',
	);
	const giveBack = db.prepare('UPDATE jobs SET attempt = attempt - 1 WHERE generation = ?');
	const setUnclean = db.prepare(
		'UPDATE jobs SET unclean = ?, unclean_boot = ? WHERE generation = ?',
	);

	return (tx, finished) => {
		const row = table.byId(finished.id);
		if (row === undefined || row.run !== finished.run || row.stage !== STAGE.active) return;
		if (row.phase === 1) return;
		const facts = factsOf(finished, row.stop_cause);
		endRun.run(
			tx.now,
			facts.exitCode ?? null,
			facts.signal ?? null,
			facts.reason,
			row.generation,
			row.run,
		);
		const { outcome } = finished;
		const cause = row.stop_cause;
		if (cause !== null && cause !== 'interrupted' && cause !== 'timeout') {
			transitions.end(tx, row, endStateOf(cause), facts);
		} else if ((cause ?? outcome.kind) === 'interrupted') {
			interrupted(tx, row, facts, outcome.kind === 'interrupted' ? outcome.uncleanBoot : undefined);
		} else if (cause === null && outcome.kind === 'exit' && outcome.exitCode === 0) {
			succeeded(tx, row, facts);
		} else if (outcome.kind === 'payload') {
			transitions.end(tx, row, STATE.failed, facts);
		} else {
			failed(tx, row, facts);
		}
	};

	function succeeded(tx: Tx, row: JobRow, facts: EndFacts): void {
		if (children.open(row.generation) > 0) transitions.awaitChildren(tx, row, facts);
		else transitions.endByChildren(tx, row, facts);
	}

	function failed(tx: Tx, row: JobRow, facts: EndFacts): void {
		const { maxAttempts, backoff, retryOn } = storedSpec(row);
		const retried =
			row.attempt < maxAttempts &&
			(retryOn === null ||
				(typeof facts.exitCode === 'number' && retryOn.includes(facts.exitCode)));
		if (!retried) {
			transitions.end(tx, row, STATE.failed, facts);
			return;
		}
		runAgain(tx, row, tx.now + backoffDelay(backoff, row.attempt, random));
	}

	function runAgain(tx: Tx, row: JobRow, runAt: number): void {
		// The coming run makes its own children; those of the one that is over are no longer wanted.
		transitions.stopChildren(tx, row, 'supersede');
		transitions.requeue(tx, row, runAt);
	}

	function interrupted(tx: Tx, row: JobRow, facts: EndFacts, boot: string | undefined): void {
		const deaths = boot === undefined ? 0 : (row.unclean_boot === boot ? row.unclean : 0) + 1;
		if (boot !== undefined) setUnclean.run(deaths, boot, row.generation);
		if (deaths > aloneAfterDeaths) {
			transitions.end(tx, row, STATE.failed, {
				...facts,
				reason: 'poison',
				error: {
					code: 'POISON',
					message: `The daemon died ${deaths} times while this job ran, at last alone, so it is not run again. Retry it when its cause is mended.`,
				},
			});
			return;
		}
		if (storedSpec(row).restartable) {
			// Interruptions are not charged.
			giveBack.run(row.generation);
			runAgain(tx, row, Math.min(row.run_at, tx.now));
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

function factsOf(finished: FinishedRun, cause: StopReason | null): EndFacts {
	const { outcome, logBytes } = finished;
	const common = {
		result: finished.result ?? null,
		error: cause === null ? ownError(outcome) : stopError(cause),
		...(logBytes === undefined ? {} : { logBytes }),
	};
	switch (outcome.kind) {
		case 'exit': {
			const { exitCode, signal } = outcome;
			return { ...common, reason: cause ?? 'exit', exitCode, signal };
		}
		case 'signal':
			return { ...common, reason: cause ?? 'signal', signal: outcome.signal };
		case 'spawn':
		case 'payload':
		case 'interrupted':
			return { ...common, reason: cause ?? outcome.kind };
	}
}

function ownError(outcome: RunOutcome): EndFacts['error'] {
	switch (outcome.kind) {
		case 'exit': {
			if (outcome.exitCode === 0) return undefined;
			const by = outcome.signal === null ? '' : ` (as after ${outcome.signal})`;
			const message = `The process ended with exit code ${outcome.exitCode}${by}. Its log says why.`;
			return { code: 'EXIT', message };
		}
		case 'signal':
			return { code: 'SIGNAL', message: `The process was ended by ${outcome.signal}.` };
		case 'spawn':
			return { code: outcome.code, message: outcome.message };
		case 'payload':
			return { code: 'PAYLOAD_LOST', message: outcome.message };
		case 'interrupted':
			return undefined;
	}
}

// How a process ends that we stopped says nothing; somebody who cancelled knows why it ended.
function stopError(cause: StopReason): EndFacts['error'] {
	if (cause === 'timeout') {
		return { code: 'TIMEOUT', message: 'The run took longer than its timeout and was stopped.' };
	}
	if (cause === 'deadline') {
		const message = 'The deadline passed while the job ran, so it was stopped.';
		return { code: 'DEADLINE', message };
	}
	return undefined;
}
