/** Before any work: what became of the runs that were going on when the last daemon ended. */

import type { Cost } from '../../shared/cost.ts';
import type { SystemStatus } from '../../shared/protocol/system.ts';
import type { Dispatch } from '../queue/dispatch.ts';
import type { RunProblems } from '../queue/ports/problems.ts';
import type { ProcessIdentity, RunOutcome, UnfinishedRun } from '../queue/ports/runs.ts';

export interface Settler {
	/** Kills what earlier daemons left; resolves with the number of processes. */
	cleanUp(
		recorded: readonly ProcessIdentity[],
		unfinished: readonly UnfinishedRun[],
	): Promise<number>;
	/** The run's own outcome if it left one, else `interrupted`; `incomplete` where its last words were lost. */
	settle(run: UnfinishedRun): Promise<{
		readonly outcome: RunOutcome;
		readonly result: string | undefined;
		readonly cost: Cost | undefined;
		readonly problems: RunProblems | null;
		readonly incomplete: boolean;
	}>;
	forget(id: string, run: number): Promise<void>;
}

/** The logs of runs that nobody listens to any more. */
export interface RecoveredLogs {
	/** Undefined where that cannot be told. */
	sizeOnDisk(id: string): Promise<number | undefined>;
	/** Appends a sentence. */
	note(id: string, sentence: string): Promise<void>;
}

const INCOMPLETE =
	'This run ended by itself while the daemon that listened was ending too: what it printed last, its result perhaps, is lost.';

/** Resolves every unfinished run by the rules of docs/design.md section 3 and tells what it found. */
export async function recoverRuns(
	dispatch: Dispatch,
	settler: Settler,
	logs: RecoveredLogs,
	log: (sentence: string) => void,
): Promise<SystemStatus['recovery']> {
	const unfinished = dispatch.unfinished();
	const killed = await settler.cleanUp(dispatch.recordedGroups(), unfinished);
	if (killed > 0) {
		log(
			`${killed} ${killed === 1 ? 'process' : 'processes'} of earlier jobs were still running and have been killed.`,
		);
	}
	const found = { interrupted: 0, requeued: 0, resolved: 0, killed };
	for (const run of unfinished) {
		const { outcome, result, cost, problems, incomplete } = await settler.settle(run);
		if (incomplete) await logs.note(run.id, INCOMPLETE);
		// Nobody closed this run: the daemon died uncleanly, and the job may be why, however far it had come.
		const blamed =
			outcome.kind === 'interrupted' && run.boot !== null
				? { ...outcome, uncleanBoot: run.boot }
				: outcome;
		const state = await dispatch.finish({
			id: run.id,
			run: run.run,
			outcome: blamed,
			result,
			cost,
			problems,
			logBytes: await logs.sizeOnDisk(run.id),
		});
		await settler.forget(run.id, run.run);
		if (outcome.kind !== 'interrupted') found.resolved++;
		else if (state === 'queued') found.requeued++;
		else found.interrupted++;
		const lost = incomplete ? ' What it printed last was lost.' : '';
		log(
			`Job ${run.id} was running when the last daemon ended (run ${run.run}): now ${state}.${lost}`,
		);
	}
	return found;
}
