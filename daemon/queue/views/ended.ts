/** Jobs that ended and are kept, for whoever counts them: newest end first, in pages. */
import type { Sqlite } from '../../sqlite/open.ts';

export interface EndedJob {
	readonly at: number;
	readonly generation: number;
	readonly queue: string;
	readonly type: string;
	readonly title: string;
	/** Code of its state. */
	readonly state: number;
	/** 1: it has a key, and stays longer than others. */
	readonly keyed: number;
	/** From when its last run was due to its start; null where it was never started. */
	readonly waitedMs: number | null;
	readonly ranMs: number | null;
}

export interface EndedJobs {
	/** Those that ended before `before` in this order, and not before `from`. */
	page(before: Pick<EndedJob, 'at' | 'generation'>, from: number, limit: number): EndedJob[];
	/** Undefined where it is not kept any more. */
	idOf(generation: number): string | undefined;
}

export function createEndedJobs(db: Sqlite): EndedJobs {
	const page = db.prepare<[number, number, number, number], EndedJob>(
		`SELECT finished_at AS at, generation, queue, type, title, state, key IS NOT NULL AS keyed,
		 max(0, runs.started_at - max(created_at, run_at)) AS waitedMs, runs.ended_at - runs.started_at AS ranMs
		 FROM jobs INDEXED BY jobs_finished LEFT JOIN runs ON runs.job = generation AND runs.run = jobs.run
		 WHERE finished_at IS NOT NULL AND (finished_at, generation) < (?, ?) AND finished_at >= ?
		 ORDER BY finished_at DESC, generation DESC LIMIT +?`,
	);
	const idOf = db.prepare<[number], string>('SELECT id FROM jobs WHERE generation = +?').pluck();
	return {
		page: ({ at, generation }, from, limit) => page.all(at, generation, from, limit),
		idOf: (generation) => idOf.get(generation),
	};
}
