/**
 * How long what is held may be relied on, counted from before the server was asked: by whichever of two clocks says
 * that more time has passed, since one stands still while a laptop sleeps and the other may be set.
 */
import type { Clock } from '../queue/ports/clock.ts';

export interface LeaseTime {
	/** To be called before asking; what it returns, once the server has confirmed. */
	asking(): () => void;
	/** Ms that are left; 0 when nothing may be relied on. */
	left(): number;
	void(): void;
	leaseMs: number;
}

export function createLeaseTime(clock: Pick<Clock, 'now' | 'monotonic'>): LeaseTime {
	let confirmed: { now: number; monotonic: number } | undefined;
	const time: LeaseTime = {
		leaseMs: 60_000,
		asking() {
			const at = { now: clock.now(), monotonic: clock.monotonic() };
			return () => {
				confirmed = at;
			};
		},
		left() {
			if (confirmed === undefined) return 0;
			const passed = Math.max(clock.monotonic() - confirmed.monotonic, clock.now() - confirmed.now);
			return Math.max(0, time.leaseMs - passed);
		},
		void() {
			confirmed = undefined;
		},
	};
	return time;
}

/** What must be left for a run that is stopped now to be gone before anybody else may start it. */
export function marginOf(graceMs: number, leaseMs: number): number {
	return graceMs + leaseMs / 6;
}

/** Work that may be moved gets no longer to say goodbye, or its machine would have to stop it too early. */
export function graceWithin(graceMs: number, leaseMs: number): number {
	return Math.min(graceMs, Math.floor(leaseMs / 3));
}
