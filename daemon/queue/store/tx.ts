/** What a group of operations will have changed once it commits: told to the world only then. */
import type { StopReason } from '../../../shared/jobTerms.ts';

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
	/** It waits for a person, and others may have its slot meanwhile. */
	| {
			readonly kind: 'leaveSlot';
			readonly id: string;
			readonly run: number;
			readonly reason?: never;
	  }
	| {
			readonly kind: 'answer';
			readonly id: string;
			readonly run: number;
			/** The id of what it asked. */
			readonly question: string;
			/** JSON text of the answer. */
			readonly json: string;
			/** Who gave it. */
			readonly by: string;
			readonly reason?: never;
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
	readonly type: string;
	/** State codes; null is "not there". */
	readonly from: number | null;
	readonly to: number | null;
	/** Beside a start: since it was due. */
	readonly waitedMs?: number;
	/** Beside an end. */
	readonly reason?: StopReason;
}

/** A waiting job that went from one place (store/waiting.ts) to another, in one number each. */
export interface WaitMove {
	readonly queue: string;
	/** '' is none. */
	readonly group: string;
	readonly from: number;
	readonly to: number;
}

/** A run that is over. */
export interface RunTook {
	readonly queue: string;
	readonly type: string;
	readonly ms: number;
}

/** A job that has ended, of which a person is to be told. */
export interface ToldEnd {
	readonly id: string;
	/** Or expired. */
	readonly failed: boolean;
	/** Where it is told only if that was long, ms. */
	readonly sinceAskedMs?: number;
}

/** A claim range that got a job it can start. */
export interface ReadyRange {
	readonly queue: string;
	readonly class: number;
	readonly workspace: string;
	/** '' is none. */
	readonly group_name: string;
}

export interface Effects {
	/** Ids of jobs whose wire form changed; an id may stand more than once. */
	readonly changed: readonly string[];
	/** Ids of jobs that have ended for good. */
	readonly ended: readonly string[];
	/** Of those that ended, whose end is to be told to a person. */
	readonly told: readonly ToldEnd[];
	/** Ids of jobs whose rows are gone. */
	readonly removed: readonly string[];
	readonly moves: readonly StateMove[];
	readonly waits: readonly WaitMove[];
	readonly runs: readonly RunTook[];
	/** Queues of jobs that are tried again after a failure, each as often as it happened. */
	readonly retries: readonly string[];
	/** By so many bytes the logs of runs that are over have grown. */
	readonly logBytes: number;
	readonly orders: readonly Order[];
	readonly ready: readonly ReadyRange[];
	/** Groups of jobs in which a place may be free now; a group too many only costs one look. */
	readonly places: readonly string[];
	/** Something may start, end or come due now: the scheduling loop should look. */
	readonly wake: boolean;
	/** How things stand was recorded with it. */
	readonly recorded: boolean;
}

/** Lengths to cut back to when an operation is undone. */
export type Mark = readonly [
	number,
	number,
	number,
	number,
	number,
	number,
	number,
	boolean,
	...counted: number[],
];

export class Tx {
	/** Epoch ms, one value for the whole group. */
	readonly now: number;
	readonly #changed: string[] = [];
	readonly #ended: string[] = [];
	readonly #told: ToldEnd[] = [];
	readonly #removed: string[] = [];
	readonly #moves: StateMove[] = [];
	readonly #waits: WaitMove[] = [];
	readonly #runs: RunTook[] = [];
	readonly #retries: string[] = [];
	#logBytes = 0;
	readonly #orders: Order[] = [];
	readonly #ready: ReadyRange[] = [];
	readonly #places: string[] = [];
	#wake = false;
	#recorded = false;

	constructor(now: number) {
		this.now = now;
	}

	changed(id: string): void {
		this.#changed.push(id);
	}

	ended(id: string): void {
		this.#ended.push(id);
	}

	told(end: ToldEnd): void {
		this.#told.push(end);
	}

	removed(id: string): void {
		this.#removed.push(id);
		this.#changed.push(id);
	}

	moved(move: StateMove): void {
		this.#moves.push(move);
	}

	waits(move: WaitMove): void {
		this.#waits.push(move);
	}

	ran(run: RunTook): void {
		this.#runs.push(run);
	}

	retried(queue: string): void {
		this.#retries.push(queue);
	}

	logged(bytes: number): void {
		this.#logBytes += bytes;
	}

	order(order: Order): void {
		this.#orders.push(order);
	}

	ready(range: ReadyRange): void {
		this.#ready.push(range);
		this.#wake = true;
	}

	/** @param group '' is none. */
	placeFreed(group: string): void {
		if (group === '') return;
		this.#places.push(group);
		this.#wake = true;
	}

	wake(): void {
		this.#wake = true;
	}

	/** After the last operation of the group. */
	record(): void {
		this.#recorded = true;
	}

	mark(): Mark {
		return [
			this.#changed.length,
			this.#ended.length,
			this.#removed.length,
			this.#moves.length,
			this.#orders.length,
			this.#ready.length,
			this.#places.length,
			this.#wake,
			this.#waits.length,
			this.#runs.length,
			this.#retries.length,
			this.#logBytes,
			this.#told.length,
		];
	}

	/** Returns the orders that are not given after all. */
	undoTo([changed, ended, removed, moves, orders, ready, places, wake, ...counted]: Mark): Order[] {
		const [waits = 0, runs = 0, retries = 0, logBytes = 0, told = 0] = counted;
		this.#told.length = told;
		this.#waits.length = waits;
		this.#runs.length = runs;
		this.#retries.length = retries;
		this.#logBytes = logBytes;
		this.#changed.length = changed;
		this.#ended.length = ended;
		this.#removed.length = removed;
		this.#moves.length = moves;
		const undone = this.#orders.splice(orders);
		this.#ready.length = ready;
		this.#places.length = places;
		this.#wake = wake;
		return undone;
	}

	get effects(): Effects {
		return {
			changed: this.#changed,
			ended: this.#ended,
			told: this.#told,
			removed: this.#removed,
			moves: this.#moves,
			waits: this.#waits,
			runs: this.#runs,
			retries: this.#retries,
			logBytes: this.#logBytes,
			orders: this.#orders,
			ready: this.#ready,
			places: this.#places,
			wake: this.#wake,
			recorded: this.#recorded,
		};
	}
}
