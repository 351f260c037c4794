/** Patterns that say that a run is ready, on the thread that matches them. */
import { SemanticaError } from '../../../shared/errors.ts';
import { withoutTerminalCodes } from '../../../shared/terminalCodes.ts';
import { compilePattern } from '../../regex/compile.ts';

/** Steps of the compiled pattern: what a line costs grows with them, to some 50 ms for the longest. */
const MOST_STEPS = 1000;
/** Compiled ones that are kept. */
const KEPT = 100;

export interface Patterns {
	/** @throws SemanticaError VALIDATION with `path` `pattern`. */
	check(pattern: string): void;
	matches(pattern: string, lines: readonly string[]): boolean;
	/** Of the first match in the line: the whole of it, then its groups. */
	groups(pattern: string, line: string): (string | undefined)[] | undefined;
}

type Compiled = ReturnType<typeof compilePattern>;

export function createPatterns(): Patterns {
	const kept = new Map<string, Compiled>();

	function compiled(pattern: string): Compiled {
		const known = kept.get(pattern);
		if (known !== undefined) return known;
		const made = compilePattern(inRe2(pattern), true);
		if (made.programSize() > MOST_STEPS) {
			throw new SemanticaError(
				'VALIDATION',
				'The pattern is refused: every line would take too long. Repeat less in it.',
				{ path: 'pattern' },
			);
		}
		const [oldest] = kept.keys();
		if (kept.size >= KEPT && oldest !== undefined) kept.delete(oldest);
		kept.set(pattern, made);
		return made;
	}

	return {
		check: (pattern) => void compiled(pattern),
		matches(pattern, lines) {
			const wanted = compiled(pattern);
			return lines.some((line) => wanted.test(withoutTerminalCodes(line)));
		},
		groups(pattern, line) {
			const matcher = compiled(pattern).matcher(line);
			if (!matcher.find()) return undefined;
			return Array.from(
				{ length: matcher.groupCount() + 1 },
				(_, n) => matcher.group(n) ?? undefined,
			);
		},
	};
}

/** JavaScript writes a character by its number otherwise than RE2 does. */
function inRe2(pattern: string): string {
	return pattern.replace(/\\(?:u([0-9A-Fa-f]{4})|.)/gs, (all, number: string | undefined) =>
		number === undefined ? all : `\\x{${number}}`,
	);
}
