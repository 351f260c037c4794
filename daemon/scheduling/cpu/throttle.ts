/**
 * Holds work of low priority back while the processors are busy with work that is not ours (docs/design.md
 * section 3, Limits). It measures only while a ready job is held by it.
 */
import type { Clock, Timer } from '../../queue/ports/clock.ts';
import { type CpuSample, foreignLoad, type TakeCpuSample } from './load.ts';

export interface ThrottleOptions {
	readonly sample: TakeCpuSample;
	readonly clock: Clock;
	/** Busy is above this load, 0 to 1. */
	readonly busyAbove: number;
	/** The answer may be another one now. */
	readonly changed: () => void;
}

/** A machine that is not busy shows so this soon; one that is must be busy for the whole window. */
const FIRST_LOOK_MS = 250;
const WINDOW_MS = 2000;
/** An older sample says nothing about the last two seconds. */
const STALE_MS = 5000;
/** So long work is held at most; then one job starts beside what keeps the machine busy. */
const PATIENCE_MS = 60_000;

export class CpuThrottle {
	readonly #options: ThrottleOptions;
	#from: CpuSample | undefined;
	#clearUntil = Number.NEGATIVE_INFINITY;
	#timer: Timer | undefined;
	#busy: number | undefined;
	/** Since when nothing was let go. */
	#heldFrom = 0;

	constructor(options: ThrottleOptions) {
		this.#options = options;
	}

	/** Asked when a job is about to start beside others: true holds it, and `changed` tells when to ask again. */
	crowded(): boolean {
		const now = this.#options.clock.monotonic();
		if (now < this.#clearUntil) return false;
		if (this.#timer !== undefined) return true;
		if (this.#from === undefined || now - this.#from.at > STALE_MS) {
			this.#from = this.#options.sample();
			// Where processors tell nothing, nothing is held.
			if (this.#from === undefined) return false;
			this.#busy = undefined;
			this.#heldFrom = now;
			this.#lookIn(FIRST_LOOK_MS);
			return true;
		}
		return this.#measure(now);
	}

	/** What it is held by, while something is held. */
	get holding(): string | undefined {
		if (this.#timer === undefined) return undefined;
		if (this.#busy === undefined) return 'measuring how busy the processors are';
		return `other programs keep the processors ${Math.round(100 * this.#busy)} % busy; one job a minute starts all the same`;
	}

	// Unknown is not busy: our own jobs must not hold each other back.
	#measure(now: number): boolean {
		const to = this.#options.sample();
		const load = this.#from && to ? foreignLoad(this.#from, to)?.exactly : undefined;
		this.#busy = load;
		const busy = load !== undefined && load > this.#options.busyAbove;
		const span = to && this.#from ? to.at - this.#from.at : 0;
		if (!busy || span >= WINDOW_MS) this.#from = to;
		if (!busy) {
			this.#clearUntil = now + WINDOW_MS;
			this.#heldFrom = this.#clearUntil;
			return false;
		}
		this.#lookIn(span >= WINDOW_MS ? WINDOW_MS : WINDOW_MS - span);
		// Others may keep the machine busy for days: what waits goes on, one by one.
		if (now - this.#heldFrom < PATIENCE_MS) return true;
		this.#heldFrom = now;
		return false;
	}

	#lookIn(ms: number): void {
		this.#timer = this.#options.clock.after(ms, () => {
			this.#timer = undefined;
			this.#options.changed();
		});
	}
}
