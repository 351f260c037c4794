/** Changing many jobs (cancel, retry …): by ids, by filter or all, in chunks so that nobody waits for it. */
import { SemanticaError } from '../../shared/errors.ts';
import type { JobState } from '../../shared/job.ts';
import type { JobFilter, ManyResult, Targets } from '../../shared/protocol/jobs.ts';
import type { Lists, Matching } from './list.ts';
import type { JobRow } from './rows.ts';
import { type JobTable, noSuchJob } from './statements.ts';
import type { Tx } from './tx.ts';
import type { Writer } from './writer.ts';

const CHUNK = 200;
const MAX_SKIPPED = 100;

export interface ManyChange {
	readonly targets: Targets;
	/** States that a filter or `all` means when it does not name any. */
	readonly states: readonly JobState[];
	/** @throws SemanticaError CONFLICT before it changes anything, with the reason for skipping this job. */
	readonly change: (tx: Tx, row: JobRow) => void;
}

/** Undefined reason: it was done. */
interface Outcome {
	readonly id: string;
	readonly reason: string | undefined;
}

export async function changeMany(
	writer: Writer,
	table: JobTable,
	lists: Lists,
	{ targets, states, change }: ManyChange,
): Promise<ManyResult> {
	const result = { count: 0, skipped: [] as ManyResult['skipped'], skippedCount: 0 };

	function tryChange(tx: Tx, id: string): string | undefined {
		const row = table.byId(id);
		if (row === undefined) return noSuchJob(id).message;
		try {
			change(tx, row);
			return undefined;
		} catch (error) {
			if (error instanceof SemanticaError && error.kind === 'CONFLICT') return error.message;
			throw error;
		}
	}

	if ('ids' in targets) {
		const chunks: Promise<Outcome[]>[] = [];
		// All at once: what the same client asks next is to come after the last of them.
		for (let at = 0; at < targets.ids.length; at += CHUNK) {
			const ids = targets.ids.slice(at, at + CHUNK);
			const tried = (tx: Tx) => ids.map((id) => ({ id, reason: tryChange(tx, id) }));
			chunks.push(writer.submit(tried, ids.length));
		}
		for (const { id, reason } of (await Promise.all(chunks)).flat()) {
			if (reason === undefined) result.count++;
			else {
				result.skippedCount++;
				if (result.skipped.length < MAX_SKIPPED) result.skipped.push({ id, reason });
			}
		}
		return result;
	}
	const filter: JobFilter = 'filter' in targets ? targets.filter : {};
	const bounded: JobFilter = { ...filter, state: filter.state ?? [...states] };
	let after: number | undefined = 0;
	let upTo: number | undefined;
	while (after !== undefined) {
		const from: number = after;
		// Chosen in the same breath: what was asked before and is not committed yet counts too.
		const last: Matching | undefined = await writer.submit((tx) => {
			// Whoever comes later, a successor that failed again most of all, is not meant.
			upTo ??= lists.newest();
			const batch = lists.matching(bounded, CHUNK, { after: from, upTo });
			for (const { id } of batch) tryChange(tx, id);
			result.count += batch.length;
			return batch.at(-1);
		}, CHUNK);
		after = last?.generation;
	}
	return result;
}
