/**
 * Claiming (docs/design.md section 4). Each (queue, wait class, workspace, group) with ready work is a range of one
 * index that already has the order; a claim compares the heads of the ranges whose conditions hold, and
 * never sees another row.
 */
import { isFunctionType } from '../../../shared/functionTypes.ts';
import type { Sqlite } from '../../sqlite/open.ts';
import type { ChildTable } from '../store/children.ts';
import { STAGE, STATE } from '../store/codes.ts';
import type { Rates } from '../store/rates.ts';
import type { JobRow } from '../store/rows.ts';
import { createRunStart } from '../store/runs.ts';
import type { JobTable } from '../store/statements.ts';
import { storedSpec } from '../store/storedSpec.ts';
import type { ReadyRange, Tx } from '../store/tx.ts';
import { FREE_CLASS } from '../store/waitClasses.ts';
import { NOT_WAITING, placeOf } from '../store/waiting.ts';
import { type Capacity, Slots, type Taker } from './capacity.ts';
import type { PoisonGuard } from './guard.ts';
import { createHeads } from './heads.ts';
import { createReadyLooks, type ReadyLooks } from './readyLooks.ts';
import type { Room } from './room.ts';
import type { Sweeps } from './sweep.ts';
import type { Head, Obstacle } from './turns.ts';
import { createUrgent } from './urgent.ts';
import { ON_LOST } from './yield.ts';

export interface Claims extends ReadyLooks {
	/** Told after each commit; a range too many only costs one look. */
	rangesReady(ranges: readonly ReadyRange[]): void;
	/** The same of groups of jobs in which a place may be free. */
	placesFreed(groups: readonly string[]): void;
	claim(tx: Tx, capacity: Capacity): JobRow[];
	/** Lets paused runs go on whose turn it is, and starts nothing. */
	resume(tx: Tx, capacity: Capacity): void;
	/** Whether a paused run waits for its turn to go on. */
	hasResuming(): boolean;
	/** Whether some job is to start or go on now whatever the limits say. */
	hasUrgent(capacity: Capacity): boolean;
	/** Whether a claim might start or resume something: false spares a transaction. */
	any(capacity: Capacity): boolean;
	/** Classes that ready jobs wait for, without the one that waits for nothing. */
	waitedFor(): Set<number>;
	/** Reads the ranges anew, after a claim that was undone. */
	reload(): void;
	/** The job that the poison guard makes run alone and that keeps this one from starting now. */
	guarded(job: JobRow, capacity: Capacity): number | undefined;
}

/** From here on a job starts however busy the machine is. */
export const UNTHROTTLED_PRIORITY = 50;
/** So many that may not start any more a claim steps over; then what lies behind them waits for the next one. */
const MAX_PASSED = 100;

/** @param boot Of the machine: it stands beside every claim, so that a death of the daemon can be counted. */
export function createClaims(
	db: Sqlite,
	table: JobTable,
	children: ChildTable,
	guard: PoisonGuard,
	sweeps: Pick<Sweeps, 'isAwaited' | 'settle'>,
	rates: Pick<Rates, 'take'>,
	room: Pick<Room, 'began'>,
	boot: string,
): Claims {
	// A head that is remembered may be of a job that left its range and is ready in another one by now.
	const take = db.prepare<[number, number, string, number], JobRow>(
		`UPDATE jobs SET state = ${STATE.running}, stage = ${STAGE.active}, run = run + 1, attempt = attempt + 1,
		 class = CASE WHEN run_now = 1 OR on_lost = ${ON_LOST.finish} THEN ${FREE_CLASS} ELSE class END,
		 run_now = 0, event = NULL, waive_at = NULL,
		 started_at = coalesce(started_at, ?), expires_at = json_extract(spec, '$.deadlineAt')
		 WHERE generation = ? AND stage = ${STAGE.ready}
		 AND queue = ? AND class = ? RETURNING *`,
	);
	const urgent = createUrgent(db);
	// Without statistics SQLite would rather read every paused job, and sort.
	const resuming = db.prepare<[], JobRow>(
		`SELECT * FROM jobs INDEXED BY jobs_resuming WHERE state = 2 AND held = 0
		 ORDER BY priority DESC, generation`,
	);
	const setRunning = db.prepare<[number]>(
		`UPDATE jobs SET state = ${STATE.running}, yielded = NULL,
		 class = CASE WHEN run_now = 1 THEN ${FREE_CLASS} ELSE class END, run_now = 0 WHERE generation = ?`,
	);
	const addRun = createRunStart(db, boot);
	const heads = createHeads(db);
	const setStage = db.prepare<[number, number]>('UPDATE jobs SET stage = ? WHERE generation = ?');

	function obstacleOf(capacity: Capacity, slots: Slots) {
		return ({ range, priority, generation }: Head): Obstacle | 'group' | undefined => {
			if (!capacity.met(range.class)) return 'class';
			if (!slots.hasWorker(range.class)) return 'class';
			if (!slots.mayBegin(range.queue, range.class)) return 'queue';
			if (!slots.hasPlace(range)) return 'group';
			if (slots.isFunction(range.class)) return undefined;
			const crowd = priority < UNTHROTTLED_PRIORITY && slots.busy(range.queue);
			if (crowd && capacity.crowded()) return 'for now';
			return slots.hasMemory(range.class, generation) ? undefined : 'class';
		};
	}

	function admit(capacity: Capacity, slots: Slots): void {
		heads.admit(
			(queue, waitClass) => slots.mayBegin(queue, waitClass),
			(waitClass) => capacity.met(waitClass) && slots.hasWorker(waitClass),
		);
	}

	/** The next to start, which is certainly there. */
	function nextHead(obstacle: ReturnType<typeof obstacleOf>): Head | undefined {
		for (;;) {
			const best = heads.best(obstacle);
			if (best === undefined) return undefined;
			const { generation } = best;
			if (heads.read(best)?.generation === generation) return best;
		}
	}

	const hasUrgent = (capacity: Capacity) => urgent.any(new Slots(capacity));

	function hasHead(capacity: Capacity): boolean {
		// While one is tried alone it is nobody else's turn.
		const slots = new Slots(capacity, () => guard.onTrial().length === 0);
		admit(capacity, slots);
		return slots.any() && heads.best(obstacleOf(capacity, slots)) !== undefined;
	}

	return {
		resume(tx, capacity) {
			const family = guard.familyOf(guard.onTrial());
			resumeReady(tx, capacity, new Slots(capacity), family);
		},
		hasResuming: () => resuming.get() !== undefined,
		hasUrgent,
		any(capacity) {
			// As a rule it is one of those that are remembered, for which nothing is read.
			return hasHead(capacity) || hasUrgent(capacity) || resuming.get() !== undefined;
		},
		reload: () => heads.reload(),
		waitedFor: () => heads.waitedFor(),
		rangesReady: (ranges) => heads.joined(ranges),
		placesFreed: (groups) => heads.placesFreed(groups),
		claim(tx, capacity) {
			const slots = new Slots(capacity, () => true);
			const claimed: JobRow[] = [];
			const passed: number[] = [];
			const family = guard.familyOf(guard.onTrial());
			const start = (generation: number, job: Taker & Pick<JobRow, 'class'>): boolean => {
				slots.begin(job);
				const row = takeOne(tx, generation, job.queue, job.class);
				if (row === undefined) slots.giveBack(job);
				if (row === undefined) return false;
				claimed.push(row);
				slots.takeMemory(job.class, () => storedSpec(row).limits?.memoryMB);
				if (guard.isSuspect(row)) tryAlone(family, generation);
				return true;
			};
			// What was asked to run now waits for no limit but that of its group; it takes its slot all the same.
			for (const job of urgent.ready(slots)) {
				if (!slots.hasPlace(job) || !slots.isWorkerFree(job.class)) continue;
				if (sweeps.isAwaited(job)) passOver(passed, job.generation);
				else start(job.generation, job);
			}
			resumeReady(tx, capacity, slots, family);
			if (family.size > 0) startParts();
			else startBest();
			return settled(tx, passed, claimed);

			// Whoever is on trial may wait for them.
			function startParts(): void {
				for (const part of guard.readyParts(family)) {
					const crowd =
						part.priority < UNTHROTTLED_PRIORITY &&
						!slots.isFunction(part.class) &&
						slots.busy(part.queue);
					if (!slots.mayBegin(part.queue, part.class) || !capacity.met(part.class)) continue;
					if (!slots.hasPlace(part) || !slots.hasWorker(part.class)) continue;
					if (crowd && capacity.crowded()) continue;
					if (!slots.hasMemory(part.class, part.generation)) continue;
					if (sweeps.isAwaited(part)) passOver(passed, part.generation);
					else start(part.generation, part);
				}
			}

			function startBest(): void {
				admit(capacity, slots);
				const obstacle = obstacleOf(capacity, slots);
				while (slots.any()) {
					const best = heads.best(obstacle);
					if (best === undefined) return;
					const { range, generation } = best;
					const isPart = best.parent !== null;
					if ((isPart || guard.isSuspect(best)) && heads.read(best)?.generation !== generation) {
						continue;
					}
					if (isPart && sweeps.isAwaited(best)) {
						passOver(passed, generation);
						heads.read(best);
						// What lies behind so many waits for the next claim.
						if (passed.length === MAX_PASSED) return;
						continue;
					}
					// Nothing more starts until everything else has ended; then it starts, and nothing beside it.
					if (guard.isSuspect(best) && slots.others() && !guard.mayJoin(generation)) return;
					if (start(generation, range)) heads.served(best);
					heads.read(best);
					if (family.size > 0) return;
				}
			}
		},
		guarded(job, capacity) {
			const [onTrial, ...others] = guard.onTrial();
			if (onTrial !== undefined) {
				const family = guard.familyOf([onTrial, ...others]);
				return job.parent !== null && family.has(job.parent) ? undefined : onTrial;
			}
			const slots = new Slots(capacity);
			if (!guard.anySuspect() || !slots.others() || !slots.any()) return undefined;
			// They take their slots first, perhaps the one that it would have had.
			if (hasUrgent(capacity) || resuming.get() !== undefined) return undefined;
			admit(capacity, slots);
			const best = nextHead(obstacleOf(capacity, slots));
			if (best === undefined || !guard.isSuspect(best) || sweeps.isAwaited(best)) return undefined;
			return guard.hasWaited(best.generation) ? undefined : best.generation;
		},
		...createReadyLooks(db, heads),
	};

	/** @param family Whoever is on trial and what is below: nothing else goes on. Grows with whom is tried now. */
	function resumeReady(tx: Tx, capacity: Capacity, slots: Slots, family: Set<number>): void {
		const mayGoOn = (row: JobRow): boolean => {
			if (!slots.free(row.queue) || !capacity.met(row.class)) return false;
			if (family.size > 0) return row.parent !== null && family.has(row.parent);
			return !guard.isSuspect(row) || !slots.others() || guard.mayJoin(row.generation);
		};
		for (const row of resuming.all()) {
			if (!slots.hasPlace(row) || (row.run_now === 0 && !mayGoOn(row))) continue;
			if (sweeps.isAwaited(row)) continue;
			slots.take(row);
			goOn(tx, row);
			if (guard.isSuspect(row)) tryAlone(family, row.generation);
		}
	}

	function tryAlone(family: Set<number>, generation: number): void {
		guard.began(generation);
		for (const member of guard.familyOf([generation])) family.add(member);
	}

	// Something above it is being stopped or paused. It leaves the index until the others have been chosen.
	function passOver(passed: number[], generation: number): void {
		setStage.run(STAGE.stopping, generation);
		passed.push(generation);
	}

	// Only now, since what happens to them may make others ready, or make them start no more.
	function settled(tx: Tx, passed: readonly number[], claimed: JobRow[]): JobRow[] {
		for (const generation of passed) setStage.run(STAGE.ready, generation);
		for (const generation of passed) {
			const row = table.byGeneration(generation);
			if (row === undefined) continue;
			const { queue, class: waitClass, workspace, group_name } = row;
			tx.ready({ queue, class: waitClass, workspace, group_name });
			sweeps.settle(tx, row);
		}
		return claimed;
	}

	// A paused job whose turn has come again.
	function goOn(tx: Tx, row: JobRow): void {
		setRunning.run(row.generation);
		const why = row.yielded === null ? {} : { reason: resumeReason(row) };
		tx.order({ kind: 'resume', id: row.id, run: row.run, ...why });
		tx.moved({ queue: row.queue, type: row.type, from: STATE.paused, to: STATE.running });
		tx.changed(row.id);
		if (row.parent !== null) children.moved(row.parent, STATE.paused, STATE.running);
	}

	/** Undefined when it has left the queue meanwhile. */
	function takeOne(
		tx: Tx,
		generation: number,
		queue: string,
		waitClass: number,
	): JobRow | undefined {
		const row = take.get(tx.now, generation, queue, waitClass);
		if (row === undefined) return undefined;
		addRun(row, tx.now, isFunctionType(row.type));
		rates.take(queue);
		room.began(generation);
		const { type, group_name: group } = row;
		tx.waits({
			queue,
			group,
			from: placeOf(STAGE.ready, waitClass, row.attempt > 1),
			to: NOT_WAITING,
		});
		const waitedMs = Math.max(0, tx.now - Math.max(row.created_at, row.run_at));
		tx.moved({ queue, type, from: STATE.queued, to: STATE.running, waitedMs });
		tx.changed(row.id);
		if (row.expires_at !== null) tx.wake();
		if (row.parent !== null) children.moved(row.parent, STATE.queued, STATE.running);
		return row;
	}
}

function resumeReason(row: JobRow): string {
	return row.run_now === 1 ? 'Run Now waives its constraints' : 'its constraints hold again';
}
