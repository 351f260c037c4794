/** What a claim may take (docs/design.md section 4): free slots, and the conditions that hold now. */
import type { Conditions } from './conditions.ts';
import { EVERYTHING, type Limits, type QueueLimit } from './limits.ts';
import type { WaitClasses } from './waitClasses.ts';

/** Free slots; a paused queue has none. */
export interface Capacity {
	readonly total: number;
	/** Runs that are going on now. */
	readonly running: number;
	forQueue(queue: string): number;
	/** Runs of the queue that are going on now. */
	runningIn(queue: string): number;
	/** The conditions of this wait class hold now. */
	met(waitClass: number): boolean;
	/** The machine is too busy for another job of low priority. */
	crowded(): boolean;
}

export interface CapacitySources {
	readonly limits: Limits;
	readonly classes: WaitClasses;
	readonly conditions: Conditions;
}

/** `running` tells how many slots are taken, in all or of one queue; `atMost` so many jobs may start. */
export function capacityNow(
	{ limits, classes, conditions }: CapacitySources,
	running: (queue?: string) => number,
	atMost = Number.POSITIVE_INFINITY,
): Capacity {
	return {
		total: Math.max(0, Math.min(atMost, freeOf(limits.of(EVERYTHING), running()))),
		running: running(),
		forQueue: (queue) => freeOf(limits.of(queue), running(queue)),
		runningIn: running,
		met(waitClass) {
			const set = classes.setOf(waitClass);
			return set === undefined || conditions.met(set);
		},
		crowded: () => conditions.crowded(),
	};
}

function freeOf(limit: QueueLimit, running: number): number {
	return limit.paused ? 0 : limit.concurrency - running;
}

/** What a claim may still take: asked of the capacity once per queue, then counted here. */
export class Slots {
	readonly #capacity: Capacity;
	readonly #queues = new Map<string, number>();
	readonly #taken = new Set<string>();
	#total: number;

	constructor(capacity: Capacity) {
		this.#capacity = capacity;
		this.#total = capacity.total;
	}

	/** Another job of the queue runs, or was taken just now. */
	busy(queue: string): boolean {
		return this.#taken.has(queue) || this.#capacity.runningIn(queue) > 0;
	}

	/** Anything else runs, or was taken just now. */
	others(): boolean {
		return this.#taken.size > 0 || this.#capacity.running > 0;
	}

	free(queue: string): boolean {
		return this.#total > 0 && this.#of(queue) > 0;
	}

	take(queue: string): void {
		this.#queues.set(queue, this.#of(queue) - 1);
		this.#taken.add(queue);
		this.#total--;
	}

	#of(queue: string): number {
		const known = this.#queues.get(queue) ?? this.#capacity.forQueue(queue);
		this.#queues.set(queue, known);
		return known;
	}
}
