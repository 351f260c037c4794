/** What a run reported, as the processes room tells it. */
import type { Problem, ProblemCounts } from '../../../shared/problems.ts';

export interface RunProblems {
	/** Of all that were seen. */
	readonly counts: ProblemCounts;
	/** As many as are kept, errors first. */
	readonly problems: readonly Problem[];
}
