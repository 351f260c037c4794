/** The folder's files without git, by the same rules. */
import { isUtf8 } from 'node:buffer';
import { type Dirent, lstatSync, readdirSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { addName, type Names, noNames } from './names.ts';
import { isGone } from './probe.ts';
import { gitTop, hasGit, type IsIgnored, type Rules, topRules } from './rules.ts';

export interface WalkOptions {
	/** The file with a person's own patterns. */
	readonly personal: string;
	/** What is not to be listed, nor entered; paths are relative to the folder. */
	readonly isLeftOut: IsIgnored;
	/** A folder that cannot be read, with Node's message. */
	readonly onUnreadable: (folder: string, error: unknown) => void;
	/** A folder that is about to be read; a nested repository only by its name, and not entered. */
	readonly onFolder?: (folder: string, isNested: boolean) => void;
}

interface Ground {
	readonly rules: Rules;
	/**
	 * Where the folder lies below the folder that `rules` counts from: '' or with a trailing slash.
	 */
	readonly prefix: string;
}

/**
 * Files and links in `folder`, relative to it with forward slashes, folder by folder. A nested
 * git repository appears as one entry and is not entered. Links are never followed.
 */
export function walkFiles(folder: string, options: WalkOptions): Generator<Names> {
	const ground = groundOf(folder, options.personal);
	return walkFolder({ folder, ground, options }, '', ground.rules);
}

interface Walk {
	readonly folder: string;
	readonly ground: Ground;
	readonly options: WalkOptions;
}

function* walkFolder(walk: Walk, path: string, rules: Rules): Generator<Names> {
	const { folder, ground, options } = walk;
	let entries: Dirent<Buffer>[];
	options.onFolder?.(path, false);
	try {
		entries = readdirSync(join(folder, path), { withFileTypes: true, encoding: 'buffer' });
	} catch (error) {
		if (isGone(error)) return;
		options.onUnreadable(path, error);
		yield { ...noNames(), unreadable: [path] };
		return;
	}
	const prefix = path === '' ? '' : `${path}/`;
	const files = noNames();
	const folders: string[] = [];
	for (const entry of entries) {
		const name = entry.name.toString();
		const child = prefix + name;
		const isFolder = entry.isDirectory();
		if (name === '.git' || rules.isIgnored(ground.prefix + child, isFolder)) continue;
		if (options.isLeftOut(child, isFolder)) continue;
		const isNested = isFolder && hasGit(join(folder, child));
		if (isNested) options.onFolder?.(child, true);
		if (isFolder && isUtf8(entry.name) && !isNested) folders.push(child);
		else if (isFolder || entry.isFile() || entry.isSymbolicLink()) {
			addName(files, prefix, entry.name);
		}
	}
	yield files;
	for (const child of folders) yield* walkFolder(walk, child, rules.within(ground.prefix + child));
}

/** Which of `paths` the walk would have come across. */
export function walkableFiles(
	folder: string,
	{ personal, isLeftOut }: Pick<WalkOptions, 'personal' | 'isLeftOut'>,
	paths: readonly string[],
): string[] {
	const ground = groundOf(folder, personal);
	return paths.filter((path) => {
		if (isLeftOut(path, false)) return false;
		const names = path.split('/');
		let { rules } = ground;
		return names.every((name, depth) => {
			const at = ground.prefix + names.slice(0, depth + 1).join('/');
			const isFolder = depth < names.length - 1;
			if (name === '.git' || rules.isIgnored(at, isFolder)) return false;
			if (!isFolder) return true;
			rules = rules.within(at);
			return !isLink(join(folder, ...names.slice(0, depth + 1)));
		});
	});
}

function isLink(path: string): boolean {
	try {
		return lstatSync(path).isSymbolicLink();
	} catch {
		// Gone or shut: whoever reads the file will tell.
		return false;
	}
}

/**
 * The rules in force in `folder`: a repository's rules reach down from its top, unless they
 * ignore the folder.
 */
function groundOf(folder: string, personal: string): Ground {
	const top = gitTop(folder);
	if (top === undefined || top === folder) return { rules: topRules(folder, personal), prefix: '' };
	const names = relative(top, folder).split(sep);
	let rules = topRules(top, personal);
	for (const [depth] of names.entries()) {
		const at = names.slice(0, depth + 1).join('/');
		if (rules.isIgnored(at, true)) return { rules: topRules(folder, personal), prefix: '' };
		rules = rules.within(at);
	}
	return { rules, prefix: `${names.join('/')}/` };
}
