/** Keeps the idle state while somebody needs it; heartbeats are noted always, for they cost nothing. */
import type { Clock, Timer } from '../queue/ports/clock.ts';
import type { CpuSample, TakeCpuSample } from './cpu/load.ts';
import { type IdleRules, type IdleState, judgeIdle, keepWindow } from './idle.ts';
import type { WakeTimers } from './suspend.ts';

export interface IdleWatchOptions {
	readonly sample: TakeCpuSample;
	readonly rules: IdleRules;
	readonly clock: Clock;
	readonly timers: WakeTimers;
	readonly changed: () => void;
}

export class IdleWatch {
	readonly #options: IdleWatchOptions;
	#state: IdleState & { since: number };
	#samples: CpuSample[] = [];
	/** When somebody last used the machine, monotonic ms. Before our own start nobody watched. */
	#active: { readonly what: string; readonly at: number };
	#timer: Timer | undefined;
	#needed = false;

	constructor(options: IdleWatchOptions) {
		this.#options = options;
		this.#active = { what: 'Semantica began to watch', at: options.clock.monotonic() };
		this.#state = this.#unwatched();
	}

	get state(): IdleState & { readonly since: number } {
		return this.#state;
	}

	setNeeded(needed: boolean): void {
		if (needed === this.#needed) return;
		this.#needed = needed;
		this.#restart();
	}

	/** Somebody types or switches in an editor. */
	activity(): void {
		this.#active = { what: 'an editor was used', at: this.#options.clock.monotonic() };
		if (this.#needed) this.#judge();
	}

	/** After a suspend: somebody opened the lid, and the samples span a sleep. */
	reset(): void {
		this.#active = { what: 'it woke up', at: this.#options.clock.monotonic() };
		this.#restart();
	}

	#restart(): void {
		this.#timer?.cancel();
		this.#timer = undefined;
		this.#samples = [];
		this.#state = this.#unwatched();
		if (this.#needed) this.#sample();
	}

	#sample(): void {
		const { sample, rules, timers } = this.#options;
		const taken = sample();
		this.#samples = taken === undefined ? [] : keepWindow([...this.#samples, taken], rules);
		this.#timer = timers.after(rules.sampleMs, () => this.#sample());
		this.#judge();
	}

	#judge(): void {
		const { clock, rules, changed } = this.#options;
		const before = this.#state.verdict;
		const { what, at } = this.#active;
		const active = { what, agoMs: clock.monotonic() - at };
		const state = judgeIdle(before, active, this.#samples, rules);
		this.#state = { ...state, since: state.verdict === before ? this.#state.since : clock.now() };
		if (state.verdict !== before) changed();
	}

	#unwatched(): IdleState & { since: number } {
		const since = this.#options.clock.now();
		return { verdict: 'unknown', reason: 'watching whether it is used', since };
	}
}
