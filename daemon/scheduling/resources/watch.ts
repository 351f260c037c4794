/** Free memory, free space on disks, a network that costs nothing: looked at while a job depends on them. */
import { errorMessage } from '../../../shared/errors.ts';
import type { Clock, Timer } from '../../queue/ports/clock.ts';
import type { ConditionSet, Unmet } from '../../queue/ports/conditions.ts';
import type { WakeTimers } from '../suspend.ts';

export interface ResourceReaders {
	/** Bytes that can be had without taking them from anybody. */
	freeMemory(): number;
	/** Bytes that an ordinary user may still write there. Rejects where there is no such place, or no answer. */
	freeDisk(path: string): Promise<number>;
	/** Undefined where nobody knows. Rejects where it cannot be asked. */
	metered(): Promise<boolean | undefined>;
}

export interface ResourceWatchOptions {
	readonly read: ResourceReaders;
	readonly clock: Clock;
	readonly timers: WakeTimers;
	/** Something was read. */
	readonly changed: () => void;
}

const EVERY_MS = 10_000;
/** Work starts only on a reading that is not older than this. */
const FRESH_MS = 15_000;
const MB = 1024 * 1024;
const NETWORK = 'network';

interface Reading {
	/** Bytes, or 1 where the network costs money; undefined where it is not known. */
	readonly value: number | undefined;
	/** Why it is not known. */
	readonly problem?: string;
	readonly at: number;
}

export class ResourceWatch {
	readonly #options: ResourceWatchOptions;
	#needed: readonly ConditionSet[] = [];
	/** By path, and the network. */
	readonly #readings = new Map<string, Reading>();
	readonly #reading = new Map<string, Promise<void>>();
	/** Since when each has not been met, epoch ms, by what is asked. */
	readonly #since = new Map<string, number>();
	#timer: Timer | undefined;

	constructor(options: ResourceWatchOptions) {
		this.#options = options;
	}

	/** While nobody needs any of it nothing is read and nothing is remembered. */
	setNeeded(sets: readonly ConditionSet[]): void {
		this.#needed = sets.filter(isAboutResources);
		if (this.#needed.length === 0) {
			this.#readings.clear();
			this.#since.clear();
			this.#timer?.cancel();
			this.#timer = undefined;
			return;
		}
		const keys = new Set(this.#needed.flatMap(keysOf));
		for (const key of this.#readings.keys()) if (!keys.has(key)) this.#readings.delete(key);
		for (const key of keys) if (!this.#readings.has(key)) this.#read(key);
		this.#timer ??= this.#later();
	}

	/** The machine slept: nothing that was read before means anything now. */
	reset(): void {
		this.#readings.clear();
		// Void after a sleep, and perhaps the very one that noticed it.
		this.#timer?.cancel();
		this.#timer = undefined;
		this.setNeeded(this.#needed);
	}

	/** Resolves when nothing is being read. */
	async settled(): Promise<void> {
		while (this.#reading.size > 0) await Promise.all(this.#reading.values());
	}

	met(set: ConditionSet): boolean {
		if (!isAboutResources(set)) return true;
		const stale = keysOf(set).filter((key) => !this.#isFresh(key));
		for (const key of stale) this.#read(key);
		return stale.length === 0 && this.unmet(set).length === 0;
	}

	/** Work steps aside from a network that costs money; what is free it may have taken itself. */
	lost(set: ConditionSet): string | undefined {
		return set.unmetered && this.#readings.get(NETWORK)?.value === 1
			? 'the network is metered'
			: undefined;
	}

	unmet(set: ConditionSet): Unmet[] {
		const { freeMemoryMB, freeDisk, unmetered } = set;
		const found = [
			freeMemoryMB === undefined ? undefined : this.#memory(freeMemoryMB),
			freeDisk === undefined ? undefined : this.#disk(freeDisk),
			unmetered ? this.#network() : undefined,
		];
		return found.filter((one) => one !== undefined);
	}

	/** What the job is to be told of conditions that count as met because nobody knows better. */
	remark({ unmetered }: Pick<ConditionSet, 'unmetered'>): string | undefined {
		const known = this.#readings.get(NETWORK)?.value !== undefined;
		return unmetered && !known
			? 'whether the network is metered cannot be told here, so it counts as one that is not'
			: undefined;
	}

	#memory(wanted: number): Unmet | undefined {
		const free = Math.floor(this.#options.read.freeMemory() / MB);
		const message = `waiting for ${wanted} MB of free memory: there are ${free} MB`;
		return this.#unless(free >= wanted, 'memory', message, `memory ${wanted}`);
	}

	#disk({ path, MB: wanted }: NonNullable<ConditionSet['freeDisk']>): Unmet | undefined {
		const reading = this.#readings.get(path);
		const free = reading?.value === undefined ? undefined : Math.floor(reading.value / MB);
		const state =
			free === undefined ? (reading?.problem ?? 'it is being looked at') : `there are ${free} MB`;
		const message = `waiting for ${wanted} MB of free disk at ${path}: ${state}`;
		return this.#unless((free ?? -1) >= wanted, 'disk', message, `${path} ${wanted}`);
	}

	#network(): Unmet | undefined {
		const reading = this.#readings.get(NETWORK);
		if (reading === undefined) {
			const message = 'waiting for an unmetered network: it is being asked for';
			return this.#unless(false, 'network', message, NETWORK);
		}
		const message = 'waiting for an unmetered network: this one is metered';
		return this.#unless(reading.value !== 1, 'network', message, NETWORK);
	}

	#unless(met: boolean, kind: Unmet['kind'], message: string, key: string): Unmet | undefined {
		if (met) {
			this.#since.delete(key);
			return undefined;
		}
		const since = this.#since.get(key) ?? this.#options.clock.now();
		this.#since.set(key, since);
		return { kind, message, since };
	}

	#isFresh(key: string): boolean {
		const at = this.#readings.get(key)?.at;
		return at !== undefined && this.#options.clock.monotonic() - at <= FRESH_MS;
	}

	#later(): Timer {
		return this.#options.timers.after(EVERY_MS, () => {
			this.#timer = this.#later();
			const keys = new Set(this.#needed.flatMap(keysOf));
			for (const key of keys) this.#read(key);
			// Memory is looked at by whoever asks.
			if (keys.size === 0) this.#options.changed();
		});
	}

	#read(key: string): void {
		if (this.#reading.has(key)) return;
		const { clock, changed } = this.#options;
		const reading = this.#ask(key)
			.catch((error: unknown) => ({ value: this.#lastOf(key), problem: errorMessage(error) }))
			.then((answer) => {
				this.#reading.delete(key);
				if (!this.#needed.some((set) => keysOf(set).includes(key))) return;
				this.#readings.set(key, { ...answer, at: clock.monotonic() });
				changed();
			});
		this.#reading.set(key, reading);
	}

	/** Whoever does not answer for a moment has not made a network free that cost money. */
	#lastOf(key: string): number | undefined {
		return key === NETWORK ? this.#readings.get(NETWORK)?.value : undefined;
	}

	async #ask(key: string): Promise<Pick<Reading, 'value'>> {
		const { read } = this.#options;
		if (key !== NETWORK) return { value: await read.freeDisk(key) };
		const metered = await read.metered();
		return { value: metered === undefined ? undefined : Number(metered) };
	}
}

export function isAboutResources({ freeMemoryMB, freeDisk, unmetered }: ConditionSet): boolean {
	return (freeMemoryMB ?? freeDisk ?? unmetered) !== undefined;
}

/** Of what is read, not only looked at. Paths are absolute, so none is the network's. */
function keysOf({ freeDisk, unmetered }: ConditionSet): string[] {
	return [...(freeDisk === undefined ? [] : [freeDisk.path]), ...(unmetered ? [NETWORK] : [])];
}
