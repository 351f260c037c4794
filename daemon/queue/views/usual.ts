/** What a job usually takes: how long the same command took before, in the same folder. */
import type { Sqlite } from '../../sqlite/open.ts';
import { STATE } from '../store/codes.ts';
import type { JobRow } from '../store/rows.ts';
import { createStatementCache } from '../store/statementCache.ts';
import { storedSpec } from '../store/storedSpec.ts';

/** So many of the last successes are looked at, whatever they did. */
const LOOKED_AT = 1000;
/** The median of so many of the same. */
const COMPARED = 9;

interface Before {
	readonly spec: string;
	readonly ms: number;
}

// Retries and what stood in between are not the time that it takes.
const BEFORE = `SELECT spec, finished_at - started_at AS ms FROM (
		SELECT * FROM jobs INDEXED BY jobs_state
		WHERE state = +? AND generation < +? ORDER BY generation DESC LIMIT ?
	) WHERE type = +? AND title = +? AND workspace = +? AND run = 1 AND unchanged_since IS NULL AND finished_at >= started_at`;

/** Nothing where it has not succeeded before, as far as jobs are kept. */
export type UsualTime = (row: JobRow) => { readonly usualMs?: number };

export function createUsualTime(db: Sqlite): UsualTime {
	const prepared = createStatementCache(db);

	return (row) => {
		const { type, title, workspace, generation } = row;
		const what = workOf(row);
		const times: number[] = [];
		const same = [STATE.succeeded, generation, LOOKED_AT, type, title, workspace] as const;
		for (const { spec, ms } of prepared<(string | number)[], Before>(BEFORE).iterate(...same)) {
			if (workOf({ spec }) === what) times.push(ms);
			if (times.length === COMPARED) break;
		}
		const usualMs = median(times);
		return usualMs === undefined ? {} : { usualMs };
	};
}

/** What it does, by itself and not by its surroundings. */
function workOf(row: { readonly spec: string }): string {
	const { command } = storedSpec(row);
	return JSON.stringify(command && [command.command, command.args, command.cwd, command.shell]);
}

function median(times: readonly number[]): number | undefined {
	const sorted = [...times].sort((a, b) => a - b);
	const middle = Math.floor(sorted.length / 2);
	const upper = sorted[middle];
	if (upper === undefined) return undefined;
	const lower = sorted.length % 2 === 1 ? upper : (sorted[middle - 1] ?? upper);
	return Math.round((lower + upper) / 2);
}
