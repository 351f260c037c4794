/** Terms and words of the errors of jobs; apart from their schemas, which load a library. */
import type { ProblemCounts } from './problems.ts';

/** Matchers that are there already, by the names that VS Code has for them; `$pytest` it has not. */
export const BUILT_IN_MATCHERS = [
	'$tsc',
	'$eslint-stylish',
	'$eslint-compact',
	'$gcc',
	'$go',
	'$msCompile',
	'$pytest',
] as const;
export type BuiltInMatcher = (typeof BUILT_IN_MATCHERS)[number];

/** `3 errors, 1 warning`; empty where there is nothing. */
export function problemCountsText({ errors, warnings, infos }: ProblemCounts): string {
	const parts: [number, string][] = [
		[errors, 'error'],
		[warnings, 'warning'],
		[infos, 'note'],
	];
	return parts
		.filter(([n]) => n > 0)
		.map(([n, word]) => `${n} ${word}${n === 1 ? '' : 's'}`)
		.join(', ');
}
