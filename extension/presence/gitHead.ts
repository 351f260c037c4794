/** Where a repository stands, and which folders that concerns. */
import { contains } from '../indexing/contains.ts';

/** What the editor's git knows of HEAD: undefined before it has looked, without a commit in a new repository. */
export type HeadState = { readonly commit?: string | undefined } | undefined;

export class GitHead {
	#known = false;
	#commit: string | undefined;

	/** True when HEAD stands on another commit than the last time. */
	moved(head: HeadState): boolean {
		if (head === undefined) return false;
		const moved = this.#known && head.commit !== undefined && head.commit !== this.#commit;
		this.#known = true;
		this.#commit = head.commit;
		return moved;
	}
}

/** A repository concerns itself, the folders in it, and the folders it lies in. */
export function concerned(repository: string, folders: readonly string[]): string[] {
	const related = folders.filter(
		(folder) => contains(repository, folder) || contains(folder, repository),
	);
	return [...new Set([repository, ...related])];
}
