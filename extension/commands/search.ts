import { Uri, window, workspace } from 'vscode';
import type { Link } from '../connection/link.ts';
import { canonicalUri } from '../indexing/canonicalUri.ts';
import { openFolders } from '../indexing/folders.ts';
import type { IndexedFolders } from '../indexing/indexedFolders.ts';
import type { Log } from '../log.ts';
import { searchFolders } from '../search/hits.ts';
import { openSearchPicker } from '../search/picker.ts';
import type { CommandBody } from './register.ts';

/** Searches the indexes of this window's folders; without a folder, all of them. */
export function search(link: Link, indexed: IndexedFolders, log: Log): CommandBody {
	return async () => {
		const folders = openFolders();
		const roots = new Map<string, Uri>();
		for (const folder of folders) roots.set(await canonicalUri(folder), Uri.file(folder.path));
		openSearchPicker({
			search: (query) => searchFolders(link, [...roots.keys()], query),
			// As the window names it, so that a folder opened through a link opens no second copy of a file.
			locate: (hit) => Uri.joinPath(roots.get(hit.workspace) ?? Uri.parse(hit.workspace), hit.path),
			unindexed: async () => {
				await indexed.refresh();
				const missing = await Promise.all(
					folders.map(async (folder) => ((await indexed.has(folder)) ? [] : [folder.name])),
				);
				return missing.flat();
			},
			initial: selectedWord(),
			log: (message) => log.warn('search', message),
		});
	};
}

/** What is selected, when it is one short piece of a line: most often just what is looked for. */
function selectedWord(): string {
	const editor = window.activeTextEditor;
	if (editor === undefined || !editor.selection.isSingleLine || !workspace.isTrusted) return '';
	const text = editor.document.getText(editor.selection).trim();
	return text.length <= 100 ? text : '';
}
