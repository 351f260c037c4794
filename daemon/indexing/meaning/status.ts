/** What people are told of an index's vectors. */
import type { MeaningStatus } from '../../../shared/protocol/meaning.ts';
import type { Sqlite } from '../../sqlite/open.ts';
import type { IndexHome } from '../catalogue/database.ts';
import { indexFolder } from '../catalogue/location.ts';
import { readMeaning } from './entries.ts';
import { indexedFiles } from './pending.ts';
import { isThere, meaningBytes, meaningFolder } from './segmentFiles.ts';
import { readMeaningNumbers, readMeaningStore } from './store.ts';

/** Undefined where it never was on, or nothing is left of it. */
export function meaningStatus(
	home: IndexHome,
	workspace: string,
	index: Sqlite,
): MeaningStatus | undefined {
	const folder = meaningFolder(indexFolder(home.paths, workspace));
	if (!isThere(folder)) return undefined;
	const meaning = readMeaning(home.paths, workspace);
	const known = readMeaningStore(home, folder, (db) => ({
		numbers: readMeaningNumbers(db),
		hashes: new Map(
			db.prepare<[], [path: string, hash: Buffer]>('SELECT path, hash FROM files').raw().all(),
		),
	}));
	const numbers = known?.numbers;
	const isOther = meaning !== undefined && numbers !== undefined && numbers.model !== meaning.model;
	let waiting = 0;
	for (const [path, hash] of indexedFiles(index)) {
		if (isOther || !known?.hashes.get(path)?.equals(hash)) waiting++;
	}
	return {
		on: meaning !== undefined,
		...(meaning === undefined ? {} : { url: meaning.url, key: meaning.key !== undefined }),
		model: meaning?.model ?? numbers?.model ?? '',
		chunks: isOther ? 0 : (numbers?.chunks ?? 0),
		waiting,
		bytes: meaningBytes(folder),
		finishedAt: isOther ? null : (numbers?.finishedAt ?? null),
	};
}
