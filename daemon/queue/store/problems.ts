/** What runs reported: a summary with the job, which every list tells, and all that is kept apart. */
import {
	PROBLEM_LIMITS,
	type Problem,
	type ProblemCounts,
	type ProblemSummary,
} from '../../../shared/problems.ts';
import type { Sqlite } from '../../sqlite/open.ts';
import type { RunProblems } from '../ports/problems.ts';
import { type JobRow, parseJson } from './rows.ts';

export interface ProblemTable {
	/** Of the run that has just ended; they take the place of what was there. */
	set(row: Pick<JobRow, 'generation' | 'problems'>, problems: RunProblems | null): void;
	of(row: Pick<JobRow, 'generation' | 'problems'>): { counts: ProblemCounts; problems: Problem[] };
}

const NONE: ProblemCounts = { errors: 0, warnings: 0, infos: 0 };

export function createProblemTable(db: Sqlite): ProblemTable {
	const summarise = db.prepare<[string | null, number]>(
		'UPDATE jobs SET problems = ? WHERE generation = ?',
	);
	const keep = db.prepare<[number, string]>(
		'INSERT OR REPLACE INTO job_problems (job, items) VALUES (?, ?)',
	);
	const drop = db.prepare<[number]>('DELETE FROM job_problems WHERE job = ?');
	const find = db.prepare<[number], { items: string }>(
		'SELECT items FROM job_problems WHERE job = ?',
	);
	return {
		set({ generation, problems: before }, problems) {
			if (problems !== null) {
				summarise.run(JSON.stringify(summaryOf(problems)), generation);
				keep.run(generation, JSON.stringify(problems.problems));
			} else if (before !== null) {
				summarise.run(null, generation);
				drop.run(generation);
			}
		},
		of({ generation, problems }) {
			const summary = parseJson<ProblemSummary>(problems);
			if (summary === null) return { counts: NONE, problems: [] };
			const { first: _, ...counts } = summary;
			return { counts, problems: parseJson<Problem[]>(find.get(generation)?.items ?? null) ?? [] };
		},
	};
}

function summaryOf({ counts, problems }: RunProblems): ProblemSummary {
	const first = problems
		.slice(0, PROBLEM_LIMITS.first)
		.map((one) => ({ ...one, message: one.message.slice(0, PROBLEM_LIMITS.firstMessage) }));
	return { ...counts, first };
}
