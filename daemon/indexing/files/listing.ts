/**
 * The file set of a folder: what git says where it can, the walker otherwise, nested repositories
 * included.
 */
import { dirname, join, relative, sep } from 'node:path';
import { errorMessage } from '../../../shared/errors.ts';
import { GitUnusable, gitFiles, isFolderIgnored } from './git.ts';
import { type Names, namesIn, noNames } from './names.ts';
import { gitTop, hasGit } from './rules.ts';
import { walkableFiles, walkFiles } from './walker.ts';

export interface ListingOptions {
	readonly env: NodeJS.ProcessEnv;
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
}

/** Windows takes 32,767 characters in a command line. */
const COMMAND_LENGTH = 16_000;

/** How git says that it could not look into a folder, which it names from the top. */
const UNREADABLE = /^warning: could not open directory '(.+?)\/?': /;

export function createListing(root: string, options: ListingOptions): Listing {
	const { env, log } = options;
	let gitMissing = false;

	/**
	 * What git lists in a folder; it returns false where the walker has to take over, and has said
	 * why.
	 */
	async function* byGit(
		folder: string,
		only: readonly string[],
	): AsyncGenerator<Names, boolean, undefined> {
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
				yield namesIn(chunk);
			}
			if (unreadable.length > 0) yield { ...noNames(), unreadable };
			if (found || hasGit(folder) || !(await isFolderIgnored(folder, env))) return true;
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
		yield* walkFiles(folder, {
			env,
			onUnreadable: (path, error) =>
				log(`cannot read folder ${join(folder, path)}: ${errorMessage(error)}`),
		});
	}

	async function onlyIn(folder: string, paths: readonly string[]): Promise<string[]> {
		const listed: string[] = [];
		for (const some of inCommands(paths)) {
			const chunks = byGit(folder, some);
			let step = await chunks.next();
			for (; !step.done; step = await chunks.next()) listed.push(...step.value.paths);
			if (!step.value) return walkableFiles(folder, env, paths);
		}
		return listed;
	}

	return {
		async *list(folder) {
			const absolute = join(root, folder);
			// A submodule that is not checked out is an empty folder of the outer repository.
			if (folder !== '' && !hasGit(absolute)) return;
			for await (const chunk of names(absolute)) yield below(folder, chunk);
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
				for (const path of await onlyIn(join(root, folder), inside)) {
					found.add(folder === '' ? path : `${folder}/${path}`);
				}
			}
			return paths.filter((path) => found.has(path));
		},
	};
}

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
