/** What time brings: delayed jobs become ready, jobs past their ttl or deadline expire. In small batches. */
import type { Sqlite } from '../sqlite/open.ts';
import { STAGE, STATE } from './codes.ts';
import type { Events } from './events.ts';
import type { JobRow } from './rows.ts';
import type { JobTable } from './statements.ts';
import { storedSpec } from './storedSpec.ts';
import type { Subjects } from './subjects.ts';
import type { Transitions } from './transitions.ts';
import type { Tx } from './tx.ts';
import { FREE_CLASS } from './waitClasses.ts';

const BATCH = 500;

export interface DueWork {
	/** Moves what is due at `tx.now`; true when a batch was full and there may be more. */
	advance(tx: Tx): boolean;
	/** Epoch ms of the next delayed start or expiry; undefined when nothing has a future time. */
	nextTime(): number | undefined;
}

export function createDueWork(
	db: Sqlite,
	table: JobTable,
	subjects: Subjects,
	transitions: Transitions,
	events: Events,
): DueWork {
	const delayed = db.prepare<[number], JobRow>(
		`SELECT * FROM jobs WHERE stage = 2 AND run_at <= ? ORDER BY run_at LIMIT ${BATCH}`,
	);
	const expiring = db.prepare<[number], { generation: number }>(
		`SELECT generation FROM jobs WHERE expires_at IS NOT NULL AND expires_at <= ?
		 ORDER BY expires_at LIMIT ${BATCH}`,
	);
	const waiving = db.prepare<[number], { generation: number; queue: string; workspace: string }>(
		`SELECT generation, queue, workspace FROM jobs WHERE waive_at IS NOT NULL AND stage = 1
		 AND waive_at <= ? ORDER BY waive_at LIMIT ${BATCH}`,
	);
	const waive = db.prepare<[number]>(
		`UPDATE jobs SET class = ${FREE_CLASS}, waive_at = NULL WHERE generation = ?`,
	);
	const setStage = db.prepare<[number, number]>('UPDATE jobs SET stage = ? WHERE generation = ?');
	const clearExpiry = db.prepare<[number]>(
		'UPDATE jobs SET expires_at = NULL WHERE generation = ?',
	);
	const nextDelayed = db.prepare<[], { at: number | null }>(
		'SELECT min(run_at) AS at FROM jobs WHERE stage = 2',
	);
	const nextExpiring = db.prepare<[], { at: number | null }>(
		'SELECT min(expires_at) AS at FROM jobs WHERE expires_at IS NOT NULL',
	);

	const nextWaiving = db.prepare<[], { at: number | null }>(
		'SELECT min(waive_at) AS at FROM jobs WHERE waive_at IS NOT NULL AND stage = 1',
	);

	// They have waited long enough for power, battery and idleness: they start without.
	function waiveDue(tx: Tx): boolean {
		const rows = waiving.all(tx.now);
		for (const { generation, queue, workspace } of rows) {
			waive.run(generation);
			tx.ready({ queue, class: FREE_CLASS, workspace });
		}
		return rows.length === BATCH;
	}

	return {
		advance(tx) {
			const moreFired = events.advance(tx);
			// Expiry first: what is past its deadline must not start.
			const late = expiring.all(tx.now);
			for (const { generation } of late) {
				// Read anew: the one before may have stopped it along with its parent.
				const row = table.byGeneration(generation);
				if (row === undefined || row.stage === STAGE.ended) continue;
				const { deadlineAt } = storedSpec(row);
				const cause = deadlineAt !== null && deadlineAt <= tx.now ? 'deadline' : 'ttl';
				clearExpiry.run(row.generation);
				// A ttl runs until the first start only; a claim already replaced it by the deadline.
				if (cause === 'ttl' && row.state !== STATE.queued) continue;
				transitions.requestStop(tx, row, cause);
			}
			const due = delayed.all(tx.now);
			for (const row of due) setStage.run(subjects.stageFor(tx, row), row.generation);
			const moreWaived = waiveDue(tx);
			return moreFired || moreWaived || late.length === BATCH || due.length === BATCH;
		},
		nextTime() {
			if (events.pending()) return 0;
			const times = [nextDelayed, nextExpiring, nextWaiving]
				.map((next) => next.get()?.at)
				.filter((time): time is number => typeof time === 'number');
			return times.length === 0 ? undefined : Math.min(...times);
		},
	};
}
