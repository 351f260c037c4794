/** gitignore rules without git: each folder's rules on top of those of the folders above it. */
import {
	closeSync,
	constants,
	existsSync,
	fstatSync,
	openSync,
	readFileSync,
	statSync,
} from 'node:fs';
import { homedir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import ignore, { type Ignore } from 'ignore';
import { isShortage } from '../../../shared/errors.ts';
import type { Scope } from './scope.ts';

/** `folder` marks a path as a folder, which patterns with a trailing slash ask for. */
export type IsIgnored = (path: string, folder: boolean) => boolean;

export interface Rules {
	/** Paths are relative to the top folder, with forward slashes. */
	readonly isIgnored: IsIgnored;
	/** These rules and those of the .gitignore in `folder`, relative to the top. */
	within(folder: string): Rules;
}

/**
 * The rules that hold for everything below `top`: git's for the person, from the file `personal`, the
 * repository's, and top's own.
 */
export function topRules(top: string, personal: string): Rules {
	const insensitive = ignoresCase(top);
	const base = ignore({ ignorecase: insensitive });
	base.add(readPatterns(personal));
	base.add(readPatterns(join(top, '.git', 'info', 'exclude')));
	return rulesOf(top, base, insensitive).within('');
}

/** Where git looks for a person's own patterns unless its configuration names another file. */
export function personalIgnore(env: NodeJS.ProcessEnv): string {
	const config = env['XDG_CONFIG_HOME'] || join(env['HOME'] ?? homedir(), '.config');
	return join(config, 'git', 'ignore');
}

/** Asked so often, a matcher is made anew of the same rules: it keeps every path that it was asked about. */
const ASKED = 10_000;

function askedBy(rules: Ignore, insensitive: boolean): IsIgnored {
	let matcher = rules;
	let asked = 0;
	return (path, folder) => {
		if (++asked % ASKED === 0) matcher = ignore({ ignorecase: insensitive }).add(matcher);
		return matcher.ignores(folder ? `${path}/` : path);
	};
}

function rulesOf(top: string, matcher: Ignore, insensitive: boolean): Rules {
	const rules: Rules = {
		isIgnored: askedBy(matcher, insensitive),
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

/** What is no part of a folder's set whatever its rules say: our own data, and a person's own patterns. */
export function excluder({ root, isOwn }: Scope, patterns: readonly string[]): IsIgnored {
	if (patterns.length === 0) return isOwn;
	const insensitive = ignoresCase(root);
	const isExcluded = askedBy(ignore({ ignorecase: insensitive }).add(patterns), insensitive);
	return (path, folder) => isOwn(path) || isExcluded(path, folder);
}

function readPatterns(file: string): string[] {
	return readText(file)
		.replace(/^\ufeff/, '')
		.split(/\r?\n/)
		.filter((line) => line.trim() !== '' && !line.startsWith('#'));
}

/** '' for what is absent, as mostly, not for us to read, nor for git, or no file: a pipe would be waited for. */
function readText(file: string): string {
	let fd: number;
	try {
		fd = openSync(file, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
	} catch (error) {
		// Without the rules what they leave out would be indexed.
		if (isShortage(error)) throw error;
		return '';
	}
	try {
		return fstatSync(fd).isFile() ? readFileSync(fd, 'utf8') : '';
	} catch {
		return '';
	} finally {
		closeSync(fd);
	}
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
