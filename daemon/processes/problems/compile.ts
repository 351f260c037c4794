/** Matchers made ready to look at lines: built-in ones as they are, others by patterns in linear time. */
import { isAbsolute, resolve } from 'node:path';
import type { CustomMatcher, Matcher, MatcherPattern, Severity } from '../../../shared/problems.ts';
import type { Patterns } from '../readiness/patterns.ts';
import { BUILT_IN, type BuiltInPattern } from './builtIn.ts';

/** The groups of a line that matches, that of the whole first. */
export type Groups = readonly (string | undefined)[];

export interface LineMatcher extends Omit<MatcherPattern, 'regexp'> {
	readonly repeat?: true;
	match(line: string): Groups | undefined;
}

export interface CompiledMatcher {
	readonly sequences: readonly (readonly LineMatcher[])[];
	readonly severity: Severity;
	readonly source: string | undefined;
	/** To which names of files are relative. */
	readonly folder: string;
	readonly foldersOfMake: boolean;
}

/** @param cwd of the run; @param workspace for ${workspaceFolder} */
export function compileMatcher(
	matcher: Matcher,
	patterns: Pick<Patterns, 'groups'>,
	cwd: string,
	workspace: string,
): CompiledMatcher {
	if (typeof matcher === 'string') return builtIn(matcher, cwd);
	const base = matcher.base === undefined ? undefined : builtIn(matcher.base, cwd);
	const { severity, source, pattern } = matcher;
	const sequences =
		pattern === undefined
			? (base?.sequences ?? [])
			: typeof pattern === 'string'
				? builtIn(pattern, cwd).sequences
				: [sequenceOf(pattern, patterns)];
	return {
		sequences,
		severity: severity ?? base?.severity ?? 'error',
		source: source ?? matcher.owner ?? base?.source,
		folder: folderOf(matcher, cwd, workspace),
		foldersOfMake: base?.foldersOfMake ?? false,
	};
}

function builtIn(name: keyof typeof BUILT_IN, cwd: string): CompiledMatcher {
	const { source, severity = 'error', sequences, foldersOfMake = false } = BUILT_IN[name];
	const compiled = sequences.map((lines) => lines.map(native));
	return { sequences: compiled, severity, source, folder: cwd, foldersOfMake };
}

function native({ regexp, ...fields }: BuiltInPattern): LineMatcher {
	return { ...fields, match: (line) => regexp.exec(line) ?? undefined };
}

function sequenceOf(
	pattern: MatcherPattern | readonly MatcherPattern[],
	patterns: Pick<Patterns, 'groups'>,
): LineMatcher[] {
	const lines = Array.isArray(pattern)
		? (pattern as readonly MatcherPattern[])
		: [pattern as MatcherPattern];
	return lines.map(({ regexp, ...fields }) => ({
		...(lines.length === 1 ? withDefaults(fields) : fields),
		match: (line: string) => patterns.groups(regexp, line),
	}));
}

/** A pattern that stands alone need not say what is usual. */
function withDefaults(fields: Omit<MatcherPattern, 'regexp'>): Omit<MatcherPattern, 'regexp'> {
	const line =
		fields.kind === 'file' || fields.location !== undefined || fields.line !== undefined
			? {}
			: { line: 2, column: 3 };
	return { file: 1, message: 0, ...line, ...fields };
}

function folderOf({ fileLocation }: CustomMatcher, cwd: string, workspace: string): string {
	const folder = Array.isArray(fileLocation) ? fileLocation[1] : undefined;
	if (folder === undefined) return cwd;
	const named = folder.replace(/\$\{(workspaceFolder|workspaceRoot|cwd)\}/g, (_, name: string) =>
		name === 'cwd' ? cwd : workspace,
	);
	return isAbsolute(named) ? named : resolve(cwd, named);
}
