/** What a repository's own folder tells: another branch may have other files, and its excludes leave out others. */
import { readFileSync, watch } from 'node:fs';
import { join, resolve } from 'node:path';
import { gitTop } from '../files/rules.ts';

export interface GitEvents {
	/** HEAD is another commit or branch, whatever else was told. */
	moved(): void;
	/** `.git/info/exclude` is another. */
	excluded(): void;
}

/** @returns how to end it. */
export function watchGit(root: string, { moved, excluded }: GitEvents): () => void {
	const top = gitTop(root);
	if (top === undefined) return () => {};
	const git = gitFolder(top);
	const ends = [
		watchName(git, 'HEAD', moved),
		watchName(join(commonFolder(git), 'info'), 'exclude', excluded),
	];
	return () => {
		for (const end of ends) end();
	};
}

/** Calls `changed` when a file of a folder is another; never where that cannot be watched. */
export function watchName(folder: string, name: string, changed: () => void): () => void {
	try {
		const watcher = watch(folder, (_kind, told) => {
			if (told === name) changed();
		});
		watcher.on('error', () => {});
		return () => watcher.close();
	} catch {
		// It is a help beside what is told of the files.
		return () => {};
	}
}

/** Of a worktree or submodule `.git` is a file that names it. */
function gitFolder(top: string): string {
	const git = join(top, '.git');
	const named = /^gitdir: (.+)$/m.exec(read(git))?.[1];
	return named === undefined ? git : resolve(top, named);
}

/** What worktrees share. */
function commonFolder(git: string): string {
	const named = read(join(git, 'commondir')).trim();
	return named === '' ? git : resolve(git, named);
}

function read(file: string): string {
	try {
		return readFileSync(file, 'utf8');
	} catch {
		return '';
	}
}
