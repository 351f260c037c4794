/** Keeps an existing index current: a saved file is indexed again. */
import { type Disposable, type TextDocument, workspace } from 'vscode';
import { errorMessage } from '../../shared/errors.ts';
import { setting } from '../settings.ts';
import { contains } from './contains.ts';
import { indexedFolder } from './folders.ts';
import type { IndexedFolders } from './indexedFolders.ts';
import type { Indexer } from './indexer.ts';
import type { MissedFolders } from './missed.ts';

export interface SavePorts {
	readonly indexer: Indexer;
	readonly indexed: IndexedFolders;
	readonly missed: MissedFolders;
	readonly log: (message: string) => void;
}

export function indexOnSave({ indexer, indexed, missed, log }: SavePorts): Disposable {
	const saved = async ({ uri }: TextDocument) => {
		const folder = workspace.getWorkspaceFolder(uri);
		if (folder === undefined || uri.scheme !== 'file' || !workspace.isTrusted) return;
		if (!setting('indexOnSave', uri)) return;
		// Only what somebody once asked to index: a save must not start anything in other folders.
		const indexes = await indexed.within(indexedFolder(folder.uri));
		const concerned = indexes.filter(({ path }) => contains(path, uri.fsPath));
		for (const [at, index] of concerned.entries()) {
			// Jobs of one subject replace each other, and each index has a job of its own.
			const subject = at === 0 ? uri.toString() : `${uri.toString()}#${index.uri}`;
			const file = { uri: subject, path: uri.fsPath };
			await missed.orMissed(index, () => indexer.file(index, file, true));
		}
	};
	return workspace.onDidSaveTextDocument((document) => {
		saved(document).catch((error: unknown) =>
			log(`${document.uri.fsPath} was not indexed after its save: ${errorMessage(error)}`),
		);
	});
}
