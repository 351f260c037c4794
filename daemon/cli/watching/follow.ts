/** Follows a folder on disk by a thread, and has what changed looked at in batches. */
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { FollowCommand, WatchedFolder, WatchMessage } from '../../../shared/watching.ts';
import { CliError } from '../errors.ts';
import { type Batch, createBatches } from './batches.ts';

export interface FollowOptions {
	readonly folder: WatchedFolder;
	readonly distFolder: string;
	/** Says what is not told here, a sentence. */
	readonly warn: (sentence: string) => void;
	/** Other rules have changed which folders have a watch, and so many have one now. */
	readonly renewed: (folders: number | undefined) => void;
	/** @throws where it is to be tried again. */
	readonly look: (batch: Batch) => Promise<void>;
	/** Of a look that failed; false ends everything. */
	readonly failed: (error: unknown) => boolean;
	/** The thread ended. */
	readonly ended: (error: unknown) => void;
}

export interface Following {
	/** How many folders have a watch; undefined where one watch takes all. */
	readonly folders: number | undefined;
	/** The folder has an index: what was told since the watches stand is looked at from now on. */
	begin(): void;
	close(): Promise<void>;
}

/** Where not all folders are watched, others' changes are the occasion to look at everything, but not at each. */
const WALK_AGAIN_MS = 60_000;
const WHAT_THEN =
	'Until then what changes there is found when something else changes, a minute after the last look at everything at the earliest, or when another branch is checked out.';

/** Resolves when everything that changes is told. */
export async function followFolder(options: FollowOptions): Promise<Following> {
	let isLimited = false;
	let walkedAt = performance.now();
	const batches = createBatches({
		async look(batch) {
			const isDue = isLimited && performance.now() - walkedAt >= WALK_AGAIN_MS;
			const meant = isDue ? { paths: [], walk: true } : batch;
			await options.look(meant);
			if (meant.walk) walkedAt = performance.now();
		},
		failed: options.failed,
	});
	const worker = new Worker(join(options.distFolder, 'watching.js'), {
		workerData: options.folder,
	});
	const close = async (): Promise<void> => {
		batches.close();
		worker.removeAllListeners();
		await worker.terminate();
	};
	try {
		const folders = await new Promise<number | undefined>((resolve, reject) => {
			worker.on('message', (message: WatchMessage) => {
				if (message.kind === 'changed') batches.changed(message.path);
				else if (message.kind === 'lost') batches.walk();
				else if (message.kind === 'renewed') options.renewed(message.folders);
				else if (message.kind === 'watching') {
					batches.limit(message.mostEvents);
					resolve(message.folders);
				} else {
					isLimited ||= message.limited;
					options.warn(message.limited ? `${message.sentence}\n${WHAT_THEN}` : message.sentence);
				}
			});
			const end = (error: unknown): void => {
				reject(error);
				options.ended(error);
			};
			worker.once('error', end);
			worker.once('exit', () => end(new CliError('The watching of the folder ended by itself.')));
		});
		const begin = (): void => {
			const command: FollowCommand = { kind: 'indexed' };
			worker.postMessage(command);
			batches.begin();
		};
		return { folders, begin, close };
	} catch (error) {
		await close();
		throw error;
	}
}
