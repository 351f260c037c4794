/** Runs that are with workers: handed over, begun, stopped and ended. The connection is the lease. */
import type { Cost } from '../../shared/cost.ts';
import { parseExactly } from '../../shared/exactNumbers.ts';
import type { StopReason } from '../../shared/jobTerms.ts';
import type { FunctionEnd, StopNotice } from '../../shared/protocol/workers.ts';
import type { ClaimedRun, Dispatch, RunName } from '../queue/dispatch.ts';
import type { Execution, ExecutionEnd, Executor, ToldOfRun } from '../queue/execution.ts';
import type { Clock, Timer } from '../queue/ports/clock.ts';
import type { InputFile, PayloadSource } from '../queue/ports/payloadStore.ts';
import type { RunOutcome } from '../queue/ports/runs.ts';
import { runsAlone } from '../queue/ports/workers.ts';
import { storedSpec } from '../queue/store/storedSpec.ts';
import { createFunctionLog, type FunctionLog, type FunctionLogs } from './log.ts';
import { failureOf, INTERRUPTED, outcomeOf, STILL, WORKER_DIED } from './outcomes.ts';
import { createOutgoing, IN_MESSAGE_BYTES } from './outgoing.ts';
import type { Registry, Worker } from './registry.ts';

/** Secrets with which a run may speak to the daemon; they die with the run. */
export interface RunTokens {
	issue(jobId: string, run: number): string;
	revoke(token: string): void;
}

export interface BegunRun extends RunName {
	readonly token: string;
}

export interface Handing {
	/** Beside nothing else in its worker. */
	readonly alone: boolean;
	readonly outcomeOf: (end: FunctionEnd) => RunOutcome;
}

export interface FunctionRuns {
	readonly executor: Executor;
	/** Hands a run to this worker, which has been given it already. */
	hand(
		worker: Worker,
		claimed: ClaimedRun,
		payload: PayloadSource | null,
		told: Pick<ToldOfRun, 'begun'>,
		how: Handing,
	): Execution;
	/** The process that it had to itself is gone. */
	processEnded(id: string, run: number, outcome: RunOutcome): void;
	/** Whether this run is, or was a moment ago, with a worker. */
	isOurs(id: string, run: number): boolean;
	/** Resolves with those that may begin, once that is kept. */
	begin(worker: Worker, names: readonly RunName[]): Promise<BegunRun[]>;
	/** Resolves once it is kept; false for what is not this worker's any more. */
	finish(worker: Worker, end: FunctionEnd): Promise<boolean>;
	/** What this worker has of the run. */
	of(worker: Worker, name: RunName): { readonly log: FunctionLog } | undefined;
	/** Nothing more begins here: what was only handed over goes back. */
	drain(): void;
	/** Its connection is gone. `gone`: of a process of ours, resolves when nothing of that is left. */
	lost(worker: Worker, gone?: Promise<unknown>): void;
}

export interface FunctionRunsOptions {
	readonly registry: Registry;
	readonly dispatch: () => Pick<Dispatch, 'begin'>;
	readonly logs: FunctionLogs;
	readonly tokens: RunTokens;
	readonly clock: Clock;
	/** The setting. */
	readonly aloneAfterDeaths: number;
	/** It holds a run more from now on. */
	readonly holding: (worker: Worker) => void;
}

interface Held {
	readonly id: string;
	readonly run: number;
	readonly worker: Worker;
	readonly graceMs: number;
	readonly log: FunctionLog;
	state: 'handed' | 'begun' | 'over';
	/** A person's pause puts it back; the worker is told that this is why. */
	pausing: boolean;
	stopping: boolean;
	grace: Timer | undefined;
	/** From when it has begun. */
	token: string | undefined;
	told(): void;
	/** In the queue's words. */
	readonly outcomeOf: (end: FunctionEnd) => RunOutcome;
	end(outcome: RunOutcome, result?: string, cost?: Cost): void;
}

export function createFunctionRuns(options: FunctionRunsOptions): FunctionRuns {
	const { registry, clock, logs, tokens } = options;
	const runs = new Map<string, Held>();
	/** Who waits until the end of a run is kept. */
	const settling = new Map<string, (() => void)[]>();
	const outgoing = createOutgoing((worker, run) => heldBy(worker, run) !== undefined);
	/** Waits until others have left its worker. */
	const parked = new Map<Worker, () => void>();

	function heldBy(worker: Worker, { id, run }: RunName): Held | undefined {
		const held = runs.get(id);
		return held?.run === run && held.worker === worker && held.state !== 'over' ? held : undefined;
	}

	/** What runs alone is handed over when everything before it has ended there. */
	async function besideNothing(worker: Worker, goesOn: () => boolean): Promise<void> {
		while (goesOn() && worker.held > 1) {
			await new Promise<void>((resolve) => parked.set(worker, resolve));
			parked.delete(worker);
		}
	}

	function stop(held: Held, graceMs: number, cause: StopReason | 'drain'): void {
		if (held.state === 'over') return;
		const { id, run } = held;
		const notice: StopNotice = { id, run, cause: held.pausing ? 'pause' : cause, graceMs };
		held.worker.connection.notify('worker/stop', notice);
		held.stopping = true;
		if (held.state === 'handed') held.end(INTERRUPTED);
		else endAfter(held, graceMs);
	}

	function endAfter(held: Held, graceMs: number, outcome = INTERRUPTED): void {
		held.grace?.cancel();
		held.grace = clock.after(graceMs, () => held.end(outcome));
	}

	function hand(
		worker: Worker,
		{ row, checkpoint }: ClaimedRun,
		payload: PayloadSource | null,
		told: Pick<ToldOfRun, 'begun'>,
		{ alone, outcomeOf: inWords }: Handing,
	): Execution {
		options.holding(worker);
		let input: InputFile | undefined;
		const { graceMs, deadlineAt } = storedSpec(row);
		const log = createFunctionLog(row, logs);
		const ended = Promise.withResolvers<ExecutionEnd>();
		// Asked by everything below: the map may have the job's next run by then.
		const held: Held = {
			id: row.id,
			run: row.run,
			worker,
			graceMs,
			log,
			state: 'handed',
			pausing: false,
			stopping: false,
			grace: undefined,
			token: undefined,
			outcomeOf: inWords,
			told: () => told.begun(),
			end(outcome, result, cost) {
				if (held.state === 'over') return;
				held.state = 'over';
				held.grace?.cancel();
				if (held.token !== undefined) tokens.revoke(held.token);
				registry.release(worker, row.type, alone);
				parked.get(worker)?.();
				void closed(outcome).then((logBytes) => ended.resolve({ outcome, result, cost, logBytes }));
			},
		};
		runs.set(row.id, held);

		async function closed(outcome: RunOutcome): Promise<number> {
			if (outcome.kind === 'payload' || outcome.kind === 'spawn') log.note(outcome.message);
			// Where it cannot be removed, the next start does it.
			await input?.remove().catch(() => {});
			return log.close();
		}

		async function handOver(): Promise<void> {
			const { id, run, attempt, type } = row;
			const small = row.payload_bytes < IN_MESSAGE_BYTES ? payload?.inlineText() : undefined;
			if (small === undefined) input = await payload?.layOut();
			if (held.state === 'over') {
				await input?.remove().catch(() => {});
				return;
			}
			if (alone) await besideNothing(worker, () => held.state !== 'over');
			outgoing.send(worker, {
				id,
				run,
				attempt,
				type,
				deadlineAt,
				...(row.workspace === '' ? {} : { workspace: row.workspace }),
				...(small === undefined ? {} : { payload: parseExactly(small) }),
				...(input === undefined ? {} : { payloadPath: input.path }),
				...(checkpoint === undefined ? {} : { checkpoint: parseExactly(checkpoint) }),
			});
		}
		handOver().catch((error: unknown) => held.end(failureOf(error)));
		return {
			ended: ended.promise,
			beginsLater: true,
			stop: (grace, cause) => stop(held, grace, cause),
			pause() {
				held.pausing = true;
				return Promise.resolve(false);
			},
			resume() {
				held.pausing = false;
				return Promise.resolve();
			},
			note: log.note,
			// A function asks nobody.
			answer() {},
		};
	}

	return {
		hand,
		processEnded(id, run, outcome) {
			const held = runs.get(id);
			if (held?.run === run) held.end(outcome);
		},
		executor: {
			execute(claimed, payload, told): Execution {
				const { row } = claimed;
				const alone = runsAlone(row, options.aloneAfterDeaths);
				const worker = registry.assign(row.type, alone);
				if (worker !== undefined) return hand(worker, claimed, payload, told, { alone, outcomeOf });
				// It has gone since: the run goes back, as one that nobody has begun.
				const nothing = { outcome: INTERRUPTED, result: undefined, logBytes: row.log_bytes };
				return { ...STILL, ended: Promise.resolve(nothing) };
			},
			settled(id, run) {
				const held = runs.get(id);
				if (held?.run === run) runs.delete(id);
				const key = keyOf({ id, run });
				for (const told of settling.get(key) ?? []) told();
				settling.delete(key);
				return Promise.resolve();
			},
		},
		isOurs: (id, run) => runs.get(id)?.run === run,
		of: (worker, name) => heldBy(worker, name),
		async begin(worker, names) {
			// What it began now would be interrupted; what was only handed over goes back uncharged.
			if (worker.leaving) return [];
			const mine = names.flatMap((name) => heldBy(worker, name) ?? []);
			const handed = mine.filter(({ state, stopping }) => state === 'handed' && !stopping);
			if (handed.length === 0) return [];
			for (const held of handed) held.state = 'begun';
			let begun: readonly RunName[] = [];
			try {
				begun = await options.dispatch().begin(handed.map(({ id, run }) => ({ id, run })));
			} finally {
				const kept = new Set(begun.map(keyOf));
				for (const held of handed) {
					if (held.state !== 'begun') continue;
					if (kept.has(keyOf(held))) held.told();
					else {
						held.state = 'handed';
						// Its stop came in between.
						if (held.stopping) held.end(INTERRUPTED);
					}
				}
			}
			return begun.map((name) => {
				const held = runs.get(name.id);
				// It may have ended in between: then nothing is given that nobody would take back.
				const goesOn = held?.run === name.run && held.state === 'begun';
				const token = goesOn ? tokens.issue(name.id, name.run) : '';
				if (goesOn) held.token = token;
				return { ...name, token };
			});
		},
		async finish(worker, end) {
			const held = heldBy(worker, end);
			if (held === undefined) return false;
			const kept = new Promise<void>((resolve) => {
				const key = keyOf(end);
				settling.set(key, [...(settling.get(key) ?? []), resolve]);
			});
			const result = 'result' in end ? end.result : undefined;
			const json = result === undefined ? undefined : JSON.stringify(result);
			held.end(held.outcomeOf(end), json, 'cost' in end ? end.cost : undefined);
			await kept;
			return true;
		},
		drain() {
			for (const held of runs.values()) if (held.state === 'handed') stop(held, 0, 'drain');
		},
		lost(worker, gone) {
			outgoing.forget(worker);
			const outcome = worker.leaving ? INTERRUPTED : WORKER_DIED;
			for (const held of runs.values()) {
				if (held.worker !== worker || held.state === 'over') continue;
				if (held.state === 'handed') held.end(INTERRUPTED);
				else if (gone !== undefined) void gone.then(() => held.end(outcome));
				// Its handler is being aborted, and may take that long.
				else if (!held.stopping) endAfter(held, held.graceMs, outcome);
			}
		},
	};
}

const keyOf = ({ id, run }: RunName): string => `${id}/${run}`;
