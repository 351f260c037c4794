/** The runs that are going on now: launching, timing out, stopping, and reporting their end to the queue. */
import { errorMessage, SemanticaError } from '../../shared/errors.ts';
import { isFunctionType } from '../../shared/functionTypes.ts';
import type { StopReason } from '../../shared/jobTerms.ts';
import type { ClaimedRun, Dispatch } from '../queue/dispatch.ts';
import type { Execution, ExecutionEnd, Executor } from '../queue/execution.ts';
import type { Clock } from '../queue/ports/clock.ts';
import type { JobRow } from '../queue/store/rows.ts';
import { storedSpec } from '../queue/store/storedSpec.ts';
import type { Order } from '../queue/store/tx.ts';
import { AnswerWait } from './answerWait.ts';
import { RunTimeout } from './runTimeout.ts';

export interface ActiveRunsOptions {
	readonly dispatch: Dispatch;
	readonly executor: Executor;
	readonly clock: Clock;
	/** A slot is free: who takes it may be claimed in the very commit that keeps the end. */
	readonly freed?: () => void;
	readonly log: (sentence: string) => void;
}

interface Active {
	readonly queue: string;
	/** A worker does it: it takes no slot. */
	readonly isFunction: boolean;
	readonly run: number;
	readonly execution: Execution;
	/** What still counts its time. */
	readonly timeouts: Set<RunTimeout>;
	readonly graceMs: number;
	/** Why it is being stopped, where that could not be recorded. */
	stopped: StopReason | undefined;
	/** A paused run has given its slot back. */
	paused: boolean;
	/** What it asks of a person, and whose answer it waits for. */
	readonly wait: AnswerWait;
	/** Orders to pause and resume are carried out one after the other. */
	orders: Promise<void>;
	/** What it asks is kept in that order. */
	asks: Promise<unknown>;
	/** That it is ready is kept, if it is. */
	ready: Promise<unknown>;
	/** It is ready, and runs on for those whom it serves. */
	serves: boolean;
}

const MAX_RETRY_MS = 30_000;

export class ActiveRuns {
	readonly #options: ActiveRunsOptions;
	readonly #runs = new Map<string, Active>();
	readonly #waiting: { readonly condition: () => boolean; readonly resolve: () => void }[] = [];
	#ending = 0;

	constructor(options: ActiveRunsOptions) {
		this.#options = options;
	}

	/** Runs that are going on, paused ones too. */
	get size(): number {
		return this.#runs.size;
	}

	/** Slots taken, in all or of one queue; functions take places of their own. */
	count(queue?: string, of?: 'functions'): number {
		const functions = of === 'functions';
		let count = 0;
		for (const active of this.#runs.values()) {
			if (active.isFunction !== functions || active.paused || active.wait.leftSlot) continue;
			if (queue === undefined || active.queue === queue) count++;
		}
		return count;
	}

	start(claimed: ClaimedRun): void {
		const { dispatch, executor } = this.#options;
		const { row } = claimed;
		const { timeoutMs, ready, graceMs } = storedSpec(row);
		const after = (ms: number, cause: StopReason) =>
			new RunTimeout(this.#options.clock, ms, () => {
				const stop = () => this.#stopRun(row.id, active, cause);
				void this.#untilRecorded(stop, () => this.#goesOn(row.id, active));
			});
		const timeouts = new Set(timeoutMs === null ? [] : [after(timeoutMs, 'timeout')]);
		const untilReady = ready?.timeoutMs === undefined ? undefined : after(ready.timeoutMs, 'ready');
		if (untilReady !== undefined) timeouts.add(untilReady);
		const execution = executor.execute(claimed, dispatch.payload(row), {
			ready: async () => {
				untilReady?.pause();
				if (untilReady !== undefined) timeouts.delete(untilReady);
				active.serves = true;
				this.#tellWaiting();
				active.ready = this.#untilRecorded(() => dispatch.becameReady(row.id, row.run));
				await active.ready;
			},
			begun() {
				for (const timeout of timeouts) timeout.start();
			},
			overMemory: () => this.#stopRun(row.id, active, 'memory').catch(this.#failed),
			asks: (asked) => {
				pauseTimeouts(active);
				active.wait.asked(asked.id, !active.paused);
				active.asks = active.asks.then(() =>
					this.#untilRecorded(
						() => dispatch.asked(row.id, row.run, asked),
						() => this.#goesOn(row.id, active) && active.wait.isOpen,
					),
				);
			},
		});
		const active: Active = {
			queue: row.queue,
			isFunction: isFunctionType(row.type),
			run: row.run,
			execution,
			timeouts,
			graceMs,
			stopped: undefined,
			paused: false,
			wait: new AnswerWait(this.#options.clock, () => {
				void this.#untilRecorded(
					() => dispatch.leaveSlot(row.id, row.run),
					() => this.#goesOn(row.id, active) && active.wait.isOpen,
				);
			}),
			orders: Promise.resolve(),
			asks: Promise.resolve(),
			ready: Promise.resolve(),
			serves: false,
		};
		this.#runs.set(row.id, active);
		if (execution.beginsLater !== true) for (const timeout of timeouts) timeout.start();
		execution.ended.then((end) => this.#ended(row, active, end)).catch(this.#failed);
	}

	/** False when there is no such run, or not yet. */
	obey(order: Order): boolean {
		const active = this.#runs.get(order.id);
		if (active?.run !== order.run) return false;
		if (order.reason !== undefined) active.execution.note(noteOf(order.kind, order.reason));
		if (order.kind === 'stop') {
			active.wait.end();
			active.execution.stop(order.graceMs, order.cause);
			return true;
		}
		if (order.kind === 'leaveSlot') {
			active.wait.leftSlot = active.wait.isOpen && !active.paused;
			return true;
		}
		if (order.kind === 'answer') {
			active.execution.answer(order.question, order.json, order.by);
			active.wait.answered(order.question, !active.paused);
			startTimeouts(active);
			return true;
		}
		const carryOut =
			order.kind === 'pause' ? () => this.#pause(order, active) : () => resume(active);
		active.orders = active.orders.then(carryOut).catch(this.#failed);
		return true;
	}

	/** Carries out a stop that the disk would not take; its end tells why, once that can be recorded. */
	obeyUnrecorded(order: Order): void {
		const active = this.#runs.get(order.id);
		if (order.kind !== 'stop' || active?.run !== order.run) return;
		// What would take its place is not there either.
		if (order.cause !== 'supersede') stopUnrecorded(active, order.cause);
	}

	/** Stops every run as interrupted: restartable work goes back to the queue. */
	async interruptAll(): Promise<void> {
		const runs = [...this.#runs];
		await Promise.all(runs.map(([id, active]) => this.#stopRun(id, active, 'interrupted')));
	}

	/** Resolves when nothing runs any more; what became of it may not be recorded yet. */
	whenGone(): Promise<void> {
		return this.#when(() => this.#runs.size === 0);
	}

	/** Resolves when nothing runs any more, and what became of it is recorded. */
	whenIdle(): Promise<void> {
		return this.#when(() => this.#runs.size === 0 && this.#ending === 0);
	}

	/** Runs that are ready: they go on until they are stopped. */
	get serving(): number {
		return [...this.#runs.values()].filter(({ serves }) => serves).length;
	}

	/** The same, but for those that serve. */
	whenOnlyServing(): Promise<void> {
		return this.#when(() => this.#runs.size === this.serving && this.#ending === 0);
	}

	#when(condition: () => boolean): Promise<void> {
		if (condition()) return Promise.resolve();
		return new Promise((resolve) => this.#waiting.push({ condition, resolve }));
	}

	#tellWaiting(): void {
		const open = this.#waiting.splice(0);
		this.#waiting.push(...open.filter(({ condition }) => !condition()));
		for (const { condition, resolve } of open) if (condition()) resolve();
	}

	// First it is recorded, so that it outlives us. Where that cannot be, it is stopped all the same.
	async #stopRun(id: string, active: Active, cause: StopReason): Promise<void> {
		try {
			await this.#options.dispatch.stopRun(id, active.run, cause);
		} catch (error) {
			stopUnrecorded(active, cause);
			throw error;
		}
	}

	async #pause({ id, run }: Order, active: Active): Promise<void> {
		const paused = await active.execution.pause();
		if (!this.#goesOn(id, active)) return;
		if (paused) {
			active.paused = true;
			active.wait.paused();
			pauseTimeouts(active);
		}
		await this.#untilRecorded(
			() => this.#options.dispatch.pauseCarriedOut(id, run, paused),
			() => this.#goesOn(id, active),
		);
	}

	#goesOn(id: string, active: Active): boolean {
		return this.#runs.get(id) === active;
	}

	async #ended(row: JobRow, active: Active, end: ExecutionEnd): Promise<void> {
		const { dispatch, executor } = this.#options;
		pauseTimeouts(active);
		active.wait.end();
		// Its process is gone, so its slot is free.
		this.#runs.delete(row.id);
		this.#ending++;
		this.#tellWaiting();
		const { stopped } = active;
		// Should we end before it is recorded, the next daemon is not to take our stop for the job's own end.
		if (stopped === 'interrupted') await executor.settled(row.id, row.run).catch(this.#failed);
		await active.ready;
		this.#options.freed?.();
		const finish = () => dispatch.finish({ id: row.id, run: row.run, ...end, stopped });
		if (await this.#untilRecorded(finish)) {
			await executor.settled(row.id, row.run).catch(this.#failed);
		}
		this.#ending--;
		this.#tellWaiting();
	}

	// A full disk or a foreign lock must not lose what became of a run: it is tried again until it is kept, or
	// means nothing any more, or the daemon ends; of an outcome the status file tells the next daemon.
	// Resolves with whether it was recorded.
	async #untilRecorded(
		record: () => Promise<unknown>,
		matters: () => boolean = () => true,
	): Promise<boolean> {
		for (let wait = 1000; matters(); wait = Math.min(wait * 2, MAX_RETRY_MS)) {
			try {
				await record();
				return true;
			} catch (error) {
				this.#failed(error);
				if (error instanceof SemanticaError && error.kind === 'DRAINING') return false;
				await new Promise<void>((resolve) => this.#options.clock.after(wait, resolve));
			}
		}
		return false;
	}

	readonly #failed = (error: unknown): void => {
		this.#options.log(`What became of a run could not be recorded: ${errorMessage(error)}`);
	};
}

function stopUnrecorded(active: Active, cause: StopReason): void {
	const first = active.stopped === undefined;
	if (first || cause === 'cancel') active.stopped = cause;
	if (first) active.execution.stop(active.graceMs, cause);
}

async function resume(active: Active): Promise<void> {
	if (!active.paused) return;
	// Its slot is taken again from now on, whatever the processes still have to do.
	active.paused = false;
	await active.execution.resume();
	active.wait.resumed();
	startTimeouts(active);
}

/** While it waits for a person they stand still. */
function startTimeouts({ timeouts, paused, wait }: Active): void {
	if (paused || wait.isOpen) return;
	for (const timeout of timeouts) timeout.start();
}

function pauseTimeouts({ timeouts }: Active): void {
	for (const timeout of timeouts) timeout.pause();
}

function noteOf(kind: 'pause' | 'resume' | 'stop', reason: string): string {
	switch (kind) {
		case 'pause':
			return `paused: ${reason}; it goes on by itself`;
		case 'resume':
			return `goes on: ${reason}`;
		case 'stop':
			return `stopped: ${reason}; it starts again by itself`;
	}
}
