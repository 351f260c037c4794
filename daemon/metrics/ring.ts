/**
 * How things were: a row in five minutes at most, written with a commit that happens anyway, so that history costs an
 * idle daemon nothing. Where none is, it was not there or had nothing to do.
 */
import type { RingRow } from '../../shared/protocol/stats.ts';
import { type Ring, slotOf } from '../queue/store/ring.ts';
import type { Tx } from '../queue/store/tx.ts';
import { ownCpu, residentBytes } from './measure.ts';
import { countWaiting, machineOf, type StandingSources, sizesOf } from './now.ts';
import type { Tally } from './tally.ts';

export interface RingKeeper {
	/** A group is about to be committed. */
	committing(tx: Tx): void;
	/** A group that had a row is on the disk. */
	recorded(): void;
}

export interface RingSources extends StandingSources {
	readonly ring: Ring;
	/** Epoch ms; counting began then. */
	readonly since: number;
}

export function createRingKeeper(sources: RingSources, tally: Tally): RingKeeper {
	const { ring, figures } = sources;
	let slot: number | undefined;
	let last = { at: sources.since, cpu: 0 };
	let next = last;

	function rowOf(at: number, cpu: number): RingRow {
		return {
			// The clock may have been set back.
			from: Math.min(last.at, at),
			at,
			...tally.told(),
			running: figures.global().running,
			waiting: countWaiting(figures, new Map()),
			cpuMs: Math.round((cpu - last.cpu) / 1000),
			rssBytes: residentBytes(),
			...machineOf(sources),
			...sizesOf(sources),
		};
	}

	return {
		committing(tx) {
			const here = slotOf(tx.now);
			if (here === slot) return;
			const first = slot === undefined;
			// Whether or not it can be written: whoever is tried again after it failed is not to fail because of it.
			slot = here;
			// The daemon before has put one here already.
			if (first && slotOf(ring.putAt(tx.now) ?? 0) === here) return;
			const told = textOf(tx.now);
			if (told === undefined) return;
			ring.put(tx.now, told);
			tx.record();
		},
		recorded() {
			last = next;
			tally.beginAnew();
		},
	};

	/** Undefined where something cannot be measured, which is to undo nobody's change. */
	function textOf(at: number): string | undefined {
		try {
			next = { at, cpu: ownCpu() };
			return JSON.stringify(rowOf(at, next.cpu));
		} catch {
			return undefined;
		}
	}
}
