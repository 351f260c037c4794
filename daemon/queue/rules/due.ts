/** What time brings: delayed jobs become ready, jobs past their ttl or deadline expire. In small batches. */
import type { Sqlite } from '../../sqlite/open.ts';
import type { Clock } from '../ports/clock.ts';
import { forJob } from '../ports/conditions.ts';
import { STAGE, STATE } from '../store/codes.ts';
import type { Rates } from '../store/rates.ts';
import type { JobRow } from '../store/rows.ts';
import { beginSpell } from '../store/spell.ts';
import type { JobTable } from '../store/statements.ts';
import { storedSpec } from '../store/storedSpec.ts';
import type { ReadyRange, Tx } from '../store/tx.ts';
import type { WaitClasses } from '../store/waitClasses.ts';
import type { Events } from './events.ts';
import { createSetBack } from './setBack.ts';
import type { Subjects } from './subjects.ts';
import type { Sweeps } from './sweep.ts';
import type { Transitions } from './transitions.ts';

const BATCH = 500;

export interface DueWork {
	/** Moves a batch of what is due at `tx.now`; true when there may be more. */
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
	sweeps: Pick<Sweeps, 'settle'>,
	rates: Pick<Rates, 'noticed' | 'mend' | 'nextTime'>,
	classes: Pick<WaitClasses, 'intern'>,
	clock: Clock,
): DueWork {
	const delayed = db.prepare<[number], JobRow>(
		`SELECT * FROM jobs WHERE stage = 2 AND run_at <= ? ORDER BY run_at LIMIT ${BATCH}`,
	);
	const expiring = db.prepare<[number], { generation: number }>(
		`SELECT generation FROM jobs WHERE expires_at IS NOT NULL AND expires_at <= ?
		 ORDER BY expires_at LIMIT ${BATCH}`,
	);
	const waiving = db.prepare<
		[number],
		ReadyRange & { generation: number; type: string; mb: number | null }
	>(
		`SELECT generation, type, json_extract(spec, '$.limits.memoryMB') AS mb, queue, class, workspace, group_name FROM jobs WHERE waive_at IS NOT NULL AND stage = 1
		 AND waive_at <= ? ORDER BY waive_at LIMIT ${BATCH}`,
	);
	const waive = db.prepare<[number, number]>(
		'UPDATE jobs SET class = ?, waive_at = NULL WHERE generation = ?',
	);
	const setStage = db.prepare<[number, number]>('UPDATE jobs SET stage = ? WHERE generation = ?');
	const clearExpiry = db.prepare<[number]>(
		'UPDATE jobs SET expires_at = NULL WHERE generation = ?',
	);
	// One statement, since each read of its own locks and unlocks the file; it is asked for several times a look.
	const next = db
		.prepare<[], (number | null)[]>(
			`SELECT (SELECT min(run_at) FROM jobs WHERE stage = 2),
			 (SELECT min(expires_at) FROM jobs WHERE expires_at IS NOT NULL),
			 (SELECT min(waive_at) FROM jobs WHERE waive_at IS NOT NULL AND stage = 1)`,
		)
		.raw();

	const setBack = createSetBack(db, table);

	// They have waited long enough for power, battery and idleness: they start without.
	function waiveDue(tx: Tx, isOver: () => boolean): boolean {
		return inBatch(waiving.all(tx.now), isOver, ({ generation, type, mb, ...range }) => {
			// A function has to have its worker all the same, and a cap its room.
			const waitClass = classes.intern(tx, forJob(type, mb, undefined));
			waive.run(waitClass, generation);
			tx.ready({ ...range, class: waitClass });
		});
	}

	function expireDue(tx: Tx, isOver: () => boolean): boolean {
		return inBatch(expiring.all(tx.now), isOver, ({ generation }) => {
			// Read anew: the one before may have stopped it along with its parent.
			const found = table.byGeneration(generation);
			const row = found && sweeps.settle(tx, found);
			if (row === undefined || row.stage === STAGE.ended) return;
			const { deadlineAt } = storedSpec(row);
			const cause = deadlineAt !== null && deadlineAt <= tx.now ? 'deadline' : 'ttl';
			clearExpiry.run(row.generation);
			// A ttl runs until the first start only; a claim already replaced it by the deadline.
			if (cause === 'ttl' && row.state !== STATE.queued) return;
			transitions.requestStop(tx, row, cause);
		});
	}

	return {
		advance(tx) {
			const isOver = beginSpell(clock);
			// First of all: what follows compares with the clock.
			if (setBack.mend(tx)) return true;
			if (rates.noticed()) rates.mend();
			const moreFired = events.advance(tx);
			// Expiry first: what is past its deadline must not start.
			if (expireDue(tx, isOver)) return true;
			const moreDue = inBatch(delayed.all(tx.now), isOver, (row) =>
				setStage.run(subjects.stageFor(tx, row), row.generation),
			);
			return waiveDue(tx, isOver) || moreDue || moreFired;
		},
		nextTime() {
			if (events.pending() || setBack.noticed(clock.now()) || rates.noticed()) return 0;
			const times = [...(next.get() ?? []), rates.nextTime()].filter(
				(time): time is number => typeof time === 'number',
			);
			return times.length === 0 ? undefined : Math.min(...times);
		},
	};
}

/** True when there may be more: the batch was full, or its time was over. */
function inBatch<T>(rows: readonly T[], isOver: () => boolean, move: (row: T) => void): boolean {
	for (const row of rows) {
		if (isOver()) return true;
		move(row);
	}
	return rows.length === BATCH;
}
