/** A thread that follows a folder on disk, for `semantica index --watch`. */
import { parentPort, workerData } from 'node:worker_threads';
import type { WatchedFolder, WatchMessage } from '../../../shared/watching.ts';
import { diskWarning } from './disk.ts';
import { createFolders } from './folders.ts';
import { watchHead } from './head.ts';
import { inotify, watchTree } from './watch.ts';

/** Linux' default. */
const QUEUED_EVENTS = 16_384;

async function follow(folder: WatchedFolder): Promise<void> {
	const tell = (message: WatchMessage): void => parentPort?.postMessage(message);
	const lost = (): void => tell({ kind: 'lost' });
	const { root } = folder;
	const warning = diskWarning(root);
	if (warning !== undefined) tell({ kind: 'warning', sentence: warning, limited: false });
	const watching = watchTree({
		root,
		folders: await createFolders({ ...folder, env: process.env }),
		events: {
			changed: (path) => tell({ kind: 'changed', path }),
			lost,
			limited: (sentence) => tell({ kind: 'warning', sentence, limited: true }),
		},
	});
	watchHead(root, lost);
	const folders = watching.count();
	// The operating system drops events without a word when its list is full; by then it has told of all those in it.
	tell({
		kind: 'watching',
		folders,
		mostEvents: (inotify('max_queued_events') ?? QUEUED_EVENTS) / 2,
	});
}

void follow(workerData as WatchedFolder);
