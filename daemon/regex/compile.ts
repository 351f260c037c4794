/** Patterns in RE2's syntax, in linear time: one that would never end elsewhere costs what others do. */
import { RE2JS, RE2JSSyntaxException } from 're2js';
import { SemanticaError } from '../../shared/errors.ts';

/** @param path Where in the request it stands. @throws SemanticaError VALIDATION with `path`. */
export function compilePattern(pattern: string, caseSensitive: boolean, path = 'pattern'): RE2JS {
	try {
		return RE2JS.compile(pattern, caseSensitive ? 0 : RE2JS.CASE_INSENSITIVE);
	} catch (error) {
		if (!(error instanceof RE2JSSyntaxException)) throw error;
		throw new SemanticaError('VALIDATION', whyNot(pattern, error.message), { path });
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
