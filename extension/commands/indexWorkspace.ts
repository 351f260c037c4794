import { openFolders } from '../indexing/folders.ts';
import type { Indexer } from '../indexing/indexer.ts';
import type { Reporter } from '../status/reporter.ts';
import { askForFolder } from './folderChoice.ts';
import type { CommandBody } from './register.ts';

/** Indexes every folder of the window, each as a job of its own. */
export function indexWorkspace(indexer: Indexer, reporter: Reporter): CommandBody {
	return async () => {
		const folders = openFolders();
		if (folders.length === 0) return askForFolder();
		const done = await Promise.allSettled(folders.map((folder) => indexer.folder(folder)));
		for (const [at, folder] of folders.entries()) {
			const result = done[at];
			if (result?.status === 'fulfilled') reporter.indexing(result.value, folder);
		}
		const [failed] = done.filter((result) => result.status === 'rejected');
		if (failed !== undefined) throw failed.reason;
	};
}
