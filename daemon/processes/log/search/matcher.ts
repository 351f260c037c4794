/** Whether a line is meant. RE2's syntax and linear time: a pattern that would never end elsewhere costs what others do. */
import { compilePattern } from '../../../regex/compile.ts';

export interface MatcherOptions {
	readonly pattern: string;
	readonly kind: 'text' | 'regex';
	readonly caseSensitive: boolean;
}

export interface Matcher {
	test(line: string): boolean;
	/** Where the first match begins, UTF-16 units; only for lines that match. */
	indexIn(line: string): number;
}

/** @throws SemanticaError VALIDATION with `path` `pattern`. */
export function createMatcher({ pattern, kind, caseSensitive }: MatcherOptions): Matcher {
	if (kind === 'text') {
		if (caseSensitive) {
			return { test: (line) => line.includes(pattern), indexIn: (line) => line.indexOf(pattern) };
		}
		const wanted = pattern.toLowerCase();
		return {
			test: (line) => line.toLowerCase().includes(wanted),
			indexIn: (line) => Math.max(0, line.toLowerCase().indexOf(wanted)),
		};
	}
	const compiled = compilePattern(pattern, caseSensitive);
	return {
		test: (line) => compiled.test(line),
		indexIn(line) {
			const matcher = compiled.matcher(line);
			return matcher.find() ? matcher.start() : 0;
		},
	};
}
