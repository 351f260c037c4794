/** Keeps the power state while somebody needs it: reads at once, then by the rules of hysteresis.ts. */
import type { Clock, Timer } from '../queue/ports/clock.ts';
import {
	type Moment,
	nextReadIn,
	type PowerRules,
	type PowerState,
	settlePower,
} from './power/hysteresis.ts';
import type { PowerReading } from './power/reader.ts';
import type { WakeTimers } from './suspend.ts';

/** Work starts only on a reading that is not older than this. */
const FRESH_MS = 5000;

export interface PowerWatchOptions {
	/** Always answers, as a bounded reader does. */
	readonly read: () => Promise<PowerReading>;
	readonly rules: PowerRules;
	readonly clock: Clock;
	readonly timers: WakeTimers;
	/** A reading came. */
	readonly changed: () => void;
}

export class PowerWatch {
	readonly #options: PowerWatchOptions;
	#state: PowerState | undefined;
	#readAt = Number.NEGATIVE_INFINITY;
	#timer: Timer | undefined;
	#reading: Promise<void> | undefined;
	#needed = false;
	/** Raised whenever readings on their way lose their meaning. */
	#era = 0;

	constructor(options: PowerWatchOptions) {
		this.#options = options;
	}

	/** Undefined until the first reading since it was needed. */
	get state(): PowerState | undefined {
		return this.#state;
	}

	/** While not needed nothing is read and nothing is remembered. */
	setNeeded(needed: boolean): void {
		if (needed === this.#needed) return;
		this.#needed = needed;
		this.reset();
	}

	/** Forgets what was read, as after a suspend, and reads anew. */
	reset(): void {
		this.#era++;
		this.#state = undefined;
		this.#timer?.cancel();
		this.#timer = undefined;
		if (this.#needed) this.#read();
	}

	/** The state if it is fresh enough to start work on; otherwise a reading is on its way. */
	fresh(): PowerState | undefined {
		if (!this.#needed) return undefined;
		if (this.#options.clock.monotonic() - this.#readAt <= FRESH_MS) return this.#state;
		this.#read();
		return undefined;
	}

	/** Resolves when no reading is on its way, and what waited for it has been told. */
	async settled(): Promise<void> {
		while (this.#reading !== undefined) await this.#reading;
	}

	#read(): void {
		if (this.#reading !== undefined) return;
		this.#timer?.cancel();
		const era = this.#era;
		this.#reading = this.#options.read().then((reading) => {
			this.#reading = undefined;
			if (era === this.#era) this.#take(reading);
			else if (this.#needed) this.#read();
		});
	}

	#take(reading: PowerReading): void {
		const { clock, timers, rules, changed } = this.#options;
		const at: Moment = { wall: clock.now(), monotonic: clock.monotonic() };
		this.#readAt = at.monotonic;
		this.#state = settlePower(this.#state, reading, at, rules);
		this.#timer = timers.after(nextReadIn(this.#state, at, rules), () => this.#read());
		changed();
	}
}
