/**
 * Named pipes where git looks for files of its own, as `.gitignore`: it opens them and waits for a writer, for
 * ever. Opened for writing and closed again, each counts as empty, and git goes on.
 */
import { closeSync, constants, openSync, statSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';

/** git is rarely busy for so long; a look at every folder costs about as much as git's own. */
const FIRST_LOOK_MS = 3000;
/** git may meet the next pipe at once. */
const NEXT_LOOK_MS = 100;

export interface PipeWatchOptions {
	/** The top of the working tree. */
	readonly top: string;
	/** Files outside of it that git reads, too. */
	readonly others: () => Promise<readonly string[]>;
	readonly onFreed: (path: string) => void;
}

/** Frees git from pipes until the answer is called; looks after longer and longer waits. */
export function freeFromPipes({ top, others, onFreed }: PipeWatchOptions): () => void {
	// There are none in Windows' file systems.
	if (process.platform === 'win32') return () => {};
	let stopped = false;
	let timer: NodeJS.Timeout | undefined;
	const arm = (wait: number): void => {
		if (!stopped) timer = setTimeout(() => void look(wait), wait);
	};
	const look = async (waited: number): Promise<void> => {
		let freed = false;
		for await (const path of candidates(top, await others(), () => stopped)) {
			if (stopped) return;
			if (!free(path)) continue;
			freed = true;
			onFreed(path);
		}
		arm(freed ? NEXT_LOOK_MS : Math.max(FIRST_LOOK_MS, waited * 2));
	};
	arm(FIRST_LOOK_MS);
	return () => {
		stopped = true;
		clearTimeout(timer);
	};
}

async function* candidates(
	top: string,
	others: readonly string[],
	isStopped: () => boolean,
): AsyncGenerator<string> {
	yield* others;
	yield* filesIn(join(top, '.git'), () => true);
	const folders = [top];
	for (let folder = folders.pop(); folder !== undefined; folder = folders.pop()) {
		if (isStopped()) return;
		yield* filesIn(folder, (name) => name === '.gitignore', folders);
	}
}

/** Files of a folder that `concerns` picks; the folders in it are added to `folders`. */
async function* filesIn(
	folder: string,
	concerns: (name: string) => boolean,
	folders: string[] = [],
): AsyncGenerator<string> {
	const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
	for (const entry of entries) {
		const path = join(folder, entry.name);
		if (!entry.isDirectory()) {
			if (concerns(entry.name)) yield path;
		} else if (entry.name !== '.git') folders.push(path);
	}
}

/** Whether somebody waited for a writer. */
function free(path: string): boolean {
	try {
		if (!statSync(path).isFIFO()) return false;
		closeSync(openSync(path, constants.O_WRONLY | constants.O_NONBLOCK));
		return true;
	} catch {
		// ENXIO, mostly: nobody reads it.
		return false;
	}
}
