/**
 * The files by which the daemon holds its data folder and is found in it, looked after while it runs. Somebody
 * may remove them: then they are made again, before another daemon takes them for a folder without one. Where the
 * database itself has gone, or another daemon was quicker, this one ends at once.
 */
import { type FSWatcher, lstatSync, readFileSync, watch } from 'node:fs';
import { dirname } from 'node:path';
import { errorCode, errorMessage } from '../../shared/errors.ts';
import type { DataPaths } from '../../shared/paths.ts';
import type { StateFile } from '../../shared/protocol/requests.ts';
import type { Clock, Timer } from '../queue/ports/clock.ts';
import { holdFile } from './heldFile.ts';
import type { InstanceLock } from './lock.ts';

export interface HoldingOptions {
	readonly paths: DataPaths;
	readonly clock: Clock;
	readonly state: StateFile;
	readonly token: string;
	readonly lock: InstanceLock;
	/** The lock by a new file; undefined where another daemon has it. */
	readonly lockAnew: () => InstanceLock | undefined;
	readonly makeFolders: () => void;
	/** By which clients find it and enter. */
	readonly writeFiles: () => void;
	readonly listenAnew: () => Promise<void>;
	/** Everything is there again. */
	readonly mended: () => void;
	/** Nothing here is ours any more. It does not return. */
	readonly lost: (sentence: string) => void;
	readonly warn: (sentence: string) => void;
}

export interface Holding {
	/** Whether work may be begun. A look costs four calls to the system; where something is amiss it is seen to. */
	holds(): boolean;
	/** The lock may be another one than at the start. */
	readonly lock: InstanceLock;
	/** The daemon leaves in order, if there still is anything to leave. */
	close(): void;
}

/** Whoever removes one file may be about to remove them all, and would stumble over those that come back. */
const QUIET_MS = 250;
/** After a mend that failed, as on a full disk. */
const RETRY_MS = 5000;

export function createHolding(options: HoldingOptions): Holding {
	const { paths, clock, state } = options;
	const database = holdFile(paths.database);
	let lock = options.lock;
	let timer: Timer | undefined;
	/** Something is missing, and not yet made again. */
	let amiss = false;
	let mending = false;
	let closed = false;
	const watchers = new Map<string, FSWatcher>();

	/** What it costs to be wrong about these two is the queue: everything else can wait for a quiet moment. */
	function holdsData(): boolean {
		if (database.look() !== 'held') {
			options.lost(`${paths.database} was removed or replaced while the daemon ran.`);
			return false;
		}
		const found = lock.look();
		if (found === 'replaced' && !takeLock()) return false;
		return found !== 'gone';
	}

	function takeLock(): boolean {
		const next = options.lockAnew();
		if (next === undefined) {
			options.lost(`Another daemon has taken ${paths.home}, since this one's lock was removed.`);
			return false;
		}
		lock.drop();
		lock = next;
		return true;
	}

	function isWhole(): boolean {
		return (
			lock.look() === 'held' &&
			isFolder(paths.statusFolder) &&
			says(paths.tokenFile, options.token) &&
			says(paths.stateFile, state.instance) &&
			hasSocket(state.endpoint)
		);
	}

	/** What cannot be looked at, as where the folder lost its permissions, is no reason to end: `mend` says so and looks again. */
	function isSeen(look: () => boolean): boolean {
		try {
			return look();
		} catch {
			return false;
		}
	}

	function lookSoon(ms: number): void {
		if (closed || mending) return;
		timer?.cancel();
		timer = clock.after(ms, () => void mend());
	}

	function changed(): void {
		if (closed || mending) return;
		// Looked at each time: another daemon may come while we wait for quiet.
		const held = isSeen(holdsData);
		amiss ||= !held || !isSeen(isWhole);
		// Every further event puts it off.
		if (amiss) lookSoon(QUIET_MS);
	}

	async function mend(): Promise<void> {
		mending = true;
		try {
			if (!holdsData() || !isWhole()) {
				options.makeFolders();
				// Before others could find us in a folder that is somebody else's by now.
				if (lock.look() !== 'held' && !takeLock()) return;
				options.writeFiles();
				if (!hasSocket(state.endpoint)) await options.listenAnew();
				options.warn(
					'Files by which the daemon is found had been removed while it ran; they are there again.',
				);
			}
			watchFolders();
			amiss = false;
			mending = false;
			options.mended();
		} catch (error) {
			mending = false;
			options.warn(
				`What the daemon is found by in ${paths.run} cannot be looked at, or made again where it was removed: ${errorMessage(error)}`,
			);
			lookSoon(RETRY_MS);
		}
	}

	// A folder that was made anew is another one, though its name is the same.
	function watchFolders(): void {
		for (const watcher of watchers.values()) watcher.close();
		watchers.clear();
		if (closed) return;
		const folders =
			process.platform === 'win32' ? [paths.run] : [paths.run, dirname(state.endpoint)];
		for (const folder of new Set(folders)) {
			try {
				const watcher = watch(folder, { persistent: false }, changed);
				watcher.on('error', () => watcher.close());
				watchers.set(folder, watcher);
			} catch (error) {
				// The system has no watch left: a look before work begins has to do.
				options.warn(`${folder} cannot be watched (${errorMessage(error)}).`);
			}
		}
	}

	watchFolders();
	// Something may have happened since they were made.
	changed();
	return {
		holds() {
			if (amiss) return false;
			if (isSeen(holdsData)) return true;
			changed();
			return false;
		},
		get lock() {
			return lock;
		},
		close() {
			isSeen(holdsData);
			closed = true;
			timer?.cancel();
			for (const watcher of watchers.values()) watcher.close();
		},
	};
}

function isFolder(path: string): boolean {
	return lstatSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}

function hasSocket(endpoint: string): boolean {
	if (process.platform === 'win32') return true;
	return lstatSync(endpoint, { throwIfNoEntry: false })?.isSocket() ?? false;
}

/** Where it cannot be read for a moment it is taken for there: what is missing is told by its absence. */
function says(file: string, text: string): boolean {
	try {
		return readFileSync(file, 'utf8').includes(text);
	} catch (error) {
		return errorCode(error) !== 'ENOENT';
	}
}
