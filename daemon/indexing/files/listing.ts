/**
 * The file set of a folder: what git says where it can, the walker otherwise, nested repositories
 * included.
 */
import { dirname, join, relative, sep } from 'node:path';
import { errorMessage } from '../../../shared/errors.ts';
import { leftOutByDefault } from './defaults.ts';
import { excludesFile, GitUnusable, gitFiles, isFolderIgnored } from './git.ts';
import { type Names, namesIn, noNames } from './names.ts';
import { gitTop, hasGit, type IsIgnored, personalIgnore } from './rules.ts';
import { walkableFiles, walkFiles } from './walker.ts';

export interface ListingOptions {
	readonly env: NodeJS.ProcessEnv;
	/** Not listed where that saves a look; paths are relative to the root. */
	readonly isExcluded: IsIgnored;
	/** Whether what git does not track is left out by the list of defaults.ts. */
	readonly defaultExcludes: boolean;
	/** A sentence for the job's log. */
	readonly log: (line: string) => void;
}

export interface Listing {
	/**
	 * Paths below `folder` (relative to the root, '' for the root itself), also relative to the
	 * root. Some may come twice, be gone, or be folders: a nested repository, to be listed with a
	 * call of its own.
	 */
	list(folder: string): AsyncGenerator<Names>;
	/** Which of these files, relative to the root, `list` would give. */
	only(paths: readonly string[]): Promise<string[]>;
	/** How many files and folders were left out so far, by their entry in the list of defaults.ts. */
	leftOut(): Record<string, number>;
}

/** Windows takes 32,767 characters in a command line. */
const COMMAND_LENGTH = 16_000;

/** How git says that it could not look into a folder, which it names from the top. */
const UNREADABLE = /^warning: could not open directory '(.+?)\/?': /;

export function createListing(root: string, options: ListingOptions): Listing {
	const { env, log, isExcluded, defaultExcludes } = options;
	let gitMissing = false;
	const leftOut = new Map<string, Set<string>>();

	/** Whether a path in `folder`, which is relative to the root, is left out by default; counts it. */
	const leavesOut = (folder: string, path: string, isFolder: boolean): boolean => {
		const found = defaultExcludes ? leftOutByDefault(path, isFolder) : undefined;
		if (found === undefined) return false;
		const paths = leftOut.get(found.entry) ?? new Set();
		leftOut.set(found.entry, paths.add(joined(folder, found.path)));
		return true;
	};
	/** How the walker takes a folder, which is relative to the root. */
	const walking = async (folder: string) => ({
		personal: (gitMissing ? undefined : await excludesFile(env)) ?? personalIgnore(env),
		isLeftOut: (path: string, isFolder: boolean) =>
			isExcluded(joined(folder, path), isFolder) || leavesOut(folder, path, isFolder),
	});

	/**
	 * What git lists in a folder; it returns false where the walker has to take over, and has said
	 * why.
	 */
	async function* byGit(
		inRoot: string,
		only: readonly string[],
	): AsyncGenerator<Names, boolean, undefined> {
		const folder = join(root, inRoot);
		const top = gitTop(folder);
		if (gitMissing || top === undefined) return false;
		try {
			let found = false;
			const unreadable: string[] = [];
			const warned = (line: string): void => {
				log(line);
				const name = UNREADABLE.exec(line)?.[1];
				if (name !== undefined) unreadable.push(slashed(relative(folder, join(top, name))));
			};
			for await (const chunk of gitFiles(folder, env, warned, only)) {
				found = true;
				yield namesIn(chunk, (path) => leavesOut(inRoot, path, false));
			}
			if (unreadable.length > 0) yield { ...noNames(), unreadable };
			if (found || hasGit(folder) || !(await isFolderIgnored(folder, env, log))) return true;
			log(`The git repository around ${folder} ignores it; reading it without git.`);
		} catch (error) {
			if (!(error instanceof GitUnusable)) throw error;
			gitMissing ||= error.missing;
			const why = error.missing ? 'git was not found' : `git refused ${folder}: ${error.message}`;
			log(`${why}. Reading the folder without git; .gitignore files are still honoured.`);
		}
		return false;
	}

	async function* names(folder: string): AsyncGenerator<Names> {
		if (yield* byGit(folder, [])) return;
		yield* walkFiles(join(root, folder), {
			...(await walking(folder)),
			onUnreadable: (path, error) =>
				log(`cannot read folder ${join(root, folder, path)}: ${errorMessage(error)}`),
		});
	}

	async function onlyIn(folder: string, paths: readonly string[]): Promise<string[]> {
		const listed: string[] = [];
		for (const some of inCommands(paths)) {
			const chunks = byGit(folder, some);
			let step = await chunks.next();
			for (; !step.done; step = await chunks.next()) listed.push(...step.value.paths);
			if (!step.value) return walkableFiles(join(root, folder), await walking(folder), paths);
		}
		return listed;
	}

	return {
		async *list(folder) {
			// A submodule that is not checked out is an empty folder of the outer repository.
			if (folder !== '' && !hasGit(join(root, folder))) return;
			for await (const chunk of names(folder)) yield below(folder, chunk);
		},
		async only(paths) {
			const groups = new Map<string, string[]>();
			const isRepository = remember((folder) => hasGit(join(root, folder)));
			for (const path of paths) {
				const folder = innermost(path, isRepository);
				const group = groups.get(folder) ?? [];
				groups.set(folder, group);
				group.push(folder === '' ? path : path.slice(folder.length + 1));
			}
			const found = new Set<string>();
			for (const [folder, inside] of groups) {
				for (const path of await onlyIn(folder, inside)) {
					found.add(joined(folder, path));
				}
			}
			return paths.filter((path) => found.has(path));
		},
		leftOut: () =>
			Object.fromEntries([...leftOut].map(([entry, paths]) => [entry, paths.size]).sort()),
	};
}

const joined = (folder: string, path: string): string =>
	folder === '' ? path : `${folder}/${path}`;

const slashed = (path: string): string => path.split(sep).join('/');

function* inCommands(paths: readonly string[]): Generator<string[]> {
	let some: string[] = [];
	let length = 0;
	for (const path of paths) {
		if (some.length > 0 && length + path.length > COMMAND_LENGTH) {
			yield some;
			some = [];
			length = 0;
		}
		some.push(path);
		length += path.length + 3;
	}
	if (some.length > 0) yield some;
}

function below(folder: string, names: Names): Names {
	if (folder === '') return names;
	const prefixed = (path: string): string => (path === '' ? folder : `${folder}/${path}`);
	return {
		paths: names.paths.map(prefixed),
		unprintable: names.unprintable.map(prefixed),
		unreadable: names.unreadable.map(prefixed),
	};
}

/**
 * The innermost folder around `path` that is a repository of its own; '' when only the root may
 * be.
 */
function innermost(path: string, isRepository: (folder: string) => boolean): string {
	for (let at = dirname(path); at !== '.'; at = dirname(at)) if (isRepository(at)) return at;
	return '';
}

function remember(ask: (folder: string) => boolean): (folder: string) => boolean {
	const answers = new Map<string, boolean>();
	return (folder) => {
		const known = answers.get(folder) ?? ask(folder);
		answers.set(folder, known);
		return known;
	};
}
