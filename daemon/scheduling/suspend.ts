/** Noticing that the machine slept: a timer that comes late on either clock, or a wall clock that ran ahead. */
import type { Clock, Timer } from '../queue/ports/clock.ts';

/** What is later than this was not only a busy event loop. */
const LATE_MS = 10_000;

export interface WakeTimers {
	/** As the clock's, but after a sleep of the machine it is void: whoever hears of the sleep begins anew. */
	after(ms: number, callback: () => void): Timer;
	/** Looks whether the machine slept since the last look. */
	check(): void;
}

/**
 * @param slept Called once for each sleep, by whichever timer or look comes first. While no timer ran, nothing
 * waited for time, and the sleep may be long ago: then it is not `recent`.
 */
export function createWakeTimers(clock: Clock, slept: (recent: boolean) => void): WakeTimers {
	// Most systems let the monotonic clock stand still during a sleep: the two clocks drift apart.
	let apart = clock.now() - clock.monotonic();
	let armed = 0;

	function hasDrifted(): boolean {
		const before = apart;
		apart = clock.now() - clock.monotonic();
		return apart - before > LATE_MS;
	}

	return {
		after(ms, callback) {
			armed++;
			let open = true;
			const close = () => {
				if (open) armed--;
				open = false;
			};
			const due = clock.monotonic() + ms;
			const timer = clock.after(ms, () => {
				const late = hasDrifted() || clock.monotonic() - due > LATE_MS;
				close();
				if (late) slept(true);
				else callback();
			});
			return {
				cancel() {
					timer.cancel();
					close();
				},
			};
		},
		check() {
			if (hasDrifted()) slept(armed > 0);
		},
	};
}
