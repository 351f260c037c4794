/** What ended since the last row of the ring: counted as it happens, in little memory whatever happens. */
import { JOB_STATES } from '../../shared/jobTerms.ts';
import type { EndedFlow, Quantiles } from '../../shared/protocol/stats.ts';
import { byState } from './history/flows.ts';
import { OTHER } from './labels.ts';

export interface QueueTally {
	ended(state: number): void;
	started(waitedMs: number): void;
	ran(ms: number): void;
}

export interface Tally {
	/** To be kept. @param queue As a label, so that there are few. */
	of(queue: string): QueueTally;
	/** All of it, and apart those queues in which most ended. */
	told(): EndedFlow & { queues: Record<string, EndedFlow> };
	/** How long a commit took. */
	committed(ms: number): void;
	beginAnew(): void;
	readonly signs: Signs;
}

/** Of what is not well. */
export interface Signs {
	/** For how long nothing of the queue was started, ms: as long as the daemon is there, at the most. */
	quietMs(queue: string): number;
	/** How long one commit in a hundred took at the least, ms; undefined of a few commits. */
	slowCommitMs(): number | undefined;
}

const NAMED_QUEUES = 10;
const FEW_COMMITS = 20;

export function createTally(): Tally {
	const queues = new Map<string, OfQueue>();
	const commits = new Spread();

	return {
		of(queue) {
			let found = queues.get(queue);
			if (found === undefined) {
				found = new OfQueue();
				queues.set(queue, found);
			}
			return found;
		},
		told() {
			const most = [...queues].filter(([, of]) => of.n > 0).sort(([, a], [, b]) => b.n - a.n);
			const named = most.filter(([name], i) => i < NAMED_QUEUES && name !== OTHER);
			const others = most.filter((one) => !named.includes(one)).map(([, of]) => of);
			const told = named.map(([name, of]) => [name, of.flow()]);
			if (others.length > 0) told.push([OTHER, sumOf(others).flow()]);
			return { ...sumOf(queues.values()).flow(), queues: Object.fromEntries(told) };
		},
		committed: (ms) => commits.add(ms),
		beginAnew() {
			commits.clear();
			for (const of of queues.values()) of.clear();
		},
		signs: {
			quietMs(queue) {
				const { startedAt = 0 } = queues.get(queue) ?? queues.get(OTHER) ?? {};
				return performance.now() - startedAt;
			},
			slowCommitMs: () => (commits.n < FEW_COMMITS ? undefined : commits.quantile(0.99)),
		},
	};
}

class OfQueue implements QueueTally {
	readonly #ended = JOB_STATES.map(() => 0);
	readonly #waits = new Spread();
	readonly #runs = new Spread();
	/** Since the process began. */
	startedAt = 0;

	/** How much happened. */
	get n(): number {
		return this.#ended.reduce((all, n) => all + n, this.#waits.n + this.#runs.n);
	}

	ended(state: number): void {
		this.#ended[state] = (this.#ended[state] ?? 0) + 1;
	}

	started(waitedMs: number): void {
		this.startedAt = performance.now();
		this.#waits.add(waitedMs);
	}

	ran(ms: number): void {
		this.#runs.add(ms);
	}

	addAll(other: OfQueue): void {
		for (const [state, n] of other.#ended.entries()) {
			this.#ended[state] = (this.#ended[state] ?? 0) + n;
		}
		this.#waits.addAll(other.#waits);
		this.#runs.addAll(other.#runs);
	}

	flow(): EndedFlow {
		return {
			ended: byState(this.#ended),
			waitMs: this.#waits.quantiles(),
			runMs: this.#runs.quantiles(),
		};
	}

	clear(): void {
		this.#ended.fill(0);
		this.#waits.clear();
		this.#runs.clear();
	}
}

function sumOf(queues: Iterable<OfQueue>): OfQueue {
	const all = new OfQueue();
	for (const one of queues) all.addAll(one);
	return all;
}

/** So many steps to the double: quantiles are 5 % off at the most. */
const STEPS = 8;
/** Until a month; what is longer counts as that. */
const MOST = Math.ceil(Math.log2(31 * 86_400_000) * STEPS) + 1;

/** Milliseconds, by their size. */
class Spread {
	readonly #counts = new Uint32Array(MOST + 1);
	n = 0;

	add(ms: number): void {
		const at = ms < 1 ? 0 : Math.min(MOST, Math.round(Math.log2(ms) * STEPS) + 1);
		this.#counts[at] = (this.#counts[at] ?? 0) + 1;
		this.n++;
	}

	addAll(other: Spread): void {
		for (const [at, n] of other.#counts.entries()) {
			this.#counts[at] = (this.#counts[at] ?? 0) + n;
		}
		this.n += other.n;
	}

	clear(): void {
		this.#counts.fill(0);
		this.n = 0;
	}

	quantiles(): Quantiles | null {
		return this.n === 0 ? null : { p50: this.quantile(0.5), p95: this.quantile(0.95) };
	}

	quantile(share: number): number {
		let left = Math.ceil(share * this.n);
		for (const [at, n] of this.#counts.entries()) {
			left -= n;
			if (left <= 0) return at === 0 ? 0 : Math.round(2 ** ((at - 1) / STEPS));
		}
		return 0;
	}
}
