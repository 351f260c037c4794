/** Changing many jobs (cancel, retry …): by ids, by filter or all, in chunks so that nobody waits for it. */
import { SemanticaError } from '../../shared/errors.ts';
import type { JobState } from '../../shared/job.ts';
import type { JobFilter, ManyResult, Targets } from '../../shared/protocol/jobs.ts';
import type { Lists } from './list.ts';
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

export async function changeMany(
	writer: Writer,
	table: JobTable,
	lists: Lists,
	{ targets, states, change }: ManyChange,
): Promise<ManyResult> {
	const result = { count: 0, skipped: [] as ManyResult['skipped'], skippedCount: 0 };

	async function chunk(ids: readonly string[], named: boolean): Promise<void> {
		const done = await writer.submit((tx) => ids.map((id) => tryChange(tx, id)), ids.length);
		for (const [index, reason] of done.entries()) {
			// Chosen by filter and changed since: most often as the child of one that was chosen before it.
			if (reason === undefined || !named) result.count++;
			else {
				result.skippedCount++;
				const id = ids[index];
				if (id !== undefined && result.skipped.length < MAX_SKIPPED) {
					result.skipped.push({ id, reason });
				}
			}
		}
	}

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
		for (let at = 0; at < targets.ids.length; at += CHUNK) {
			await chunk(targets.ids.slice(at, at + CHUNK), true);
		}
		return result;
	}
	const filter: JobFilter = 'filter' in targets ? targets.filter : {};
	const bounded: JobFilter = { ...filter, state: filter.state ?? [...states] };
	let after = 0;
	for (;;) {
		const batch = lists.matching(bounded, after, CHUNK);
		const last = batch.at(-1);
		if (last === undefined) return result;
		after = last.generation;
		await chunk(
			batch.map((job) => job.id),
			false,
		);
	}
}
