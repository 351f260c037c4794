/** The targets that a person may mean, in the order in which they stand: no patterns, no files that others need. */
const RULE = /^([A-Za-z0-9_][\w.@%/+-]*(?:[ \t]+[\w.@%/+-]+)*)[ \t]*::?(?![:=])/;
/** Nobody reads on. */
const LONGEST = 1_000_000;
const MOST = 500;

export function makeTargets(text: string): string[] {
	const found = new Set<string>();
	const phony = new Set<string>();
	for (const line of text.slice(0, LONGEST).split('\n')) {
		// What a rule runs, and whatever a backslash put there.
		if (line.startsWith('\t')) continue;
		const declared = /^\.PHONY[ \t]*:(.*)/.exec(line)?.[1];
		for (const name of declared?.split(/\s+/) ?? []) if (name !== '') phony.add(name);
		const names = RULE.exec(line.slice(0, 1_000))?.[1]?.split(/\s+/) ?? [];
		for (const name of names) if (!/[%/]/.test(name)) found.add(name);
	}
	// Where some are said to be no files, those are what a person calls by name.
	const meant = phony.size > 0 ? [...found].filter((name) => phony.has(name)) : [...found];
	return meant.slice(0, MOST);
}
