/** A run's timeout: it counts neither the time a run was paused nor the time the machine slept. */
import type { Clock, Timer } from '../queue/ports/clock.ts';

/** Counted in pieces, so that a sleep of the machine spoils no more than one. */
const PIECE_MS = 10_000;
/** A timer that fires this late means that the machine slept. */
const LATE_MS = 10_000;

export class RunTimeout {
	readonly #clock: Clock;
	readonly #expired: () => void;
	#remaining: number;
	#piece: { readonly timer: Timer; readonly since: number; readonly ms: number } | undefined;

	constructor(clock: Clock, ms: number, expired: () => void) {
		this.#clock = clock;
		this.#remaining = ms;
		this.#expired = expired;
	}

	/** Counts from now on. */
	start(): void {
		if (this.#piece !== undefined) return;
		const ms = Math.min(this.#remaining, PIECE_MS);
		const timer = this.#clock.after(ms, () => this.#pieceOver());
		this.#piece = { timer, since: this.#clock.now(), ms };
	}

	/** Counts no more until `start`. */
	pause(): void {
		const piece = this.#piece;
		if (piece === undefined) return;
		piece.timer.cancel();
		this.#piece = undefined;
		const elapsed = Math.max(0, this.#clock.now() - piece.since);
		if (elapsed <= piece.ms + LATE_MS) this.#remaining -= Math.min(elapsed, piece.ms);
	}

	#pieceOver(): void {
		const piece = this.#piece;
		if (piece === undefined) return;
		this.#piece = undefined;
		if (this.#clock.now() - piece.since <= piece.ms + LATE_MS) this.#remaining -= piece.ms;
		if (this.#remaining > 0) this.start();
		else this.#expired();
	}
}
