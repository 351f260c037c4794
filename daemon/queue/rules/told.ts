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
import type { Tx } from '../store/tx.ts';

/** Most specifications say nothing of it, and are not parsed for it. */
const SAID = '"notify":';

/** @param to The state it ends in, as a code. */
export function tellOfEnd(tx: Tx, row: JobRow, to: number, reason: StopReason): void {
	if (!row.spec.includes(SAID)) return;
	const { notify } = storedSpec(row);
	const state = stateName(to);
	if (!isTold(notify, state, reason)) return;
	const failed = isFailure(state);
	const end = { id: row.id, failed };
	tx.told(notify === 'long' && !failed ? { ...end, sinceAskedMs: tx.now - row.created_at } : end);
}

function isTold(notify: Notify, state: JobState, reason: StopReason): boolean {
	if (notify === 'never') return false;
	if (notify === 'failed' || isFailure(state)) return isFailure(state);
	// Whoever cancels it knows; and of what took its place that one tells.
	return state !== 'superseded' && reason !== 'cancel';
}
