/**
 * What changes below a folder, told by the operating system through Node alone. Linux knows only single folders:
 * there each that can hold what is indexed has a watch, and none that is ignored.
 */
import { type FSWatcher, lstatSync, readFileSync, watch } from 'node:fs';
import { join } from 'node:path';
import { errorCode, errorMessage } from '../../../shared/errors.ts';
import type { Folders } from './folders.ts';

export interface WatchEvents {
	/** A file or folder is new, gone or otherwise, relative to the root. */
	changed(path: string): void;
	/** Something changed, and what is not known. */
	lost(): void;
	/** Not all can be watched; a sentence why and what to do. Told once. */
	limited(why: string): void;
}

export interface Watching {
	/** How many folders have a watch; undefined where one watch takes all. */
	count(): number | undefined;
	/** Other folders can hold what is indexed. @returns Whether others have a watch now. */
	renew(folders: Folders): boolean;
	close(): void;
}

export type WatchFolder = (
	path: string,
	options: { readonly recursive: boolean },
	told: (kind: string, name: string | null) => void,
) => Pick<FSWatcher, 'close' | 'on'>;

export interface WatchOptions {
	readonly root: string;
	readonly folders: Folders;
	readonly events: WatchEvents;
	/** For tests. */
	readonly platform?: NodeJS.Platform;
	readonly watchFolder?: WatchFolder;
}

/** @throws what the operating system says where the root itself cannot be watched. */
export function watchTree(options: WatchOptions): Watching {
	const { platform = process.platform } = options;
	const together = platform === 'darwin' || platform === 'win32';
	return together ? watchTogether(options) : watchEach(options);
}

const nodeWatch: WatchFolder = (path, { recursive }, told) => watch(path, { recursive }, told);

function watchTogether({ root, events, watchFolder = nodeWatch }: WatchOptions): Watching {
	const watcher = watchFolder(root, { recursive: true }, (_kind, name) => {
		// Windows says so when its buffer was full.
		if (name === null) events.lost();
		else events.changed(name.replaceAll('\\', '/'));
	});
	watcher.on('error', () => events.lost());
	return { count: () => undefined, renew: () => false, close: () => watcher.close() };
}

interface Watched {
	readonly watcher: Pick<FSWatcher, 'close'>;
	readonly inode: number;
}

function watchEach(options: WatchOptions): Watching {
	const { root, events, watchFolder = nodeWatch } = options;
	let { folders } = options;
	const watched = new Map<string, Watched>();
	let isLimited = false;

	const add = (folder: string): void => {
		if (isLimited || watched.has(folder)) return;
		const path = join(root, folder);
		try {
			const inode = lstatSync(path).ino;
			const watcher = watchFolder(path, { recursive: false }, (kind, name) => {
				if (name === null) events.lost();
				else told(folder === '' ? name : `${folder}/${name}`, kind);
			});
			watcher.on('error', () => events.lost());
			watched.set(folder, { watcher, inode });
		} catch (error) {
			if (isLimit(error)) {
				isLimited = true;
				events.limited(limitText(error, watched.size));
			} else if (folder === '') throw error;
			// Gone meanwhile, or not for us to read.
		}
	};
	const drop = (folder: string): void => {
		if (!watched.has(folder)) return;
		for (const [path, { watcher }] of watched) {
			if (path !== folder && !path.startsWith(`${folder}/`)) continue;
			watcher.close();
			watched.delete(path);
		}
	};
	const told = (path: string, kind: string): void => {
		if (kind === 'rename') {
			const inode = inodeOfFolder(join(root, path));
			if (inode !== watched.get(path)?.inode) drop(path);
			if (inode !== undefined && folders.has(path)) folders.each(path, add);
		}
		events.changed(path);
	};

	folders.each('', add);
	return {
		count: () => watched.size,
		renew(next) {
			folders = next;
			const wanted = new Set<string>();
			folders.each('', (folder) => wanted.add(folder));
			const before = watched.size;
			for (const [path, { watcher }] of watched) {
				if (wanted.has(path)) continue;
				watcher.close();
				watched.delete(path);
				// There is room for others.
				isLimited = false;
			}
			const kept = watched.size;
			for (const folder of wanted) add(folder);
			return kept < before || kept < watched.size;
		},
		close() {
			for (const { watcher } of watched.values()) watcher.close();
			watched.clear();
		},
	};
}

function inodeOfFolder(path: string): number | undefined {
	try {
		const found = lstatSync(path);
		return found.isDirectory() ? found.ino : undefined;
	} catch {
		return undefined;
	}
}

const isLimit = (error: unknown): boolean =>
	errorCode(error) === 'ENOSPC' || errorCode(error) === 'EMFILE';

function limitText(error: unknown, count: number): string {
	if (errorCode(error) === 'EMFILE') {
		return `No more than ${count} folders can be watched: ${errorMessage(error)}. Close other programs that watch files, or raise the limit with: sudo sysctl fs.inotify.max_user_instances=1024`;
	}
	const limit = inotify('max_user_watches');
	return `Linux allows no more watches${limit === undefined ? '' : ` than ${limit} for all programs of a person`}: ${count} folders have one, the others none. Raise the limit with: sudo sysctl fs.inotify.max_user_watches=${Math.max(524_288, 2 * (limit ?? 0))}`;
}

/** Of Linux' limits; undefined elsewhere. */
export function inotify(limit: 'max_user_watches' | 'max_queued_events'): number | undefined {
	try {
		return Number(readFileSync(`/proc/sys/fs/inotify/${limit}`, 'utf8')) || undefined;
	} catch {
		return undefined;
	}
}
