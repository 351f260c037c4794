/** A machine on which each condition is as it is told to be; the model and the real queue look at the same. */
import {
	asksMachine,
	type ConditionSet,
	type Conditions,
	type Unmet,
} from '../../../daemon/queue/ports/conditions.ts';

export class TestMachine implements Conditions {
	ac = true;
	/** Percent. */
	battery = 100;
	idle = true;
	/** While unknown nothing is met, and nothing is lost. */
	known = true;
	busy = false;
	/** Runs that workers of each type have room for. */
	readonly places = { 'f.a': 1, 'f.b': 0 };
	metered = false;
	/** What the caps of runs may come to together, MB; undefined: without bound. */
	roomMB: number | undefined = undefined;

	met(set: ConditionSet): boolean {
		return this.#isKnown(set) && this.#missing(set).length === 0;
	}

	lost(set: ConditionSet): string | undefined {
		return this.#isKnown(set) ? this.#missing(set)[0]?.message : undefined;
	}

	unmet(set: ConditionSet): Unmet[] {
		if (this.#isKnown(set)) return this.#missing(set);
		return [{ kind: 'power', message: 'not known yet', since: 0 }];
	}

	crowded(): boolean {
		return this.busy;
	}

	crowd(): string | undefined {
		return this.busy ? 'busy' : undefined;
	}

	/** A set that asks nothing of the machine, only for a worker, waits for no look at it. */
	#isKnown(set: ConditionSet): boolean {
		return this.known || !asksMachine(set);
	}

	#missing({ power, minBattery, idle, unmetered }: ConditionSet): Unmet[] {
		const since = 0;
		return [
			...(power === 'ac' && !this.ac
				? [{ kind: 'power' as const, message: 'no AC power', since }]
				: []),
			...(!this.ac && this.battery < (minBattery ?? 0)
				? [{ kind: 'battery' as const, message: 'battery low', since }]
				: []),
			...(unmetered && this.metered
				? [{ kind: 'network' as const, message: 'metered', since }]
				: []),
			...(idle && !this.idle ? [{ kind: 'idle' as const, message: 'in use', since }] : []),
		];
	}
}
