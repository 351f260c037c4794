/** The problems of one run, as many as are kept; all are counted. */

import {
	PROBLEM_LIMITS,
	type Problem,
	type ProblemCounts,
	problemSchema,
} from '../../../shared/problems.ts';
import type { RunProblems } from '../../queue/ports/problems.ts';

export interface Collected {
	add(problem: Problem): void;
	/** Undefined where there is none. */
	all(): RunProblems | undefined;
}

/** @param kept Hears of each that is kept, as JSON text. */
export function collectProblems(kept: (json: string) => void = () => {}): Collected {
	const errors: Problem[] = [];
	const others: Problem[] = [];
	const seen = new Set<string>();
	const counts: { -readonly [Name in keyof ProblemCounts]: number } = {
		errors: 0,
		warnings: 0,
		infos: 0,
	};
	let bytes = 0;

	function keep(problem: Problem, json: string): void {
		const size = Buffer.byteLength(json);
		const isError = problem.severity === 'error';
		const full = isError
			? errors.length + others.length >= PROBLEM_LIMITS.kept
			: others.length >= PROBLEM_LIMITS.kept / 2;
		if (full || bytes + size > PROBLEM_LIMITS.keptBytes) return;
		bytes += size;
		seen.add(json);
		(isError ? errors : others).push(problem);
		kept(json);
	}

	return {
		add(problem) {
			const json = JSON.stringify(problem);
			// A header that is compiled ten times warns ten times.
			if (seen.has(json)) return;
			counts[`${problem.severity}s`]++;
			keep(problem, json);
		},
		all() {
			if (counts.errors + counts.warnings + counts.infos === 0) return undefined;
			return { counts: { ...counts }, problems: [...errors, ...others] };
		},
	};
}

/** Those that a run had reported when its daemon died: lines as `kept` told them, the last of which may be cut off. */
export function problemsIn(lines: string): RunProblems | undefined {
	const collected = collectProblems();
	for (const line of lines.split('\n')) {
		try {
			const problem = problemSchema.safeParse(JSON.parse(line));
			if (problem.success) collected.add(problem.data);
		} catch {
			// The last one.
		}
	}
	return collected.all();
}
