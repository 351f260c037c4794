/** Where hits are in this window: indexes are named by real paths, folders of a window as they were opened. */
import { Uri } from 'vscode';
import type { Hit } from '../../shared/protocol/indexing.ts';
import { canonicalUri } from '../indexing/canonicalUri.ts';
import type { IndexedFolders } from '../indexing/indexedFolders.ts';
import type { IndexedFolder } from '../indexing/specs.ts';

export interface Places {
	/** The folders and the indexes in them, as the daemon names them; none means all there are. */
	workspaces(): Promise<string[]>;
	/** As the window names it, so that a folder opened through a link opens no second copy of a file. */
	locate(hit: Pick<Hit, 'workspace' | 'path'>): Uri;
}

/** @param known Resolves when it is known which indexes there are. */
export function createPlaces(
	folders: readonly IndexedFolder[],
	indexed: IndexedFolders,
	known: () => Promise<unknown>,
): Places {
	const places = new Map<string, Uri>();
	return {
		async workspaces() {
			await known();
			for (const folder of folders) {
				places.set(await canonicalUri(folder), Uri.file(folder.path));
				for (const { uri, path } of await indexed.within(folder)) places.set(uri, Uri.file(path));
			}
			return [...places.keys()];
		},
		locate: ({ workspace, path }) =>
			Uri.joinPath(places.get(workspace) ?? Uri.parse(workspace), path),
	};
}
