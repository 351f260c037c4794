/** Says when a repository's HEAD moves: another branch may have other files, whatever else was told. */
import { readFileSync, watch } from 'node:fs';
import { join, resolve } from 'node:path';
import { gitTop } from '../files/rules.ts';

/** @returns how to end it. */
export function watchHead(root: string, moved: () => void): () => void {
	const top = gitTop(root);
	if (top === undefined) return () => {};
	try {
		const watcher = watch(gitFolder(top), (_kind, name) => {
			if (name === 'HEAD') moved();
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
	try {
		const named = /^gitdir: (.+)$/m.exec(readFileSync(git, 'utf8'))?.[1];
		return named === undefined ? git : resolve(top, named);
	} catch {
		return git;
	}
}
