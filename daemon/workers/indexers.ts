/** Index jobs: each has a process to itself while it runs, and that is there for the next one after. */
import type { Execution, ExecutionEnd, Executor } from '../queue/execution.ts';
import type { RunOutcome } from '../queue/ports/runs.ts';
import type { JobRow } from '../queue/store/rows.ts';
import { exitOf, failureOf } from './outcomes.ts';
import type { Registry } from './registry.ts';
import type { FunctionRuns } from './runs.ts';
import type { Lease, Pool } from './started/pool.ts';

export interface IndexersOptions {
	readonly pool: Pool;
	readonly registry: Pick<Registry, 'take'>;
	readonly runs: Pick<FunctionRuns, 'hand' | 'processEnded'>;
	/** The last look before a run begins. @throws SemanticaError with the reason why it must not */
	readonly assertMayStart: (row: JobRow) => Promise<void>;
}

/** A process that has held more is not used again: what it freed it may not have given back. */
const SPENT_BYTES = 400 * 1024 * 1024;

const HOW = { alone: false, outcomeOf: exitOf } as const;

export function createIndexers(options: IndexersOptions): Pick<Executor, 'execute'> {
	const { pool, registry, runs } = options;

	return {
		execute(claimed, payload, told): Execution {
			const { row } = claimed;
			let lease: Lease | undefined;
			let execution: Execution | undefined;
			let stopGrace: number | undefined;

			const nothing = (outcome: RunOutcome): ExecutionEnd => ({
				outcome,
				result: undefined,
				logBytes: row.log_bytes,
			});

			async function run(): Promise<ExecutionEnd> {
				try {
					await options.assertMayStart(row);
				} catch (error) {
					return nothing(failureOf(error));
				}
				const taken = await pool.take();
				if ('end' in taken) return nothing(taken.end.outcome);
				lease = taken;
				if (stopGrace !== undefined) {
					lease.giveBack(false);
					return nothing({ kind: 'signal', signal: 'SIGTERM' });
				}
				const { standing, worker } = lease;
				registry.take(worker, row.type, false);
				const handed = runs.hand(worker, claimed, payload, told, HOW);
				execution = handed;
				let over = false;
				void standing.ended.then(({ outcome, how, last }) => {
					if (over) return;
					// A crash is told in the log of the job that met it.
					if (stopGrace === undefined) handed.note(last === '' ? how : `${how}: ${last}`);
					runs.processEnded(row.id, row.run, outcome);
				});
				const end = await handed.ended;
				over = true;
				lease.giveBack((end.cost?.peakMemoryBytes ?? 0) > SPENT_BYTES);
				return end;
			}

			return {
				beginsLater: true,
				ended: run(),
				// It may be deep in work that hears of nothing: its process ends, as one of its own would.
				stop(graceMs) {
					stopGrace = graceMs;
					if (execution !== undefined) lease?.standing.stop(graceMs);
				},
				pause: () => lease?.standing.pause() ?? Promise.resolve(false),
				resume: () => lease?.standing.resume() ?? Promise.resolve(),
				note: (sentence) => execution?.note(sentence),
				// It asks nobody.
				answer() {},
			};
		},
	};
}
