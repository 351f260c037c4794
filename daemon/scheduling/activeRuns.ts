/** The runs that are going on now: launching, timing out, stopping, and reporting their end to the queue. */
import { errorMessage, SemanticaError } from '../../shared/errors.ts';
import type { Clock } from '../queue/clock.ts';
import type { ClaimedRun, Dispatch } from '../queue/dispatch.ts';
import type { Execution, ExecutionEnd, Executor } from '../queue/execution.ts';
import type { JobRow } from '../queue/rows.ts';
import { storedSpec } from '../queue/storedSpec.ts';
import type { Order } from '../queue/tx.ts';
import { RunTimeout } from './runTimeout.ts';

export interface ActiveRunsOptions {
	readonly dispatch: Dispatch;
	readonly executor: Executor;
	readonly clock: Clock;
	readonly log: (sentence: string) => void;
}

interface Active {
	readonly queue: string;
	readonly run: number;
	readonly execution: Execution;
	readonly timeout: RunTimeout | undefined;
	/** A paused run has given its slot back. */
	paused: boolean;
	/** Orders to pause and resume are carried out one after the other. */
	orders: Promise<void>;
}

const MAX_RETRY_MS = 30_000;

export class ActiveRuns {
	readonly #options: ActiveRunsOptions;
	readonly #runs = new Map<string, Active>();
	readonly #idle: (() => void)[] = [];
	#ending = 0;

	constructor(options: ActiveRunsOptions) {
		this.#options = options;
	}

	/** Runs that are going on, paused ones too. */
	get size(): number {
		return this.#runs.size;
	}

	/** Slots taken, in all or of one queue. */
	count(queue?: string): number {
		let count = 0;
		for (const active of this.#runs.values()) {
			if (!active.paused && (queue === undefined || active.queue === queue)) count++;
		}
		return count;
	}

	start(claimed: ClaimedRun): void {
		const { dispatch, executor } = this.#options;
		const { row } = claimed;
		const execution = executor.execute(claimed, dispatch.payload(row));
		const { timeoutMs } = storedSpec(row);
		const timeout =
			timeoutMs === null
				? undefined
				: new RunTimeout(this.#options.clock, timeoutMs, () => {
						const stop = () => dispatch.stopRun(row.id, row.run, 'timeout');
						void this.#untilRecorded(stop, () => this.#goesOn(row.id, active));
					});
		const active: Active = {
			queue: row.queue,
			run: row.run,
			execution,
			timeout,
			paused: false,
			orders: Promise.resolve(),
		};
		this.#runs.set(row.id, active);
		timeout?.start();
		void execution.ended.then((end) => this.#ended(row, active, end));
	}

	/** False when there is no such run, or not yet. */
	obey(order: Order): boolean {
		const active = this.#runs.get(order.id);
		if (active?.run !== order.run) return false;
		if (order.reason !== undefined) active.execution.note(noteOf(order.kind, order.reason));
		if (order.kind === 'stop') {
			active.execution.stop(order.graceMs);
			return true;
		}
		const carryOut =
			order.kind === 'pause' ? () => this.#pause(order, active) : () => resume(active);
		active.orders = active.orders.then(carryOut).catch(this.#failed);
		return true;
	}

	/** Stops every run as interrupted: restartable work goes back to the queue. */
	async interruptAll(): Promise<void> {
		const runs = [...this.#runs];
		await Promise.all(
			runs.map(([id, { run }]) => this.#options.dispatch.stopRun(id, run, 'interrupted')),
		);
	}

	/** Resolves when nothing runs any more. */
	whenIdle(): Promise<void> {
		if (this.#isIdle()) return Promise.resolve();
		return new Promise((resolve) => this.#idle.push(resolve));
	}

	async #pause({ id, run }: Order, active: Active): Promise<void> {
		const paused = await active.execution.pause();
		if (!this.#goesOn(id, active)) return;
		if (paused) {
			active.paused = true;
			active.timeout?.pause();
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
		active.timeout?.pause();
		// Its process is gone, so its slot is free; the commit below wakes the loop that fills it.
		this.#runs.delete(row.id);
		this.#ending++;
		await this.#untilRecorded(() => dispatch.finish({ id: row.id, run: row.run, ...end }));
		await executor.settled(row.id, row.run).catch(this.#failed);
		this.#ending--;
		if (this.#isIdle()) for (const resolve of this.#idle.splice(0)) resolve();
	}

	// A full disk or a foreign lock must not lose what became of a run: it is tried again until it is kept, or
	// means nothing any more, or the daemon ends; of an outcome the status file tells the next daemon.
	async #untilRecorded(
		record: () => Promise<unknown>,
		matters: () => boolean = () => true,
	): Promise<void> {
		for (let wait = 1000; matters(); wait = Math.min(wait * 2, MAX_RETRY_MS)) {
			try {
				await record();
				return;
			} catch (error) {
				this.#failed(error);
				if (error instanceof SemanticaError && error.kind === 'DRAINING') return;
				await new Promise<void>((resolve) => this.#options.clock.after(wait, resolve));
			}
		}
	}

	#isIdle(): boolean {
		return this.#runs.size === 0 && this.#ending === 0;
	}

	readonly #failed = (error: unknown): void => {
		this.#options.log(`What became of a run could not be recorded: ${errorMessage(error)}`);
	};
}

async function resume(active: Active): Promise<void> {
	if (!active.paused) return;
	// Its slot is taken again from now on, whatever the processes still have to do.
	active.paused = false;
	await active.execution.resume();
	active.timeout?.start();
}

function noteOf(kind: Order['kind'], reason: string): string {
	switch (kind) {
		case 'pause':
			return `paused: ${reason}; it goes on by itself`;
		case 'resume':
			return `goes on: ${reason}`;
		case 'stop':
			return `stopped: ${reason}; it starts again by itself`;
	}
}
