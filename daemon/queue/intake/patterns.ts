/** Patterns by which jobs say that they are ready, and errors are found in what they print, checked where that may take its time. */
import { SemanticaError } from '../../../shared/errors.ts';
import type { JobSpec } from '../../../shared/job.ts';
import type { Matcher } from '../../../shared/problems.ts';

/** Rejects with VALIDATION where it cannot be understood, or would cost too much. */
export type CheckPattern = (pattern: string) => Promise<void>;

/**
 * Undefined where there is none: most jobs need not wait for it.
 * @param pathOf of the specification at that place, as in `jobs[3]`
 * @throws SemanticaError VALIDATION, with `data.path` as in `jobs[3].ready.pattern`, `jobs[3].errors[0].pattern.regexp`
 */
export function checkPatterns(
	specs: readonly JobSpec[],
	check: CheckPattern,
	pathOf: (index: number) => string,
): Promise<void> | undefined {
	/** Where each stands first. */
	const firstWith = new Map<string, string>();
	for (const [index, { ready, errors }] of specs.entries()) {
		const all = ready?.pattern === undefined ? [] : [[ready.pattern, 'ready.pattern'] as const];
		for (const [pattern, path] of [...all, ...patternsOf(errors ?? [])]) {
			if (!firstWith.has(pattern)) firstWith.set(pattern, `${pathOf(index)}.${path}`);
		}
	}
	return firstWith.size === 0 ? undefined : checkAll(firstWith);

	async function checkAll(patterns: ReadonlyMap<string, string>): Promise<void> {
		for (const [pattern, path] of patterns) {
			try {
				await check(pattern);
			} catch (error) {
				if (!(error instanceof SemanticaError) || error.data.path === undefined) throw error;
				throw new SemanticaError(error.kind, error.message, { ...error.data, path });
			}
		}
	}
}

function* patternsOf(matchers: readonly Matcher[]): Iterable<readonly [string, string]> {
	for (const [n, matcher] of matchers.entries()) {
		if (typeof matcher === 'string' || matcher.pattern === undefined) continue;
		const { pattern } = matcher;
		if (typeof pattern === 'string') continue;
		if (!Array.isArray(pattern)) yield [pattern.regexp, `errors[${n}].pattern.regexp`];
		else {
			for (const [line, { regexp }] of pattern.entries()) {
				yield [regexp, `errors[${n}].pattern[${line}].regexp`];
			}
		}
	}
}
