/**
 * Room (docs/design.md section 3): the caps of all runs together stay within what a setting allows of the machine's
 * memory. A run without a cap counts nothing.
 */
import { isFunctionType } from '../../../shared/functionTypes.ts';
import type { Sqlite } from '../../sqlite/open.ts';
import type { WaitClasses } from '../store/waitClasses.ts';

export interface RoomState {
	readonly allowedMB: number;
	readonly takenMB: number;
	/** Ids of the runs whose caps take it, paused ones too. */
	readonly holders: readonly string[];
	/** Runs that have no cap. */
	readonly uncapped: number;
}

/** What a claim may still take, counted by it. */
export interface RoomLeft {
	/** Whether a job of this class, the best of those that wait in its range, may start. */
	has(waitClass: number, generation: number): boolean;
	/** Whether a job of this class takes any. */
	counts(waitClass: number): boolean;
	take(memoryMB: number): void;
}

export interface Room {
	/** Undefined where nothing is bounded. */
	state(): RoomState | undefined;
	/** @param remembers Whether who finds no room is known to wait from now on. */
	left(remembers: () => boolean): RoomLeft;
	/** It waits no more. */
	began(generation: number): void;
	/** Jobs that have waited so long that nothing after them starts first. */
	overdue(): number[];
}

/** From then on nobody of lower rank who needs room starts before it. */
const PATIENCE_MS = 60_000;
/** The best of each range are remembered, and those that were. */
const REMEMBERED = 1000;

export interface RoomDependencies {
	readonly db: Sqlite;
	readonly classes: Pick<WaitClasses, 'setOf'>;
	/** Of 1,048,576 bytes; undefined: without bound. */
	readonly allowedMB: () => number | undefined;
	readonly monotonic: () => number;
}

export function createRoom({ db, classes, allowedMB, monotonic }: RoomDependencies): Room {
	const active = db.prepare<[], { id: string; type: string; mb: number | null }>(
		`SELECT id, type, json_extract(spec, '$.limits.memoryMB') AS mb FROM jobs INDEXED BY jobs_active
		 WHERE stage = 5 AND phase <> 1`,
	);
	/** Monotonic ms since which each waits, by generation. */
	const waits = new Map<number, number>();
	const needOf = (waitClass: number) => classes.setOf(waitClass)?.room;
	const isOverdue = (since: number) => monotonic() - since >= PATIENCE_MS;

	function state(): RoomState | undefined {
		const allowed = allowedMB();
		if (allowed === undefined) return undefined;
		let [takenMB, uncapped] = [0, 0];
		const holders: string[] = [];
		for (const { id, type, mb } of active.all()) {
			if (mb === null) uncapped += Number(!isFunctionType(type));
			else holders.push(id);
			takenMB += mb ?? 0;
		}
		return { allowedMB: allowed, takenMB, holders, uncapped };
	}

	function remember(generation: number): number {
		const since = waits.get(generation) ?? monotonic();
		waits.set(generation, since);
		const [oldest] = waits.keys();
		if (waits.size > REMEMBERED && oldest !== undefined) waits.delete(oldest);
		return since;
	}

	return {
		state,
		left(remembers) {
			// Most claims meet nobody who needs any.
			let known: RoomState | undefined;
			let looked = false;
			let more = 0;
			let reserved = false;
			return {
				has(waitClass, generation) {
					const need = needOf(waitClass);
					if (need === undefined) return true;
					if (!looked) known = state();
					looked = true;
					if (known === undefined) return true;
					if (reserved) return false;
					const taken = known.takenMB + more;
					if (taken === 0 || taken + need <= known.allowedMB) return true;
					const since = remembers() ? remember(generation) : waits.get(generation);
					reserved = since !== undefined && isOverdue(since);
					return false;
				},
				counts: (waitClass) => needOf(waitClass) !== undefined,
				take(memoryMB) {
					more += memoryMB;
				},
			};
		},
		began: (generation) => void waits.delete(generation),
		overdue: () =>
			[...waits].filter(([, since]) => isOverdue(since)).map(([generation]) => generation),
	};
}
