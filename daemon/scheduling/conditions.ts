/**
 * What the queue asks of the machine: power, battery, idleness, what is free, and whether it is crowded. Nothing is probed
 * unless a waiting or running job needs it.
 */
import type { ConditionSet, Conditions, Unmet } from '../queue/ports/conditions.ts';
import type { CpuThrottle } from './cpu/throttle.ts';
import type { IdleWatch } from './idleWatch.ts';
import { BATTERY_LEAVE_ABOVE, isLow, type PowerState } from './power/hysteresis.ts';
import type { PowerWatch } from './powerWatch.ts';
import type { ResourceWatch } from './resources/watch.ts';

export interface MachineConditionsOptions {
	readonly power: PowerWatch;
	readonly idle: IdleWatch;
	readonly resources: ResourceWatch;
	/** Absent where it is off. */
	readonly throttle: CpuThrottle | undefined;
	readonly now: () => number;
	readonly monotonic: () => number;
	/** Percent below which sparing work waits; 0 is never. */
	readonly spareBelow: () => number;
	/** Milliseconds for which a plugged-in machine must stay so, for explanations. */
	readonly acStableMs: number;
}

/** A battery that was not low is not so sooner: work need not wait for another reading. */
const ENOUGH_FOR_MS = 60_000;

export class MachineConditions implements Conditions {
	readonly #options: MachineConditionsOptions;
	/** Which battery limits the charge is below, with hysteresis. */
	readonly #low = new Map<number, boolean>();
	/** Monotonic ms until which the battery is known not to be low. */
	#enoughUntil = Number.NEGATIVE_INFINITY;

	constructor(options: MachineConditionsOptions) {
		this.#options = options;
	}

	/** What waiting and running jobs depend on now: exactly that is watched. */
	need(sets: readonly ConditionSet[]): void {
		const { power, idle } = this.#options;
		const spares = this.#options.spareBelow() > 0;
		power.setNeeded(sets.some((set) => isAboutPower(set) || (spares && set.sparing === true)));
		idle.setNeeded(sets.some((set) => set.idle));
		this.#options.resources.setNeeded(sets);
	}

	/** What is known now, which is nothing while no job depends on it. */
	known(): { onMains?: boolean; battery?: number; idle?: boolean } {
		const power = this.#options.power.state;
		const { verdict } = this.#options.idle.state;
		const percent = power?.latest.percent ?? null;
		return {
			...(power === undefined || power.source === 'unknown'
				? {}
				: { onMains: power.source === 'ac' }),
			...(percent === null ? {} : { battery: percent / 100 }),
			...(verdict === 'unknown' ? {} : { idle: verdict === 'idle' }),
		};
	}

	/** Resolves when nothing is being found out that work waits for. */
	async settled(): Promise<void> {
		await Promise.all([this.#options.power.settled(), this.#options.resources.settled()]);
	}

	/** What a job with these constraints is to be told of what counts as met because nobody knows better. */
	remark(constraints: Pick<ConditionSet, 'unmetered'>): string | undefined {
		return this.#options.resources.remark(constraints);
	}

	/** Somebody uses an editor. */
	activity(): void {
		this.#options.idle.activity();
	}

	/** The machine slept: nothing that was measured before means anything now. */
	slept(): void {
		this.#enoughUntil = Number.NEGATIVE_INFINITY;
		this.#options.power.reset();
		this.#options.idle.reset();
		this.#options.resources.reset();
	}

	met(set: ConditionSet): boolean {
		if (set.idle && this.#options.idle.state.verdict !== 'idle') return false;
		if (set.sparing === true && !this.#mayDrain()) return false;
		if (!this.#options.resources.met(set)) return false;
		if (!isAboutPower(set)) return true;
		const state = this.#options.power.fresh();
		if (state === undefined) return false;
		if (set.power === 'ac' && !isOnAc(state)) return false;
		return set.minBattery === null || this.#charged(state, set.minBattery);
	}

	lost(set: ConditionSet): string | undefined {
		const { power, idle } = this.#options;
		if (set.idle && idle.state.verdict === 'busy') {
			return `the machine is in use, ${idle.state.reason}`;
		}
		const lost = this.#options.resources.lost(set);
		if (lost !== undefined) return lost;
		const { state } = power;
		if (state?.source !== 'battery') return undefined;
		if (set.power === 'ac') return `AC power was lost, ${describe(state)}`;
		const { percent } = state.latest;
		const limit = set.minBattery ?? (set.sparing ? this.#options.spareBelow() : 0);
		if (percent === null || !this.#isLow(percent, limit)) return undefined;
		return `the battery is at ${percent} %, below ${limit} %`;
	}

	unmet(set: ConditionSet): Unmet[] {
		const found: Unmet[] = [];
		const { power, idle, now } = this.#options;
		const { state } = power;
		// Who looks again soon finds what is true now, not what was at the last regular reading.
		power.fresh();
		const since = state?.since ?? now();
		if (set.power === 'ac' && (state === undefined || !isOnAc(state))) {
			found.push({ kind: 'power', message: `waiting for AC power: ${this.#power(state)}`, since });
		}
		if (set.minBattery !== null && (state === undefined || !this.#charged(state, set.minBattery))) {
			const message = this.#battery(state, set.minBattery);
			found.push({ kind: 'battery', message, since });
		}
		const spared = this.#options.spareBelow();
		if (set.sparing === true && this.#isKnownLow(state, spared)) {
			found.push({ kind: 'battery', message: this.#battery(state, spared), since });
		}
		if (set.idle && idle.state.verdict !== 'idle') {
			const message = `waiting for the machine to be idle: ${idle.state.reason}`;
			found.push({ kind: 'idle', message, since: idle.state.since });
		}
		return [...found, ...this.#options.resources.unmet(set)];
	}

	crowded(): boolean {
		return this.#options.throttle?.crowded() ?? false;
	}

	crowd(): string | undefined {
		return this.#options.throttle?.holding;
	}

	// Mains makes any charge enough: what counts is not to empty a battery.
	#charged(state: PowerState, limit: number): boolean {
		const { percent } = state.latest;
		const low = percent !== null && this.#isLow(percent, limit);
		if (isOnAc(state)) return true;
		return percent !== null && !low;
	}

	/** Whether sparing work may start: always, but while the battery is known to be low. */
	#mayDrain(): boolean {
		const { power, spareBelow, monotonic } = this.#options;
		const limit = spareBelow();
		if (limit === 0) return true;
		if (this.#isKnownLow(power.state, limit)) return false;
		if (monotonic() < this.#enoughUntil) return true;
		if (power.fresh() === undefined) return false;
		this.#enoughUntil = monotonic() + ENOUGH_FOR_MS;
		return true;
	}

	#isKnownLow(state: PowerState | undefined, limit: number): boolean {
		if (state?.latest.source !== 'battery' || state.latest.percent === null) return false;
		return this.#isLow(state.latest.percent, limit);
	}

	#isLow(percent: number, limit: number): boolean {
		const low = isLow(this.#low.get(limit), percent, limit);
		this.#low.set(limit, low);
		return low;
	}

	#power(state: PowerState | undefined): string {
		if (state === undefined) return 'reading the power state';
		if (state.pending?.to !== 'ac') return describe(state);
		const left = state.pending.from + this.#options.acStableMs - this.#options.monotonic();
		return `plugged in, starts in ${Math.max(1, Math.ceil(left / 1000))} s if it stays so`;
	}

	#battery(state: PowerState | undefined, limit: number): string {
		const percent = state?.latest.percent ?? null;
		if (percent === null) {
			const why = state === undefined ? 'reading the power state' : 'its charge is not known';
			return `waiting for ${limit} % of battery: ${why}`;
		}
		const wanted = Math.min(100, this.#low.get(limit) ? limit + BATTERY_LEAVE_ABOVE : limit);
		return `waiting for ${wanted} % of battery or AC power: ${this.#power(state)}`;
	}
}

function isAboutPower(set: ConditionSet): boolean {
	return set.power === 'ac' || set.minBattery !== null;
}

// A change that is not settled yet keeps work from starting, in both directions.
function isOnAc(state: PowerState): boolean {
	return state.source === 'ac' && state.latest.source === 'ac';
}

/** "on battery, 43 %" */
function describe(state: PowerState | undefined): string {
	if (state === undefined) return 'not known yet';
	const { source, percent, reason } = state.latest;
	if (source === 'unknown') return reason;
	const where = source === 'ac' ? 'plugged in' : 'on battery';
	return percent === null ? where : `${where}, ${percent} %`;
}
