/** Changing what waits (`job/update`): its place in the queue, its time, and what it is called. */
import { SemanticaError } from '../../../shared/errors.ts';
import type { JobUpdate } from '../../../shared/job.ts';
import type { Sqlite } from '../../sqlite/open.ts';
import { STAGE, STATE, stateName } from '../store/codes.ts';
import type { JobRow } from '../store/rows.ts';
import { encodeSpec, storedSpec } from '../store/storedSpec.ts';
import type { Tx } from '../store/tx.ts';
import { isDoomed } from './stop.ts';
import type { Subjects } from './subjects.ts';

/** @throws SemanticaError CONFLICT with the reason why not. */
export type Update = (tx: Tx, row: JobRow, change: JobUpdate) => void;

export function createUpdate(db: Sqlite, subjects: Subjects): Update {
	const write = db.prepare(
		`UPDATE jobs SET title = ?, tag = ?, spec = ?, priority = ?, queue = ?, run_at = ?, wait = ?, run_now = ?,
		 stage = ? WHERE generation = ?`,
	);
	const setStage = db.prepare('UPDATE jobs SET stage = ? WHERE generation = ?');
	const place = db.prepare('UPDATE jobs SET stage = ?, waive_at = ? WHERE generation = ?');

	return (tx, row, change) => {
		refuse(row, change);
		const changed = changedRow(row, change);
		const isPlaced = row.stage !== STAGE.held && isOtherPlace(row, changed);
		write.run(
			changed.title,
			changed.tag,
			changed.spec,
			changed.priority,
			changed.queue,
			changed.run_at,
			changed.wait,
			changed.run_now,
			// It leaves its place, its subject's too, and stands in line again.
			isPlaced ? STAGE.delayed : row.stage,
			row.generation,
		);
		if (changed.queue !== row.queue) {
			tx.moved({ type: row.type, queue: row.queue, from: row.state, to: null });
			tx.moved({ type: row.type, queue: changed.queue, from: null, to: row.state });
		}
		if (isPlaced) placeAgain(tx, row, changed, change.runAt !== undefined);
		tx.changed(row.id);
		tx.wake();
	};

	function placeAgain(tx: Tx, row: JobRow, changed: JobRow, hasNewTime: boolean): void {
		// Claims remember the first of each range: where it was that, another one is.
		if (row.stage === STAGE.ready) {
			const { queue, class: waitClass, workspace, group_name } = row;
			tx.ready({ queue, class: waitClass, workspace, group_name });
		}
		subjects.release(tx, row.type, row.subject);
		// A clock that was set back does not undo that its time had come.
		const isDue = !hasNewTime && row.stage !== STAGE.delayed && row.stage !== STAGE.dependency;
		const runAt = isDue ? Math.min(changed.run_at, tx.now) : changed.run_at;
		const stage = subjects.stageFor(tx, { ...changed, run_at: runAt });
		// Its longest wait goes on where all else was ready before too; stageFor has begun it where it was not.
		if (stage === STAGE.ready && row.stage === STAGE.ready) {
			place.run(stage, row.waive_at, row.generation);
		} else setStage.run(stage, row.generation);
	}
}

function refuse(row: JobRow, { runAt }: JobUpdate): void {
	const state = stateName(row.state);
	if (row.stage === STAGE.ended) throw conflict(`it is already ${state}`);
	if (row.state !== STATE.queued) throw conflict(`it is ${state}: only what waits can be changed`);
	if (row.stage === STAGE.stopping || isDoomed(row)) throw conflict('it is being stopped');
	const { deadlineAt } = storedSpec(row);
	if (runAt !== undefined && deadlineAt !== null && runAt > deadlineAt) {
		throw conflict('its deadline is before that time, so it could never run');
	}
}

const conflict = (why: string): SemanticaError => new SemanticaError('CONFLICT', why);

function changedRow(row: JobRow, change: JobUpdate): JobRow {
	const { title, tag, priority, queue, runAt, timeoutMs } = change;
	return {
		...row,
		title: title ?? row.title,
		tag: tag === undefined ? row.tag : tag,
		priority: priority ?? row.priority,
		queue: queue ?? row.queue,
		// A time that a person asks for is no backoff or debounce, and no start at once either.
		...(runAt === undefined ? {} : { run_at: runAt, wait: null, run_now: 0 }),
		...(timeoutMs === undefined ? {} : { spec: encodeSpec({ ...storedSpec(row), timeoutMs }) }),
	};
}

function isOtherPlace(row: JobRow, changed: JobRow): boolean {
	return (
		row.priority !== changed.priority ||
		row.queue !== changed.queue ||
		row.run_at !== changed.run_at ||
		row.wait !== changed.wait
	);
}
