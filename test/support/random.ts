/** Chance that can be repeated: the same seed gives the same numbers (mulberry32). */

const USUAL_SEED = 20_261_123;

export interface Random {
	/** In [0, 1). */
	next(): number;
	/** An integer, both ends included. */
	int(min: number, max: number): number;
	chance(probability: number): boolean;
	pick<T>(items: readonly [T, ...T[]]): T;
}

export function createRandom(seed: number): Random {
	let state = seed >>> 0;
	const next = () => {
		state = (state + 0x6d2b79f5) >>> 0;
		let t = Math.imul(state ^ (state >>> 15), 1 | state);
		t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
		return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
	};
	return {
		next,
		int: (min, max) => min + Math.floor(next() * (max - min + 1)),
		chance: (probability) => next() < probability,
		pick: (items) => items[Math.floor(next() * items.length)] ?? items[0],
	};
}

/**
 * The seed that SEMANTICA_SEED names, or a new one for `random`, as the long forms have it. Without either
 * always the same: an ordinary run is red for what was changed, not for what chance happened to find today.
 * To be printed, so that a failure can be repeated.
 */
export function chooseSeed(env: Readonly<Record<string, string | undefined>>): number {
	const { SEMANTICA_SEED: given, CHAOS: form } = env;
	if (given === 'random' || (given === undefined && form === 'long')) {
		return 1 + Math.floor(Math.random() * 2 ** 31);
	}
	const seed = Number(given ?? USUAL_SEED);
	if (Number.isInteger(seed) && seed > 0) return seed;
	throw new Error(`SEMANTICA_SEED must be a whole number above 0 or "random", not "${given}".`);
}
