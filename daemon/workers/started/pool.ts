/** Processes that do one run each at a time: as many as run at once, and a while after. */
import type { Clock, Timer } from '../../queue/ports/clock.ts';
import type { Worker } from '../registry.ts';
import type { Standing, StandingEnd } from './standing.ts';

export interface Pool {
	/** One that is free, or a new one; `end` where it ended before it registered. */
	take(): Promise<Lease | { readonly end: StandingEnd }>;
	/** Resolves when nothing of them is left. */
	close(): Promise<void>;
}

export interface Lease {
	readonly standing: Standing;
	readonly worker: Worker;
	/** Its run is over. `spent`: it has grown, and is not to be used again. */
	giveBack(spent: boolean): void;
}

export interface PoolOptions {
	readonly clock: Clock;
	/** A process that is free ends after this long. */
	readonly idleMs: number;
	readonly start: (onRegistered: (worker: Worker) => void) => Standing;
	/** Nothing more is given to it, and its end is our doing. */
	readonly retire: (worker: Worker) => void;
}

interface Free {
	readonly standing: Standing;
	readonly worker: Worker;
	readonly timer: Timer;
}

const GRACE_MS = 1000;

export function createPool({ clock, idleMs, start, retire }: PoolOptions): Pool {
	/** The one that was used last stands last. */
	let free: Free[] = [];
	const alive = new Set<Standing>();

	function end({ standing, worker }: Pick<Free, 'standing' | 'worker'>): void {
		retire(worker);
		standing.stop(GRACE_MS);
	}

	function lease(standing: Standing, worker: Worker): Lease {
		return {
			standing,
			worker,
			giveBack(spent) {
				if (!alive.has(standing) || standing.stopping || standing.worker === undefined) return;
				if (spent) {
					end({ standing, worker });
					return;
				}
				const timer = clock.after(idleMs, () => {
					free = free.filter((one) => one.standing !== standing);
					end({ standing, worker });
				});
				free.push({ standing, worker, timer });
			},
		};
	}

	return {
		async take() {
			for (let one = free.pop(); one !== undefined; one = free.pop()) {
				one.timer.cancel();
				if (alive.has(one.standing) && one.standing.worker !== undefined) {
					return lease(one.standing, one.worker);
				}
			}
			const registered = Promise.withResolvers<Worker>();
			const standing = start(registered.resolve);
			alive.add(standing);
			void standing.ended.then(() => alive.delete(standing));
			const first = await Promise.race([registered.promise, standing.ended]);
			return 'outcome' in first ? { end: first } : lease(standing, first);
		},
		async close() {
			for (const { timer } of free) timer.cancel();
			free = [];
			for (const standing of alive) standing.stop(GRACE_MS);
			await Promise.all([...alive].map(({ ended }) => ended));
		},
	};
}
