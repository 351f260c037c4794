/** Who is connected and does what, and how much of it each has room for. */
import { SemanticaError } from '../../shared/errors.ts';
import { placesOf, type Registration, WORKER_LIMITS } from '../../shared/protocol/workers.ts';
import type { WorkerRoom, Workers } from '../queue/ports/workers.ts';
import type { WorkerIdentity } from './started/standing.ts';

/** What this room needs of a worker's connection. */
export interface Connection {
	/** Set when it is a process of a worker that this daemon started. */
	readonly worker: WorkerIdentity | undefined;
	notify(method: string, params: unknown): void;
	onClose(callback: () => void): () => void;
	/** Drops one that does not answer. */
	drop(why: string): void;
}

export interface Worker {
	readonly name: string;
	readonly connection: Connection;
	/** Runs that are with it, in all and of each type that it does. */
	held: number;
	readonly types: Map<string, { readonly limit: number; held: number }>;
	readonly prefetch: number;
	/** Holds a run beside which it is given no other. */
	alone: boolean;
	/** Its end is our doing: it is held against nobody. */
	leaving: boolean;
	/** It does one thing at a time and hears of nothing meanwhile. */
	readonly patient: boolean;
	/** Monotonic ms. */
	heardAt: number;
}

export interface Registry {
	/** @throws SemanticaError CONFLICT where this connection is one already. */
	add(connection: Connection, registration: Registration, now: number, patient?: boolean): Worker;
	of(connection: Connection): Worker | undefined;
	/** Nothing more is given to it; what is with it may end. */
	retire(worker: Worker, now: number): void;
	/** It has gone. */
	remove(worker: Worker, now: number): void;
	/** Gives a run of this type to whoever has most room; undefined where nobody has any. `alone`: and no other. */
	assign(type: string, alone: boolean): Worker | undefined;
	/** The same of one that was chosen already. */
	take(worker: Worker, type: string, alone: boolean): void;
	release(worker: Worker, type: string, alone: boolean): void;
	all(): Iterable<Worker>;
	/** As the queue asks. */
	readonly port: Workers;
}

/** Of more types nobody remembers when the last of their workers left. */
const REMEMBERED = 1000;

interface Load {
	readonly free: number;
	readonly ofType: number;
}

/** Workers that the daemon starts itself. */
export interface Startable {
	any(): boolean;
	/** Who does this type is there, or comes when there is work. */
	serves(type: string): boolean;
	/** A job of this type could start, and nobody is there for it. */
	wanted(type: string): void;
	unmet(type: string): string | undefined;
	/** What a worker holds has changed. */
	loadChanged(worker: Worker): void;
}

/** @param now Epoch ms. */
export function createRegistry(
	maxFunctions: () => number,
	now: () => number,
	started: () => Startable,
): Registry {
	const workers = new Map<Connection, Worker>();
	const byType = new Map<string, Set<Worker>>();
	const leftAt = new Map<string, number>();

	function choose(type: string, load: (worker: Worker) => Load): Worker | undefined {
		let best: Worker | undefined;
		let most = 0;
		for (const worker of byType.get(type) ?? []) {
			const { free, ofType } = load(worker);
			const room = Math.min(free, ofType);
			if (room > most) [best, most] = [worker, room];
		}
		return best;
	}

	function loadOf(worker: Worker, type: string): Load {
		const { limit = 0, held = 0 } = worker.types.get(type) ?? {};
		if (worker.alone) return { free: 0, ofType: 0 };
		return { free: worker.prefetch - worker.held, ofType: limit - held };
	}

	function room(): WorkerRoom {
		/** What was taken since, on top of what they hold. */
		const taken = new Map<Worker, { all: number; readonly types: Map<string, number> }>();
		const order = new Map<string, Worker[]>();
		const load = (type: string) => (worker: Worker) => {
			const { free, ofType } = loadOf(worker, type);
			const more = taken.get(worker);
			return {
				free: free - (more?.all ?? 0),
				ofType: ofType - (more?.types.get(type) ?? 0),
			};
		};
		function change(worker: Worker, type: string, by: 1 | -1): void {
			const more = taken.get(worker) ?? { all: 0, types: new Map<string, number>() };
			more.all += by;
			more.types.set(type, (more.types.get(type) ?? 0) + by);
			taken.set(worker, more);
		}
		return {
			has(type) {
				const there = choose(type, load(type)) !== undefined;
				if (!there && !byType.has(type)) started().wanted(type);
				return there;
			},
			take(type) {
				const worker = choose(type, load(type));
				if (worker === undefined) return;
				change(worker, type, 1);
				const given = order.get(type) ?? [];
				given.push(worker);
				order.set(type, given);
			},
			giveBack(type) {
				const worker = order.get(type)?.pop();
				if (worker !== undefined) change(worker, type, -1);
			},
		};
	}

	function take(worker: Worker, type: string, alone: boolean): void {
		const count = worker.types.get(type);
		worker.held++;
		if (count !== undefined) count.held++;
		if (alone) worker.alone = true;
		started().loadChanged(worker);
	}

	function retire(worker: Worker, at: number): void {
		for (const type of worker.types.keys()) {
			const others = byType.get(type);
			others?.delete(worker);
			if (others?.size !== 0) continue;
			byType.delete(type);
			leftAt.delete(type);
			leftAt.set(type, at);
			const [oldest] = leftAt.keys();
			if (leftAt.size > REMEMBERED && oldest !== undefined) leftAt.delete(oldest);
		}
	}

	const heldInAll = () => [...workers.values()].reduce((sum, { held }) => sum + held, 0);

	return {
		of: (connection) => workers.get(connection),
		all: () => workers.values(),
		add(connection, { name, types, prefetch }, at, patient = false) {
			if (workers.has(connection)) {
				throw new SemanticaError(
					'CONFLICT',
					'This connection is a worker already. Open another one for other types.',
				);
			}
			const worker: Worker = {
				name,
				connection,
				held: 0,
				alone: false,
				leaving: false,
				patient,
				prefetch: prefetch ?? Math.min(WORKER_LIMITS.prefetch, placesOf(types)),
				heardAt: at,
				types: new Map(
					types.map(({ type, concurrency }) => [
						type,
						{ limit: WORKER_LIMITS.prefetchPerPlace * concurrency, held: 0 },
					]),
				),
			};
			workers.set(connection, worker);
			for (const { type } of types) byType.set(type, (byType.get(type) ?? new Set()).add(worker));
			return worker;
		},
		retire,
		remove(worker, at) {
			workers.delete(worker.connection);
			retire(worker, at);
		},
		take,
		assign(type, alone) {
			const worker = choose(type, (one) => loadOf(one, type));
			if (worker !== undefined) take(worker, type, alone);
			return worker;
		},
		release(worker, type, alone) {
			const count = worker.types.get(type);
			worker.held--;
			if (count !== undefined) count.held--;
			if (alone) worker.alone = false;
			started().loadChanged(worker);
		},
		port: {
			room,
			maxFunctions,
			anybody: () => workers.size > 0 || started().any(),
			present: (type) => byType.has(type) || started().serves(type),
			unmet(type) {
				const wait = `waits for a worker that does ${type}`;
				const there = byType.get(type);
				if (there === undefined) {
					const own = started().unmet(type);
					if (own !== undefined) return own;
					const left = leftAt.get(type);
					if (left === undefined) return `${wait}; none is connected`;
					return `${wait}; the last one left ${ago(now() - left)}`;
				}
				if (heldInAll() >= maxFunctions()) {
					return `Semantica has ${maxFunctions()} functions with workers, as many as it may (settings: maxFunctions)`;
				}
				if (choose(type, (one) => loadOf(one, type)) !== undefined) return undefined;
				const count = there.size === 1 ? 'the one that is connected has' : `all ${there.size} have`;
				return `${wait}; ${count} no room now`;
			},
		},
	};
}

function ago(ms: number): string {
	const seconds = Math.max(1, Math.round(ms / 1000));
	const [n, unit] =
		seconds < 60
			? [seconds, 'second']
			: seconds < 3600
				? [Math.floor(seconds / 60), 'minute']
				: [Math.floor(seconds / 3600), 'hour'];
	return `${n} ${unit}${n === 1 ? '' : 's'} ago`;
}
