/** gitignore rules without git: each folder's rules on top of those of the folders above it. */
import { existsSync, readFileSync, statSync } from 'node:fs';
import { homedir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import ignore, { type Ignore } from 'ignore';

/** `folder` marks a path as a folder, which patterns with a trailing slash ask for. */
export type IsIgnored = (path: string, folder: boolean) => boolean;

export interface Rules {
	/** Paths are relative to the top folder, with forward slashes. */
	readonly isIgnored: IsIgnored;
	/** These rules and those of the .gitignore in `folder`, relative to the top. */
	within(folder: string): Rules;
}

/**
 * The rules that hold for everything below `top`: git's for the person, the repository's, and
 * top's own.
 */
export function topRules(top: string, env: NodeJS.ProcessEnv): Rules {
	const insensitive = ignoresCase(top);
	const config = env['XDG_CONFIG_HOME'] || join(env['HOME'] ?? homedir(), '.config');
	const base = ignore({ ignorecase: insensitive });
	base.add(readPatterns(join(config, 'git', 'ignore')));
	base.add(readPatterns(join(top, '.git', 'info', 'exclude')));
	return rulesOf(top, base, insensitive).within('');
}

function rulesOf(top: string, matcher: Ignore, insensitive: boolean): Rules {
	const rules: Rules = {
		isIgnored: (path, folder) => matcher.ignores(folder ? `${path}/` : path),
		within(folder) {
			const patterns = readPatterns(join(top, folder, '.gitignore'));
			if (patterns.length === 0) return rules;
			// One matcher with all rules in order of precedence: asked one after the other, an outer
			// rule that excludes a folder would hide the files of that folder although an inner one
			// re-included it.
			const joined = ignore({ ignorecase: insensitive })
				.add(matcher)
				.add(patterns.map((pattern) => beneath(folder, pattern)));
			return rulesOf(top, joined, insensitive);
		},
	};
	return rules;
}

/** A pattern of the .gitignore in `folder`, rewritten to mean the same in the top folder. */
export function beneath(folder: string, pattern: string): string {
	if (folder === '') return pattern;
	const negated = pattern.startsWith('!');
	const body = negated ? pattern.slice(1) : pattern;
	const anchored = /\/(?!\s*$)/.test(body);
	const prefix = `/${folder.replace(/[\\*?[\] ]/g, '\\$&')}`;
	const suffix = anchored ? body.replace(/^\//, '') : `**/${body}`;
	return `${negated ? '!' : ''}${prefix}/${suffix}`;
}

/** A person's own patterns, relative to `root`. */
export function excluder(root: string, patterns: readonly string[]): IsIgnored {
	if (patterns.length === 0) return () => false;
	const matcher = ignore({ ignorecase: ignoresCase(root) }).add(patterns);
	return (path, folder) => matcher.ignores(folder ? `${path}/` : path);
}

function readPatterns(file: string): string[] {
	let text: string;
	try {
		// Absent, mostly. What is there may also be a folder, or a pipe that nobody writes to.
		if (!statSync(file, { throwIfNoEntry: false })?.isFile()) return [];
		text = readFileSync(file, 'utf8');
	} catch {
		// Not for us to read, nor for git.
		return [];
	}
	return text
		.replace(/^\ufeff/, '')
		.split(/\r?\n/)
		.filter((line) => line.trim() !== '' && !line.startsWith('#'));
}

/** Whether the file system takes `Name` and `nAME` for one file, as macOS and Windows do. */
function ignoresCase(folder: string): boolean {
	const name = basename(folder);
	const swapped = name === name.toUpperCase() ? name.toLowerCase() : name.toUpperCase();
	if (swapped === name) return process.platform === 'darwin' || process.platform === 'win32';
	const other = statSync(join(dirname(folder), swapped), { throwIfNoEntry: false });
	const own = statSync(folder);
	return other !== undefined && other.ino === own.ino && other.dev === own.dev;
}

/**
 * Whether `folder` is the top of a git working tree: `.git` is a folder there, or a file in
 * submodules.
 */
export function hasGit(folder: string): boolean {
	return existsSync(join(folder, '.git'));
}

/** The nearest folder, from `folder` upwards, that is the top of a git working tree. */
export function gitTop(folder: string): string | undefined {
	for (let at = folder; ; at = dirname(at)) {
		if (hasGit(at)) return at;
		if (dirname(at) === at) return undefined;
	}
}
