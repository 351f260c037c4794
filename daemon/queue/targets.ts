/** Changing many jobs (cancel, retry …): by ids, by filter or all, in chunks so that nobody waits for it. */
import { SemanticaError } from '../../shared/errors.ts';
import type { JobState } from '../../shared/jobTerms.ts';
import type { JobFilter, ManyResult, Targets } from '../../shared/protocol/jobs.ts';
import type { Params } from '../../shared/protocol/requests.ts';
import type { JobRow } from './store/rows.ts';
import { type JobTable, noSuchJob } from './store/statements.ts';
import type { Tx } from './store/tx.ts';
import type { Writer } from './store/writer.ts';
import type { Lists, Matching } from './views/list.ts';

const CHUNK = 200;
const MAX_SKIPPED = 100;

export interface ManyChange {
	readonly targets: Targets;
	/** What a filter or `all` means when it does not say otherwise: the others need no change. */
	readonly meant: Meant;
	/** Does to the job what is coming for it already. */
	readonly settle: (tx: Tx, row: JobRow) => JobRow;
	/** @throws SemanticaError CONFLICT before it changes anything, with the reason for skipping this job. */
	readonly change: (tx: Tx, row: JobRow) => void;
	/** It ends work, so it must be possible on a full disk too. */
	readonly ends?: boolean;
}

export interface Meant {
	readonly states: readonly JobState[];
	/** Only those that a person paused, or only those that nobody did. */
	readonly held?: boolean;
}

/** Changed in one go: what the same client asks next comes after it by itself. */
export function isOneGo(targets: Targets | Params<'job/update'>): boolean {
	return 'ids' in targets && targets.ids.length <= CHUNK;
}

export async function changeMany(
	writer: Writer,
	table: JobTable,
	lists: Lists,
	{ targets, meant, settle, change, ends = false }: ManyChange,
): Promise<ManyResult> {
	const submit: Writer['submit'] = (operation, rows) =>
		ends ? writer.submitEnd(operation, rows) : writer.submit(operation, rows);
	const result = { count: 0, skipped: [] as ManyResult['skipped'], skippedCount: 0 };

	/** @returns why it was left as it is; undefined when it was changed */
	function tryChange(tx: Tx, id: string): string | undefined {
		const found = table.byId(id);
		if (found === undefined) return noSuchJob(id).message;
		const row = settle(tx, found);
		try {
			change(tx, row);
			return undefined;
		} catch (error) {
			if (error instanceof SemanticaError && error.kind === 'CONFLICT') return error.message;
			throw error;
		}
	}

	// What it refuses has changed since it was chosen when it went along with its parent.
	function tryChosen(tx: Tx, { id, state, held }: Matching): string | undefined {
		const reason = tryChange(tx, id);
		if (reason === undefined) return undefined;
		const now = table.byId(id);
		return now?.state === state && now.held === held ? reason : undefined;
	}

	function report(outcomes: readonly Outcome[]): void {
		for (const { id, reason } of outcomes) {
			if (reason === undefined) result.count++;
			else {
				result.skippedCount++;
				if (result.skipped.length < MAX_SKIPPED) result.skipped.push({ id, reason });
			}
		}
	}

	if ('ids' in targets) {
		// One after the other, so that others come in between.
		for (let at = 0; at < targets.ids.length; at += CHUNK) {
			const ids = targets.ids.slice(at, at + CHUNK);
			const tried = (tx: Tx) => ids.map((id) => ({ id, reason: tryChange(tx, id) }));
			report(await submit(tried, ids.length));
		}
		return result;
	}
	const asked: JobFilter = 'filter' in targets ? targets.filter : {};
	const filter: JobFilter = { ...asked, state: asked.state ?? [...meant.states] };
	let after = 0;
	let upTo: number | undefined;
	for (;;) {
		// Chosen in the same breath: what was asked before and is not committed yet counts too.
		const { batch, outcomes } = await submit((tx) => {
			// Whoever comes later, a successor that failed again most of all, is not meant.
			upTo ??= lists.newest();
			const batch = lists.matching(filter, CHUNK, { after, upTo, held: meant.held });
			const outcomes = batch.map((job) => ({ id: job.id, reason: tryChosen(tx, job) }));
			return { batch, outcomes };
		}, CHUNK);
		report(outcomes);
		const last = batch.at(-1);
		if (last === undefined) return result;
		after = last.generation;
	}
}

/** Undefined reason: it was done. */
interface Outcome {
	readonly id: string;
	readonly reason: string | undefined;
}
