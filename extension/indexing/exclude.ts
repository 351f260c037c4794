/** The editor's exclude globs as the gitignore-style patterns that the indexer takes. */

/** Patterns of `files.exclude` or `search.exclude` that are switched on. */
export function excludePatterns(globs: Readonly<Record<string, unknown>>): string[] {
	return Object.entries(globs)
		.filter(([, on]) => on === true)
		.flatMap(([glob]) => expandBraces(glob))
		.map(anchored);
}

/** What a person wrote into settings.json may be anything; one pattern alone is as good as a list of one. */
export function patternList(written: unknown): string[] {
	const patterns: unknown[] = Array.isArray(written) ? written : [written];
	return patterns.filter((pattern) => typeof pattern === 'string').filter(Boolean);
}

// Globs of the editor start at the folder; gitignore patterns without a slash match at any depth.
function anchored(pattern: string): string {
	return pattern.startsWith('**/') || pattern.startsWith('/') ? pattern : `/${pattern}`;
}

/** `*.{js,ts}` → `*.js`, `*.ts`: gitignore patterns have no braces. */
export function expandBraces(glob: string): string[] {
	const open = glob.lastIndexOf('{');
	const close = glob.indexOf('}', open);
	if (open < 0 || close < 0) return [glob];
	const choices = glob.slice(open + 1, close).split(',');
	const expanded = choices.flatMap((choice) =>
		expandBraces(glob.slice(0, open) + choice + glob.slice(close + 1)),
	);
	return [...new Set(expanded)];
}
