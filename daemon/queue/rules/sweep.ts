/**
 * What is done to all that wait for a job which has ended or is ready, and to all children of a job (docs/design.md
 * section 3): decided in one commit, carried out in groups that nobody has to wait for. Until a child's turn comes,
 * whoever is about to do something else with it does this first (`settle`), so that it is as if all had been done at
 * once.
 */
import type { Sqlite } from '../../sqlite/open.ts';
import type { Clock } from '../ports/clock.ts';
import type { ChildTable } from '../store/children.ts';
import { STAGE } from '../store/codes.ts';
import type { DependencyTable, NewDependency } from '../store/dependencies.ts';
import type { JobRow } from '../store/rows.ts';
import { beginSpell } from '../store/spell.ts';
import type { JobTable } from '../store/statements.ts';
import {
	type ChildSweepKind,
	SWEEP,
	type Sweep,
	type SweepKind,
	type SweepTable,
} from '../store/sweeps.ts';
import type { Tx } from '../store/tx.ts';
import type { Pauses } from './pause.ts';
import { stopOfChildren } from './stop.ts';
import type { Transitions } from './transitions.ts';
import type { Release } from './waiters.ts';

type Child = Pick<JobRow, 'generation' | 'parent' | 'swept'>;

/** What is read of a job whose child is looked at. */
type Above = Child & Pick<JobRow, 'stage' | 'phase' | 'stop_cause' | 'again_at'>;

interface Coming {
	readonly kind: ChildSweepKind;
	/** Of the sweep; 0 for a stop, which does no harm twice. */
	readonly id: number;
}

export interface Sweeps {
	/** Deals with the next group; true when there is more. */
	advance(tx: Tx): boolean;
	/** Deals with the next group of those that wait for a job; false when all have been told. */
	hasten(tx: Tx, target: number): boolean;
	/** What these conditions wait for may have ended in the commit that brings whoever waits: it hears of that too. */
	tellNewcomer(tx: Tx, after: readonly NewDependency[]): void;
	/** Something is to be done yet. */
	pending(): boolean;
	/** Something above it is being stopped or paused, and its own turn comes yet: it may not start. */
	isAwaited(row: Child): boolean;
	/** Does to it what is coming for it from above; the job as it is then. */
	settle(tx: Tx, row: JobRow): JobRow;
}

/** After so many children it is looked whether the group has had its time. */
const STEP = 25;
/** Waiters dealt with in one group for somebody who waits for it. */
const HASTENED = 200;

export interface SweepDependencies {
	readonly db: Sqlite;
	readonly clock: Clock;
	readonly table: JobTable;
	readonly children: ChildTable;
	readonly marks: SweepTable;
	readonly transitions: Transitions;
	readonly pauses: Pauses;
	readonly conditions: Pick<DependencyTable, 'waiters' | 'readyWaiters'>;
	readonly release: Release;
	/** Children, or waiters, dealt with per group at the most, of one parent or of several. */
	readonly rows: number;
}

export function createSweeps(dependencies: SweepDependencies): Sweeps {
	const { db, clock, table, children, marks, transitions, pauses, rows } = dependencies;
	const { conditions, release } = dependencies;
	// Two statements rather than a join, which costs ten times as much.
	const above = db.prepare<[number], Above>(
		`SELECT generation, parent, swept, stage, phase, stop_cause, again_at
		 FROM jobs WHERE generation = ?`,
	);
	const setSwept = db.prepare<[number, number]>('UPDATE jobs SET swept = ? WHERE generation = ?');

	const visits: Record<ChildSweepKind, (tx: Tx, child: JobRow) => void> = {
		[SWEEP.cancel]: (tx, child) => transitions.stopChild(tx, child, 'cancel'),
		[SWEEP.supersede]: (tx, child) => transitions.stopChild(tx, child, 'supersede'),
		[SWEEP.pause]: pauses.pauseChild,
		[SWEEP.resume]: pauses.resumeChild,
	};

	/** What stands above it, with what its own mark has coming for it. */
	function comingTo(child: Child): { parent: Above; coming: Coming | undefined } | undefined {
		const parent = child.parent === null ? undefined : above.get(child.parent);
		if (parent === undefined) return undefined;
		const stop = stopOfChildren(parent);
		if (stop !== undefined) return { parent, coming: { kind: SWEEP[stop], id: 0 } };
		const sweep = marks.ofChildren(parent.generation);
		if (sweep === undefined) return { parent, coming: undefined };
		const isAhead = child.generation > sweep.after && child.generation <= sweep.upto;
		const { id, kind } = sweep;
		const coming = isAhead && id !== child.swept ? { id, kind } : undefined;
		return { parent, coming };
	}

	function isReached(row: Child, but?: SweepKind): boolean {
		const found = comingTo(row);
		if (found === undefined) return false;
		const { parent, coming } = found;
		return (coming !== undefined && coming.kind !== but) || isReached(parent, but);
	}

	function settle(tx: Tx, row: JobRow): JobRow {
		if (row.parent === null || row.stage === STAGE.ended || !isReached(row)) return row;
		const parent = table.byGeneration(row.parent);
		if (parent !== undefined) settle(tx, parent);
		const coming = comingTo(row)?.coming;
		if (coming === undefined) return row;
		if (coming.id !== 0) setSwept.run(coming.id, row.generation);
		visits[coming.kind](tx, row);
		return table.byGeneration(row.generation) ?? row;
	}

	/** @returns generations of those that it dealt with */
	function deal(tx: Tx, sweep: Sweep, limit: number): number[] {
		const { root, kind, after, upto } = sweep;
		if (kind === SWEEP.release || kind === SWEEP.ready) {
			const which = kind === SWEEP.ready ? conditions.readyWaiters : conditions.waiters;
			const waiters = which(root, after, upto, limit);
			for (const generation of waiters) {
				const found = table.byGeneration(generation);
				if (found !== undefined) release(tx, settle(tx, found), root);
			}
			return waiters;
		}
		const group = children.openBetween(root, after, upto, limit);
		for (const child of group) if (child.swept !== sweep.id) visits[kind](tx, child);
		return group.map(({ generation }) => generation);
	}

	/** @returns how many it dealt with */
	function goOn(tx: Tx, sweep: Sweep, limit: number): number {
		const group = deal(tx, sweep, limit);
		const last = group.at(-1);
		if (last === undefined || group.length < limit) marks.done(sweep);
		else marks.moveTo(sweep, last);
		return group.length;
	}

	return {
		settle,
		isAwaited: (row) => isReached(row, SWEEP.resume),
		pending: () => marks.next() !== undefined,
		hasten(tx, target) {
			const sweep = marks.ofWaiters(target);
			if (sweep === undefined) return false;
			goOn(tx, sweep, Math.min(rows, HASTENED));
			return true;
		},
		tellNewcomer(tx, after) {
			const targets = new Set(after.filter(({ holds }) => holds === null).map((one) => one.target));
			for (const target of targets) {
				if (above.get(target)?.stage === STAGE.ended) marks.begin(tx, target, SWEEP.release);
			}
		},
		advance(tx) {
			const isOver = beginSpell(clock);
			let left = rows;
			while (left > 0 && !isOver()) {
				const limit = Math.min(left, STEP);
				const sweep = marks.next();
				if (sweep === undefined) return false;
				left -= Math.max(1, goOn(tx, sweep, limit));
			}
			return marks.next() !== undefined;
		},
	};
}
