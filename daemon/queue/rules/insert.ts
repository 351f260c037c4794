/** The row of a new job, whoever asks for it: a client, a retry, a schedule or a hook. */
import type { Sqlite } from '../../sqlite/open.ts';
import { STAGE, STATE } from '../store/codes.ts';
import type { DependencyTable, NewDependency } from '../store/dependencies.ts';
import type { Tx } from '../store/tx.ts';
import { NOT_WAITING, placeOf } from '../store/waiting.ts';
import { openAmong } from './conditionsOf.ts';
import type { Subjects } from './subjects.ts';

/** What an inserted row is made of, beyond what the transaction decides. */
export interface NewRow {
	readonly type: string;
	readonly title: string;
	readonly queue: string;
	readonly workspace: string;
	readonly subject: string | null;
	readonly key: string | null;
	readonly specHash: string | null;
	readonly tag: string | null;
	/** '' is none. */
	readonly group: string;
	readonly groupLimit: number | null;
	readonly parent: number | null;
	readonly depth: number;
	readonly priority: number;
	readonly spec: string;
	readonly firstTrigger: number;
	readonly runAt: number;
	/** Ms until runAt, where that is a wait and not a time that was asked for. */
	readonly wait: number | null;
	readonly expiresAt: number | null;
	readonly payloadBytes: number;
	readonly retryOf: string | null;
	readonly waitClass: number;
	readonly onLost: number;
	readonly maxWait: number | null;
	/** The event it still waits for. */
	readonly event: string | null;
	readonly after: readonly NewDependency[];
	/** A part of what is paused is paused from the start. */
	readonly held: boolean;
	/** It is held until a person approves it. */
	readonly needsApproval: boolean;
	/** Who asked: of a successor, whoever asked for the first one. */
	readonly origin: string;
}

export interface Inserter {
	insert(tx: Tx, row: NewRow): { id: string; generation: number };
}

/** What every row says, in the order in which it is given. */
const USUAL = `id, type, title, queue, workspace, tag, priority, spec, stage, created_at, first_trigger, run_at,
	payload_bytes, own_class, class, on_lost, origin`;
/** What most rows leave as the table has it: a value costs its binding, also where it is null. */
const SELDOM = `subject, key, spec_hash, parent, depth, expires_at, retry_of, max_wait, waive_at, event, wait, held,
	approval, group_name, group_limit, after_count, after_open`;

type Value = string | number | null;

export function createInserter(
	db: Sqlite,
	subjects: Subjects,
	conditions: DependencyTable,
	newId: () => string,
): Inserter {
	const insert = (columns: string) => {
		const places = columns.replaceAll(/\w+/g, '?');
		return db.prepare<Value[]>(
			`INSERT INTO jobs (state, ${columns}) VALUES (${STATE.queued}, ${places})`,
		);
	};
	const insertUsual = insert(USUAL);
	const insertAll = insert(`${USUAL}, ${SELDOM}`);

	function stageOf(tx: Tx, row: NewRow, open: number): number {
		if (row.held || row.needsApproval) return STAGE.held;
		const { type, subject, priority, queue, workspace, event, wait } = row;
		return subjects.stageFor(tx, {
			type,
			subject,
			priority,
			queue,
			workspace,
			event,
			wait,
			group_name: row.group,
			class: row.waitClass,
			max_wait: row.maxWait,
			run_at: row.runAt,
			after_open: open,
		});
	}

	return {
		insert(tx, row) {
			const id = newId();
			const open = openAmong(row.after);
			const stage = stageOf(tx, row, open);
			const usual = usualValues(tx, id, stage, row);
			const waits = { class: row.waitClass, max_wait: row.maxWait };
			const waiveAt = stage === STAGE.ready ? subjects.waiveTime(tx, waits) : null;
			const { lastInsertRowid } = isUsual(row)
				? insertUsual.run(...usual)
				: insertAll.run(...usual, ...seldomValues(open, row, waiveAt));
			const generation = Number(lastInsertRowid);
			if (row.after.length > 0) conditions.add(generation, row.after);
			if (row.expiresAt !== null) tx.wake();
			// Where no other job of its group asked for any, one was the limit.
			if (row.groupLimit !== null) tx.placeFreed(row.group);
			tx.moved({ queue: row.queue, type: row.type, from: null, to: STATE.queued });
			const { queue, group } = row;
			tx.waits({ queue, group, from: NOT_WAITING, to: placeOf(stage, row.waitClass) });
			tx.changed(id);
			return { id, generation };
		},
	};
}

function isUsual(row: NewRow): boolean {
	return (
		row.subject === null &&
		row.key === null &&
		row.parent === null &&
		row.expiresAt === null &&
		row.retryOf === null &&
		row.maxWait === null &&
		row.event === null &&
		row.wait === null &&
		!row.held &&
		!row.needsApproval &&
		row.group === '' &&
		row.groupLimit === null &&
		row.after.length === 0
	);
}

function usualValues(tx: Tx, id: string, stage: number, row: NewRow): Value[] {
	return [
		id,
		row.type,
		row.title,
		row.queue,
		row.workspace,
		row.tag,
		row.priority,
		row.spec,
		stage,
		tx.now,
		row.firstTrigger,
		row.runAt,
		row.payloadBytes,
		row.waitClass,
		row.waitClass,
		row.onLost,
		row.origin,
	];
}

function seldomValues(open: number, row: NewRow, waiveAt: number | null): Value[] {
	return [
		row.subject,
		row.key,
		row.specHash,
		row.parent,
		row.depth,
		row.expiresAt,
		row.retryOf,
		row.maxWait,
		waiveAt,
		row.event,
		row.wait,
		row.held || row.needsApproval ? 1 : 0,
		row.needsApproval ? 1 : 0,
		row.group,
		row.groupLimit,
		row.after.length,
		open,
	];
}
