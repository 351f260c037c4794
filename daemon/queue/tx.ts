/** What a group of operations will have changed once it commits: told to the world only then. */
import type { StopReason } from '../../shared/job.ts';

/** What is to be done to a run's processes, once the commit that decided it is durable. */
export type Order =
	| {
			readonly kind: 'stop';
			readonly id: string;
			readonly run: number;
			readonly cause: StopReason;
			readonly graceMs: number;
			readonly reason?: string;
	  }
	| {
			readonly kind: 'pause' | 'resume';
			readonly id: string;
			readonly run: number;
			/** Why, where no person asked for it: it goes to the job's log. */
			readonly reason?: string;
	  };

export interface StateMove {
	readonly queue: string;
	/** State codes; null is "not there". */
	readonly from: number | null;
	readonly to: number | null;
}

/** A claim range that got a job it can start. */
export interface ReadyRange {
	readonly queue: string;
	readonly class: number;
	readonly workspace: string;
}

export interface Effects {
	/** Ids of jobs whose wire form changed; an id may stand more than once. */
	readonly changed: readonly string[];
	/** Ids of jobs that have ended for good. */
	readonly ended: readonly string[];
	/** Ids of jobs whose rows are gone. */
	readonly removed: readonly string[];
	readonly moves: readonly StateMove[];
	readonly orders: readonly Order[];
	readonly ready: readonly ReadyRange[];
	/** Something may start, end or come due now: the scheduling loop should look. */
	readonly wake: boolean;
}

/** Lengths to cut back to when an operation is undone. */
export type Mark = readonly [number, number, number, number, number, number, boolean];

export class Tx {
	/** Epoch ms, one value for the whole group. */
	readonly now: number;
	readonly #changed: string[] = [];
	readonly #ended: string[] = [];
	readonly #removed: string[] = [];
	readonly #moves: StateMove[] = [];
	readonly #orders: Order[] = [];
	readonly #ready: ReadyRange[] = [];
	#wake = false;

	constructor(now: number) {
		this.now = now;
	}

	changed(id: string): void {
		this.#changed.push(id);
	}

	ended(id: string): void {
		this.#ended.push(id);
	}

	removed(id: string): void {
		this.#removed.push(id);
		this.#changed.push(id);
	}

	moved(move: StateMove): void {
		this.#moves.push(move);
	}

	order(order: Order): void {
		this.#orders.push(order);
	}

	ready(range: ReadyRange): void {
		this.#ready.push(range);
		this.#wake = true;
	}

	wake(): void {
		this.#wake = true;
	}

	mark(): Mark {
		return [
			this.#changed.length,
			this.#ended.length,
			this.#removed.length,
			this.#moves.length,
			this.#orders.length,
			this.#ready.length,
			this.#wake,
		];
	}

	undoTo([changed, ended, removed, moves, orders, ready, wake]: Mark): void {
		this.#changed.length = changed;
		this.#ended.length = ended;
		this.#removed.length = removed;
		this.#moves.length = moves;
		this.#orders.length = orders;
		this.#ready.length = ready;
		this.#wake = wake;
	}

	get effects(): Effects {
		return {
			changed: this.#changed,
			ended: this.#ended,
			removed: this.#removed,
			moves: this.#moves,
			orders: this.#orders,
			ready: this.#ready,
			wake: this.#wake,
		};
	}
}
