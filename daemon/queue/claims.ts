/**
 * Claiming (docs/design.md section 4). Each (queue, wait class, workspace) with ready work is a range of one
 * index that already has the order; a claim compares the heads of the ranges whose conditions hold, and
 * never sees another row.
 */
import type { Sqlite } from '../sqlite/open.ts';
import type { ChildTable } from './children.ts';
import { STAGE, STATE } from './codes.ts';
import type { JobRow } from './rows.ts';
import type { ReadyRange, Tx } from './tx.ts';
import { FREE_CLASS } from './waitClasses.ts';
import { ON_LOST } from './yield.ts';

/** Free slots; a paused queue has none. */
export interface Capacity {
	readonly total: number;
	/** Runs that are going on now. */
	readonly running: number;
	forQueue(queue: string): number;
	/** Runs of the queue that are going on now. */
	runningIn(queue: string): number;
	/** The conditions of this wait class hold now. */
	met(waitClass: number): boolean;
	/** The machine is too busy for another job of low priority. */
	crowded(): boolean;
}

export interface Claims {
	/** Told after each commit; a range too many only costs one look. */
	rangesReady(ranges: readonly ReadyRange[]): void;
	claim(tx: Tx, capacity: Capacity): JobRow[];
	/** Whether some job is to start or go on whatever the limits say. */
	hasUrgent(): boolean;
	/** Classes that ready jobs wait for, without the one that waits for nothing. */
	waitedFor(): Set<number>;
	/** Reads the ranges anew, after a claim that was undone. */
	reload(): void;
	/** Ready jobs of the queue that would be claimed before this one. */
	ahead(job: JobRow): number;
}

interface Head {
	readonly range: ReadyRange;
	readonly generation: number;
	readonly priority: number;
	/** It took the daemon with it too often: it runs alone. */
	readonly alone: boolean;
}

/** A job that ran during this many unclean daemon deaths in one boot runs alone from then on. */
export const ALONE_AFTER_DEATHS = 2;

/** From here on a job starts however busy the machine is. */
export const UNTHROTTLED_PRIORITY = 50;

/** @param boot Of the machine: it stands beside every claim, so that a death of the daemon can be counted. */
export function createClaims(db: Sqlite, children: ChildTable, boot: string): Claims {
	const head = db.prepare<
		[string, number, string],
		{ generation: number; priority: number; unclean: number }
	>(
		`SELECT generation, priority, unclean FROM jobs WHERE queue = +? AND class = +? AND workspace = +? AND stage = 1
		 ORDER BY priority DESC, generation LIMIT 1`,
	);
	const take = db.prepare<[number, number], JobRow>(
		`UPDATE jobs SET state = ${STATE.running}, stage = ${STAGE.active}, run = run + 1, attempt = attempt + 1,
		 class = CASE WHEN run_now = 1 OR on_lost = ${ON_LOST.finish} THEN ${FREE_CLASS} ELSE class END,
		 run_now = 0, event = NULL, waive_at = NULL,
		 started_at = coalesce(started_at, ?), expires_at = json_extract(spec, '$.deadlineAt')
		 WHERE generation = ? RETURNING *`,
	);
	const runNow = db.prepare<[], { generation: number; queue: string }>(
		'SELECT generation, queue FROM jobs WHERE run_now = 1 AND stage = 1 ORDER BY generation',
	);
	// Without statistics SQLite would rather read every paused job, and sort.
	const resuming = db.prepare<[], JobRow>(
		`SELECT * FROM jobs INDEXED BY jobs_resuming WHERE state = 2 AND held = 0
		 ORDER BY priority DESC, generation`,
	);
	const resumingNow = db.prepare<[], { found: 1 }>(
		'SELECT 1 AS found FROM jobs INDEXED BY jobs_resuming WHERE state = 2 AND held = 0 AND run_now = 1 LIMIT 1',
	);
	const active = db.prepare<[number], { state: number }>(
		`SELECT state FROM jobs WHERE generation = ? AND stage = ${STAGE.active} AND phase = 0`,
	);
	const setRunning = db.prepare<[number]>(
		`UPDATE jobs SET state = ${STATE.running}, yielded = NULL,
		 class = CASE WHEN run_now = 1 THEN ${FREE_CLASS} ELSE class END, run_now = 0 WHERE generation = ?`,
	);
	const addRun = db.prepare(
		'INSERT INTO runs (job, run, attempt, started_at, boot) VALUES (?, ?, ?, ?, ?)',
	);
	const ahead = db.prepare<[string, number, number, number], { n: number }>(
		`SELECT count(*) AS n FROM (SELECT 1 FROM jobs WHERE queue = ? AND stage = 1
		 AND (priority > ? OR (priority = ? AND generation < ?)) LIMIT 10000)`,
	);
	const ranges = new Map<string, ReadyRange>();
	/** Runs that must be alone; those that are over are forgotten at the next look. */
	const suspects = new Set<number>();
	/** When each workspace was last served, as a counter: the lowest has waited longest for its turn. */
	const served = new Map<string, number>();
	let turn = 0;

	function add(range: ReadyRange): void {
		ranges.set(keyOf(range), range);
	}

	function reload(): void {
		for (const range of distinctRanges(db)) add(range);
	}

	reload();

	function nextHead(range: ReadyRange): Head | undefined {
		const found = head.get(range.queue, range.class, range.workspace);
		if (found === undefined) ranges.delete(keyOf(range));
		if (found === undefined) return undefined;
		return { range, ...found, alone: mustBeAlone(found) };
	}

	/** One that must be alone is running: nothing may start beside it. */
	function isTaken(): boolean {
		for (const generation of [...suspects]) {
			const state = active.get(generation)?.state;
			if (state === STATE.running) return true;
			if (state === undefined) suspects.delete(generation);
		}
		return false;
	}

	function better(a: Head, b: Head | undefined): boolean {
		if (b === undefined) return true;
		if (a.priority !== b.priority) return a.priority > b.priority;
		const turnA = served.get(a.range.workspace) ?? 0;
		const turnB = served.get(b.range.workspace) ?? 0;
		if (turnA !== turnB) return turnA < turnB;
		return a.generation < b.generation;
	}

	return {
		reload,
		waitedFor() {
			const found = new Set<number>();
			for (const range of [...ranges.values()]) {
				if (range.class !== FREE_CLASS && nextHead(range) !== undefined) found.add(range.class);
			}
			return found;
		},
		hasUrgent: () => runNow.get() !== undefined || resumingNow.get() !== undefined,
		rangesReady(more) {
			for (const range of more) add(range);
		},
		claim(tx, capacity) {
			const slots = new Slots(capacity);
			// What was asked to run now waits for no limit, but takes its slot all the same.
			const claimed = runNow.all().map(({ generation, queue }) => {
				slots.take(queue);
				return takeOne(tx, generation);
			});
			if (isTaken()) return claimed;
			for (const row of resuming.all()) {
				const crowd = mustBeAlone(row) && slots.others();
				const free = slots.free(row.queue) && capacity.met(row.class) && !crowd;
				if (row.run_now === 0 && !free) continue;
				slots.take(row.queue);
				goOn(tx, row);
			}
			if (isTaken()) return claimed;
			const heads = new Map<ReadyRange, Head>();
			for (const range of [...ranges.values()]) {
				if (!slots.free(range.queue) || !capacity.met(range.class)) continue;
				const first = nextHead(range);
				if (first !== undefined) heads.set(range, first);
			}
			while (heads.size > 0) {
				let best: Head | undefined;
				for (const candidate of heads.values()) if (better(candidate, best)) best = candidate;
				if (best === undefined) break;
				const { range } = best;
				const crowd = best.priority < UNTHROTTLED_PRIORITY && slots.busy(range.queue);
				if (!slots.free(range.queue) || (crowd && capacity.crowded())) {
					heads.delete(range);
					continue;
				}
				// Nothing more starts until everything else has ended; then it starts, and nothing beside it.
				if (best.alone && slots.others()) break;
				slots.take(range.queue);
				served.set(range.workspace, ++turn);
				claimed.push(takeOne(tx, best.generation));
				if (best.alone) break;
				const following = nextHead(range);
				if (following === undefined) heads.delete(range);
				else heads.set(range, following);
			}
			return claimed;
		},
		ahead: (job) => ahead.get(job.queue, job.priority, job.priority, job.generation)?.n ?? 0,
	};

	// A paused job whose turn has come again.
	function goOn(tx: Tx, row: JobRow): void {
		setRunning.run(row.generation);
		const why = row.yielded === null ? {} : { reason: resumeReason(row) };
		tx.order({ kind: 'resume', id: row.id, run: row.run, ...why });
		tx.moved({ queue: row.queue, from: STATE.paused, to: STATE.running });
		tx.changed(row.id);
		if (row.parent !== null) children.moved(row.parent, STATE.paused, STATE.running);
	}

	function takeOne(tx: Tx, generation: number): JobRow {
		const row = take.get(tx.now, generation);
		if (row === undefined)
			throw new Error(`Job ${generation} left the queue while it was claimed.`);
		if (mustBeAlone(row)) suspects.add(generation);
		addRun.run(row.generation, row.run, row.attempt, tx.now, boot);
		tx.moved({ queue: row.queue, from: STATE.queued, to: STATE.running });
		tx.changed(row.id);
		if (row.expires_at !== null) tx.wake();
		if (row.parent !== null) children.moved(row.parent, STATE.queued, STATE.running);
		return row;
	}
}

function mustBeAlone({ unclean }: Pick<JobRow, 'unclean'>): boolean {
	return unclean >= ALONE_AFTER_DEATHS;
}

function resumeReason(row: JobRow): string {
	return row.run_now === 1 ? 'Run Now waives its constraints' : 'its constraints hold again';
}

function keyOf({ queue, class: waitClass, workspace }: ReadyRange): string {
	return `${queue}\0${waitClass}\0${workspace}`;
}

/** What a claim may still take: asked of the capacity once per queue, then counted here. */
class Slots {
	readonly #capacity: Capacity;
	readonly #queues = new Map<string, number>();
	readonly #taken = new Set<string>();
	#total: number;

	constructor(capacity: Capacity) {
		this.#capacity = capacity;
		this.#total = capacity.total;
	}

	/** Another job of the queue runs, or was taken just now. */
	busy(queue: string): boolean {
		return this.#taken.has(queue) || this.#capacity.runningIn(queue) > 0;
	}

	/** Anything else runs, or was taken just now. */
	others(): boolean {
		return this.#taken.size > 0 || this.#capacity.running > 0;
	}

	free(queue: string): boolean {
		return this.#total > 0 && this.#of(queue) > 0;
	}

	take(queue: string): void {
		this.#queues.set(queue, this.#of(queue) - 1);
		this.#taken.add(queue);
		this.#total--;
	}

	#of(queue: string): number {
		const known = this.#queues.get(queue) ?? this.#capacity.forQueue(queue);
		this.#queues.set(queue, known);
		return known;
	}
}

// One seek per range rather than a scan of everything that is ready.
function* distinctRanges(db: Sqlite): Generator<ReadyRange> {
	const after = db.prepare<[string, number, string], ReadyRange>(
		`SELECT queue, class, workspace FROM jobs WHERE stage = 1 AND (queue, class, workspace) > (?, ?, ?)
		 ORDER BY queue, class, workspace LIMIT 1`,
	);
	let range = after.get('', 0, '');
	while (range !== undefined) {
		yield range;
		range = after.get(range.queue, range.class, range.workspace);
	}
}
