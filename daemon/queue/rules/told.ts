/** Of which ends a person is told (docs/design.md section 3). */
import {
	isFailure,
	type JobState,
	type Notify,
	type StopReason,
} from '../../../shared/jobTerms.ts';
import { stateName } from '../store/codes.ts';
import type { JobRow } from '../store/rows.ts';
import { storedSpec } from '../store/storedSpec.ts';
import type { ToldEnd, Tx } from '../store/tx.ts';

/** Most specifications say nothing of it, and are not parsed for it. */
const SAID = '"notify":';

/** @param to The state it ends in, as a code. */
export function tellOfEnd(tx: Tx, row: JobRow, to: number, reason: StopReason): void {
	if (!row.spec.includes(SAID)) return;
	const { notify } = storedSpec(row);
	const ended = { id: row.id, notify, state: stateName(to), stopReason: reason };
	const told = toldEnd({ ...ended, createdAt: row.created_at }, tx.now);
	if (told !== undefined) tx.told(told);
}

/** What a person is told of an end; undefined where that was not asked for. */
export function toldEnd(
	{
		id,
		notify,
		state,
		stopReason,
		createdAt,
	}: {
		readonly id: string;
		readonly notify: Notify;
		readonly state: JobState;
		readonly stopReason: StopReason | null;
		readonly createdAt: number;
	},
	now: number,
): ToldEnd | undefined {
	if (!isTold(notify, state, stopReason)) return undefined;
	const failed = isFailure(state);
	return notify === 'long' && !failed
		? { id, failed, sinceAskedMs: now - createdAt }
		: { id, failed };
}

function isTold(notify: Notify, state: JobState, reason: StopReason | null): boolean {
	if (notify === 'never') return false;
	if (notify === 'failed' || isFailure(state)) return isFailure(state);
	// Whoever cancels it knows; and of what took its place that one tells.
	return state !== 'superseded' && reason !== 'cancel';
}
