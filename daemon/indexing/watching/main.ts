/** A thread that follows a folder on disk, for `semantica index --watch`. */
import { basename, dirname } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parentPort, workerData } from 'node:worker_threads';
import { dataPaths } from '../../../shared/paths.ts';
import type { FollowCommand, WatchedFolder, WatchMessage } from '../../../shared/watching.ts';
import { indexFolder } from '../catalogue/location.ts';
import { rulesSaid, SAID_FILE } from '../catalogue/said.ts';
import { diskWarning } from './disk.ts';
import { createFolders } from './folders.ts';
import { watchGit, watchName } from './head.ts';
import { createRenewal } from './renewal.ts';
import { inotify, watchTree } from './watch.ts';

/** Linux' default. */
const QUEUED_EVENTS = 16_384;
const IGNORE_FILE = /(?:^|\/)\.gitignore$/;

async function follow(folder: WatchedFolder): Promise<void> {
	const tell = (message: WatchMessage): void => parentPort?.postMessage(message);
	const lost = (): void => tell({ kind: 'lost' });
	const { root, home } = folder;
	const warning = diskWarning(root);
	if (warning !== undefined) tell({ kind: 'warning', sentence: warning, limited: false });
	// As they were said at the start, until the index has them.
	let rules: Pick<WatchedFolder, 'exclude' | 'defaultExcludes'> = folder;
	const foldersNow = () => createFolders({ ...folder, ...rules, env: process.env });
	const renewal = createRenewal(async () => {
		if (watching.renew(await foldersNow())) tell({ kind: 'renewed', folders: watching.count() });
	});
	const watching = watchTree({
		root,
		folders: await foldersNow(),
		events: {
			changed(path) {
				const told = (): void => tell({ kind: 'changed', path });
				if (IGNORE_FILE.test(path)) renewal.because(told);
				else told();
			},
			lost,
			limited: (sentence) => tell({ kind: 'warning', sentence, limited: true }),
		},
	});
	watchGit(root, { moved: () => renewal.because(lost), excluded: () => renewal.because(lost) });
	parentPort?.on('message', (command: FollowCommand) => {
		if (command.kind !== 'indexed') return;
		const index = indexFolder(dataPaths(home), pathToFileURL(root).href);
		const look = (): void => {
			const now = rulesSaid(index) ?? rules;
			if (said(now) === said(rules)) return;
			rules = { exclude: now.exclude, defaultExcludes: now.defaultExcludes };
			renewal.because(lost);
		};
		// A damaged index is put aside with its folder, and built anew in another one of the same name.
		let endWatch = (): void => {};
		const begin = (): void => {
			endWatch();
			endWatch = watchName(index, SAID_FILE, look);
			look();
		};
		watchName(dirname(index), basename(index), begin);
		begin();
	});
	const folders = watching.count();
	// The operating system drops events without a word when its list is full; by then it has told of all those in it.
	tell({
		kind: 'watching',
		folders,
		mostEvents: (inotify('max_queued_events') ?? QUEUED_EVENTS) / 2,
	});
}

const said = ({ exclude, defaultExcludes }: Pick<WatchedFolder, 'exclude' | 'defaultExcludes'>) =>
	JSON.stringify([exclude, defaultExcludes]);

void follow(workerData as WatchedFolder);
