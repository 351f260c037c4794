/** Which folders can hold what belongs to an index: what its rules ignore need not be watched. */
import { join } from 'node:path';
import type { WatchedFolder } from '../../../shared/watching.ts';
import { leftOutByDefault } from '../files/defaults.ts';
import { excludesFile } from '../files/git.ts';
import { excluder, personalIgnore } from '../files/rules.ts';
import { ownFolder, scopeOf } from '../files/scope.ts';
import { walkableFiles, walkFiles } from '../files/walker.ts';

export interface FolderOptions extends WatchedFolder {
	readonly env: NodeJS.ProcessEnv;
}

/** Paths are relative to the root, with forward slashes; '' is the root. */
export interface Folders {
	/** A folder and those below it, each named before it is read. */
	each(folder: string, seen: (folder: string) => void): void;
	/** Whether files of a folder may belong to the index. */
	has(folder: string): boolean;
}

export async function createFolders(options: FolderOptions): Promise<Folders> {
	const { root, env, defaultExcludes } = options;
	const personal = (await excludesFile(env)) ?? personalIgnore(env);
	const isExcluded = excluder(scopeOf(root, ownFolder(options.home)), options.exclude);
	const isLeftOut = (path: string, folder: boolean): boolean =>
		isExcluded(path, folder) || (defaultExcludes && leftOutByDefault(path, folder) !== undefined);
	return {
		each(folder, seen) {
			// Nested repositories have rules of their own.
			const tops = [folder];
			for (const top of tops) {
				const joined = (path: string): string => [top, path].filter(Boolean).join('/');
				const walk = walkFiles(join(root, top), {
					personal,
					isLeftOut: (path, isFolder) => isLeftOut(joined(path), isFolder),
					// A walk for the index says so.
					onUnreadable: () => {},
					onFolder: (path, isNested) => {
						if (isNested) tops.push(joined(path));
						else seen(joined(path));
					},
				});
				for (const _ of walk);
			}
		},
		has: (folder) =>
			!isLeftOut(folder, true) &&
			walkableFiles(root, { personal, isLeftOut }, [`${folder}/${ANY_FILE}`]).length === 1,
	};
}

/** No rule names it, so its folder decides. */
const ANY_FILE = 'semantica any file';
