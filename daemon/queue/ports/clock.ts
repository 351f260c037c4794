/** Time as a port, so that waiting can be tested without waiting. */
export interface Clock {
	/** Epoch milliseconds: jumps when the clock is set, and over a suspend. */
	now(): number;
	/** Milliseconds that only go forward; on most systems they stand still during a suspend. */
	monotonic(): number;
	/** Calls back once, after `ms` (at most 2^31 − 1). The timer does not keep the process alive. */
	after(ms: number, callback: () => void): Timer;
}

export interface Timer {
	cancel(): void;
}

export const systemClock: Clock = {
	now: () => Date.now(),
	monotonic: () => performance.now(),
	after(ms, callback) {
		const timer = setTimeout(callback, ms);
		timer.unref();
		return { cancel: () => clearTimeout(timer) };
	},
};
