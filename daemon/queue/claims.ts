/**
 * Claiming (docs/design.md section 4). Each (queue, wait class, workspace) with ready work is a range of one
 * index that already has the order; a claim compares the heads of the ranges whose conditions hold, and
 * never sees another row.
 */
import type { Sqlite } from '../sqlite/open.ts';
import { type Capacity, Slots } from './capacity.ts';
import type { ChildTable } from './children.ts';
import { STAGE, STATE } from './codes.ts';
import type { JobRow } from './rows.ts';
import type { ReadyRange, Tx } from './tx.ts';
import { FREE_CLASS } from './waitClasses.ts';
import { ON_LOST } from './yield.ts';

export interface Claims {
	/** Told after each commit; a range too many only costs one look. */
	rangesReady(ranges: readonly ReadyRange[]): void;
	claim(tx: Tx, capacity: Capacity): JobRow[];
	/** Whether some job is to start or go on whatever the limits say. */
	hasUrgent(): boolean;
	/** The poison guard lets nothing run beside it. */
	mustBeAlone(job: Pick<JobRow, 'unclean'>): boolean;
	/** Classes that ready jobs wait for, without the one that waits for nothing. */
	waitedFor(): Set<number>;
	/** Reads the ranges anew, after a claim that was undone. */
	reload(): void;
	/** The job that the poison guard makes run alone and that keeps all else from starting now, itself perhaps. */
	guarded(capacity: Capacity): number | undefined;
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

/** From here on a job starts however busy the machine is. */
export const UNTHROTTLED_PRIORITY = 50;

/**
 * @param boot Of the machine: it stands beside every claim, so that a death of the daemon can be counted.
 * @param aloneAfter A job that ran during this many such deaths in one boot runs alone from then on.
 */
export function createClaims(
	db: Sqlite,
	children: ChildTable,
	boot: string,
	aloneAfter: number,
): Claims {
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
	function runningAlone(): number | undefined {
		for (const generation of [...suspects]) {
			const state = active.get(generation)?.state;
			if (state === STATE.running) return generation;
			if (state === undefined) suspects.delete(generation);
		}
		return undefined;
	}

	function openHeads(capacity: Capacity, slots: Slots): Map<ReadyRange, Head> {
		const heads = new Map<ReadyRange, Head>();
		for (const range of [...ranges.values()]) {
			if (!slots.free(range.queue) || !capacity.met(range.class)) continue;
			const first = nextHead(range);
			if (first !== undefined) heads.set(range, first);
		}
		return heads;
	}

	/** The next to start; ranges that nothing can start from are taken out. */
	function bestOf(heads: Map<ReadyRange, Head>, capacity: Capacity, slots: Slots) {
		while (heads.size > 0) {
			let best: Head | undefined;
			for (const candidate of heads.values()) if (better(candidate, best)) best = candidate;
			if (best === undefined) break;
			const { queue } = best.range;
			const crowd = best.priority < UNTHROTTLED_PRIORITY && slots.busy(queue);
			if (slots.free(queue) && !(crowd && capacity.crowded())) return best;
			heads.delete(best.range);
		}
		return undefined;
	}

	function better(a: Head, b: Head | undefined): boolean {
		if (b === undefined) return true;
		if (a.priority !== b.priority) return a.priority > b.priority;
		const turnA = served.get(a.range.workspace) ?? 0;
		const turnB = served.get(b.range.workspace) ?? 0;
		if (turnA !== turnB) return turnA < turnB;
		return a.generation < b.generation;
	}

	const mustBeAlone = ({ unclean }: Pick<JobRow, 'unclean'>) => unclean >= aloneAfter;
	const hasUrgent = () => runNow.get() !== undefined || resumingNow.get() !== undefined;

	return {
		reload,
		hasUrgent,
		mustBeAlone,
		waitedFor() {
			const found = new Set<number>();
			for (const range of [...ranges.values()]) {
				if (range.class !== FREE_CLASS && nextHead(range) !== undefined) found.add(range.class);
			}
			return found;
		},
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
			if (runningAlone() !== undefined) return claimed;
			for (const row of resuming.all()) {
				const crowd = mustBeAlone(row) && slots.others();
				const free = slots.free(row.queue) && capacity.met(row.class) && !crowd;
				if (row.run_now === 0 && !free) continue;
				slots.take(row.queue);
				goOn(tx, row);
			}
			if (runningAlone() !== undefined) return claimed;
			const heads = openHeads(capacity, slots);
			let best = bestOf(heads, capacity, slots);
			while (best !== undefined) {
				// Nothing more starts until everything else has ended; then it starts, and nothing beside it.
				if (best.alone && slots.others()) break;
				const { range } = best;
				slots.take(range.queue);
				served.set(range.workspace, ++turn);
				claimed.push(takeOne(tx, best.generation));
				if (best.alone) break;
				const following = nextHead(range);
				if (following === undefined) heads.delete(range);
				else heads.set(range, following);
				best = bestOf(heads, capacity, slots);
			}
			return claimed;
		},
		guarded(capacity) {
			const running = runningAlone();
			if (running !== undefined) return running;
			const slots = new Slots(capacity);
			if (!slots.others()) return undefined;
			// They take their slots first, perhaps the one that it would have had.
			if (hasUrgent() || resuming.get() !== undefined) return undefined;
			const best = bestOf(openHeads(capacity, slots), capacity, slots);
			return best?.alone ? best.generation : undefined;
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

function resumeReason(row: JobRow): string {
	return row.run_now === 1 ? 'Run Now waives its constraints' : 'its constraints hold again';
}

function keyOf({ queue, class: waitClass, workspace }: ReadyRange): string {
	return `${queue}\0${waitClass}\0${workspace}`;
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
