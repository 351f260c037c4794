/** Whether a line is meant. RE2's syntax and linear time: a pattern that would never end elsewhere costs what others do. */
import { RE2JS, RE2JSSyntaxException } from 're2js';
import { SemanticaError } from '../../../../shared/errors.ts';

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

/** @throws SemanticaError VALIDATION with `path` `pattern`. */
export function compilePattern(pattern: string, caseSensitive: boolean): RE2JS {
	try {
		return RE2JS.compile(pattern, caseSensitive ? 0 : RE2JS.CASE_INSENSITIVE);
	} catch (error) {
		if (!(error instanceof RE2JSSyntaxException)) throw error;
		throw new SemanticaError('VALIDATION', whyNot(pattern, error.message), { path: 'pattern' });
	}
}

/** The library's word, with where it is; what RE2 leaves out on purpose is named. */
function whyNot(pattern: string, message: string): string {
	const [, what = 'it cannot be understood', piece] =
		/^error parsing regexp: (.*?)(?:: `(.*)`)?$/s.exec(message) ?? [];
	const at = piece === undefined ? -1 : pattern.indexOf(piece);
	const where = at < 0 ? '' : ` at character ${at + 1} ("${piece}")`;
	const left = /^\(\?(?:=|!|<=|<!)|^\\[1-9k]/.test(piece ?? '')
		? ' Lookaround and backreferences are not supported, so that no pattern can take for ever.'
		: '';
	return `The pattern is refused${where}: ${what}.${left}`;
}
