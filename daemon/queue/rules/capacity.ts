/** What a claim may take (docs/design.md section 4): free slots, and the conditions that hold now. */
import type { Conditions } from '../ports/conditions.ts';
import type { WorkerRoom, Workers } from '../ports/workers.ts';
import type { Groups } from '../store/groups.ts';
import { EVERYTHING, type Limits } from '../store/limits.ts';
import type { Rates } from '../store/rates.ts';
import type { JobRow } from '../store/rows.ts';
import type { WaitClasses } from '../store/waitClasses.ts';
import type { Room, RoomLeft } from './room.ts';

/** Free slots; a paused queue has none. */
export interface Capacity {
	readonly total: number;
	/** Runs that are going on now. */
	readonly running: number;
	forQueue(queue: string): number;
	/** Runs of the queue that are going on now. */
	runningIn(queue: string): number;
	/** Runs of functions that may begin, in all; they take none of the slots above. */
	readonly functions: number;
	/** The same of one queue: bounded only where somebody set its concurrency. */
	functionsIn(queue: string): number;
	/** The type of the function for whose worker this wait class waits. */
	functionOf(waitClass: number): string | undefined;
	/** What workers have room for now. */
	workerRoom(): WorkerRoom;
	/** Runs of the queue that its rate lets begin now. */
	beginsIn(queue: string): number;
	/** Free places of a group of jobs. */
	forGroup(group: string): number;
	/** The conditions of this wait class hold now. */
	met(waitClass: number): boolean;
	/** What the caps of runs leave of the machine's memory. */
	roomLeft(remembers: () => boolean): RoomLeft;
	/** The machine is too busy for another job of low priority. */
	crowded(): boolean;
}

export interface CapacitySources {
	readonly limits: Limits;
	readonly groups: Groups;
	readonly rates: Pick<Rates, 'tokens'>;
	readonly classes: WaitClasses;
	readonly conditions: Conditions;
	readonly workers: Workers;
	readonly room: Pick<Room, 'left'>;
}

/** Slots taken, in all or of one queue: by processes, or the places that functions have. */
export type Occupied = (queue?: string, of?: 'functions') => number;

/** `running` tells how many slots are taken, in all or of one queue; `atMost` so many jobs may start. */
export function capacityNow(
	{ limits, groups, rates, classes, conditions, workers, room }: CapacitySources,
	running: Occupied,
	atMost = Number.POSITIVE_INFINITY,
): Capacity {
	const all = limits.of(EVERYTHING);
	const taken = running();
	const most = (n: number) => Math.max(0, all.paused ? 0 : Math.min(atMost, n));
	const inQueue = (queue: string) => running(queue) + running(queue, 'functions');
	return {
		total: most(all.concurrency - taken),
		functions: most(workers.maxFunctions() - running(undefined, 'functions')),
		running: taken,
		forQueue(queue) {
			const limit = limits.of(queue);
			const used = limits.isSet(queue) ? inQueue(queue) : running(queue);
			return limit.paused ? 0 : limit.concurrency - used;
		},
		functionsIn(queue) {
			const limit = limits.of(queue);
			if (limit.paused) return 0;
			return limits.isSet(queue) ? limit.concurrency - inQueue(queue) : Number.POSITIVE_INFINITY;
		},
		functionOf: (waitClass) => classes.setOf(waitClass)?.worker,
		workerRoom: () => workers.room(),
		runningIn: running,
		beginsIn: (queue) => rates.tokens(queue),
		forGroup: (group) => groups.limitOf(group).limit - groups.taken(group),
		met(waitClass) {
			const set = classes.setOf(waitClass);
			return set === undefined || conditions.met(set);
		},
		roomLeft: room.left,
		crowded: () => conditions.crowded(),
	};
}

/** What takes a slot, and a place in its group. */
export type Taker = Pick<JobRow, 'queue' | 'group_name' | 'class'>;

/** What a claim may still take: asked of the capacity once per queue and group, then counted here. */
export class Slots {
	readonly #capacity: Capacity;
	readonly #queues = new Map<string, number>();
	readonly #taken = new Map<string, number>();
	readonly #groups = new Map<string, number>();
	readonly #begins = new Map<string, number>();
	/** The same of functions; a queue whose concurrency nobody set bounds none. */
	readonly #functions = new Map<string, number>();
	readonly #memory: RoomLeft;
	#room: WorkerRoom | undefined;
	#total: number;
	#functionTotal: number;

	/** @param remembers Whether who finds no room is known to wait for it from now on. */
	constructor(capacity: Capacity, remembers = () => false) {
		this.#capacity = capacity;
		this.#memory = capacity.roomLeft(remembers);
		this.#total = capacity.total;
		this.#functionTotal = capacity.functions;
	}

	/** Another job of the queue runs, or was taken just now. */
	busy(queue: string): boolean {
		return (this.#taken.get(queue) ?? 0) > 0 || this.#capacity.runningIn(queue) > 0;
	}

	/** Anything else runs, or was taken just now. */
	others(): boolean {
		return this.#total < this.#capacity.total || this.#capacity.running > 0;
	}

	any(): boolean {
		return this.#total > 0 || this.#functionTotal > 0;
	}

	/** Some worker has room for a function of this class, and so many may run in all; true of what is none. */
	hasWorker(waitClass: number): boolean {
		const mayRun = !this.isFunction(waitClass) || this.#functionTotal > 0;
		return mayRun && this.isWorkerFree(waitClass);
	}

	/** The first alone: all that Run Now leaves standing. */
	isWorkerFree(waitClass: number): boolean {
		const type = this.#capacity.functionOf(waitClass);
		return type === undefined || this.#workers().has(type);
	}

	isFunction(waitClass: number): boolean {
		return this.#capacity.functionOf(waitClass) !== undefined;
	}

	free(queue: string): boolean {
		return this.#total > 0 && this.#of(queue) > 0;
	}

	/** There is a place in its group, if it has one. */
	hasPlace({ group_name: group }: Pick<JobRow, 'group_name'>): boolean {
		return group === '' || this.placesOf(group) > 0;
	}

	/** The same for a run that would begin, which needs a token of the queue's rate. */
	mayBegin(queue: string, waitClass: number): boolean {
		const free = this.isFunction(waitClass) ? this.#functionsOf(queue) > 0 : this.free(queue);
		return free && this.#beginsIn(queue) > 0;
	}

	/** The caps of what runs leave enough for a run of this class. */
	hasMemory(waitClass: number, generation: number): boolean {
		return this.#memory.has(waitClass, generation);
	}

	/** What was begun takes what its cap says, not what its class does. */
	takeMemory(waitClass: number, memoryMB: () => number | undefined): void {
		if (this.#memory.counts(waitClass)) this.#memory.take(memoryMB() ?? 0);
	}

	take(job: Taker): void {
		this.#change(job, 1);
	}

	/** A run begins. */
	begin(job: Taker): void {
		this.#begins.set(job.queue, this.#beginsIn(job.queue) - 1);
		this.take(job);
	}

	/** Nothing was started after all. */
	giveBack(job: Taker): void {
		this.#begins.set(job.queue, this.#beginsIn(job.queue) + 1);
		this.#change(job, -1);
	}

	#change({ queue, group_name: group, class: waitClass }: Taker, by: 1 | -1): void {
		if (group !== '') this.#groups.set(group, this.placesOf(group) - by);
		// Where its limit is a person's, the two share it.
		const shared = Number.isFinite(this.#functionsOf(queue));
		if (shared) this.#functions.set(queue, this.#functionsOf(queue) - by);
		const type = this.#capacity.functionOf(waitClass);
		if (type !== undefined) {
			if (shared) this.#queues.set(queue, this.#of(queue) - by);
			this.#functionTotal -= by;
			if (by === 1) this.#workers().take(type);
			else this.#workers().giveBack(type);
			return;
		}
		this.#queues.set(queue, this.#of(queue) - by);
		this.#taken.set(queue, (this.#taken.get(queue) ?? 0) + by);
		this.#total -= by;
	}

	/** Free places of a group. */
	placesOf(group: string): number {
		const known = this.#groups.get(group) ?? this.#capacity.forGroup(group);
		this.#groups.set(group, known);
		return known;
	}

	#beginsIn(queue: string): number {
		const known = this.#begins.get(queue) ?? this.#capacity.beginsIn(queue);
		this.#begins.set(queue, known);
		return known;
	}

	#workers(): WorkerRoom {
		this.#room ??= this.#capacity.workerRoom();
		return this.#room;
	}

	#functionsOf(queue: string): number {
		const known = this.#functions.get(queue) ?? this.#capacity.functionsIn(queue);
		this.#functions.set(queue, known);
		return known;
	}

	#of(queue: string): number {
		const known = this.#queues.get(queue) ?? this.#capacity.forQueue(queue);
		this.#queues.set(queue, known);
		return known;
	}
}
