import { Uri, window, workspace } from 'vscode';
import { errorMessage } from '../../shared/errors.ts';
import type { Link } from '../connection/link.ts';
import { canonicalUri } from '../indexing/canonicalUri.ts';
import { indexedFolder, openFolders } from '../indexing/folders.ts';
import type { IndexedFolders } from '../indexing/indexedFolders.ts';
import type { Log } from '../log.ts';
import { searchFolders } from '../search/hits.ts';
import { openSearchPicker } from '../search/picker.ts';
import { fileUri } from './arguments.ts';
import type { CommandBody } from './register.ts';

/** Searches a folder, else those of this window, with all indexes in them; without a folder, all there are. */
export function search(link: Link, indexed: IndexedFolders, log: Log): CommandBody {
	return async (target) => {
		const asked = fileUri(target);
		const folders = asked === undefined ? openFolders() : [indexedFolder(asked)];
		const places = new Map<string, Uri>();
		// A daemon that this window has not met yet may know more indexes than were remembered.
		const met = link.state.kind === 'connected' ? undefined : indexed.refresh();
		const known = met?.catch((error) => log.warn('search', `Listing: ${errorMessage(error)}`));
		const search = async (query: string) => {
			await known;
			for (const folder of folders) {
				places.set(await canonicalUri(folder), Uri.file(folder.path));
				for (const { uri, path } of await indexed.within(folder)) places.set(uri, Uri.file(path));
			}
			return searchFolders(link, [...places.keys()], query);
		};
		openSearchPicker({
			search,
			// As the window names it, so that a folder opened through a link opens no second copy of a file.
			locate: (hit) =>
				Uri.joinPath(places.get(hit.workspace) ?? Uri.parse(hit.workspace), hit.path),
			unindexed: async () => {
				if (asked !== undefined) return [];
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
