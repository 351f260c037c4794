import { indexedFolder } from '../indexing/folders.ts';
import type { Indexer } from '../indexing/indexer.ts';
import type { Reporter } from '../status/reporter.ts';
import { fileUri } from './arguments.ts';
import { chooseFolder } from './folderChoice.ts';
import type { CommandBody } from './register.ts';

/** Indexes one folder: the one it was called on in the explorer, else a chosen one. */
export function indexFolder(indexer: Indexer, reporter: Reporter): CommandBody {
	return async (target) => {
		const uri = fileUri(target) ?? (await chooseFolder());
		if (uri === undefined) return;
		const folder = indexedFolder(uri);
		reporter.indexing(await indexer.folder(folder), folder);
	};
}
