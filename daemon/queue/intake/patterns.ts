/** Patterns by which jobs say that they are ready, checked where that may take its time. */
import { SemanticaError } from '../../../shared/errors.ts';
import type { JobSpec } from '../../../shared/job.ts';

/** Rejects with VALIDATION where it cannot be understood, or would cost too much. */
export type CheckPattern = (pattern: string) => Promise<void>;

/**
 * Undefined where there is none: most jobs need not wait for it.
 * @param pathOf of the specification at that place, as in `jobs[3]`
 * @throws SemanticaError VALIDATION, with `data.path` as in `jobs[3].ready.pattern`
 */
export function checkPatterns(
	specs: readonly JobSpec[],
	check: CheckPattern,
	pathOf: (index: number) => string,
): Promise<void> | undefined {
	const firstWith = new Map<string, number>();
	for (const [index, { ready }] of specs.entries()) {
		const pattern = ready?.pattern;
		if (pattern !== undefined && !firstWith.has(pattern)) firstWith.set(pattern, index);
	}
	return firstWith.size === 0 ? undefined : checkAll(firstWith);

	async function checkAll(patterns: ReadonlyMap<string, number>): Promise<void> {
		for (const [pattern, index] of patterns) {
			try {
				await check(pattern);
			} catch (error) {
				if (!(error instanceof SemanticaError) || error.data.path === undefined) throw error;
				const path = `${pathOf(index)}.ready.pattern`;
				throw new SemanticaError(error.kind, error.message, { ...error.data, path });
			}
		}
	}
}
