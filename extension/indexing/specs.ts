/** The job specifications behind the index commands. */
import { posix, relative, sep } from 'node:path';
import type { JobSpecInput } from '../../shared/job.ts';
import type { FolderRules } from '../../shared/protocol/indexing.ts';
import { BY_HAND } from '../jobs/enqueue.ts';
import { ON_OPEN_TAG, ON_SAVE_TAG } from '../jobs/store/groups.ts';

/** A folder as the daemon needs it. */
export interface IndexedFolder {
	readonly uri: string;
	readonly path: string;
	readonly name: string;
}

/**
 * How a whole folder's index starts: because a person asked, whatever the power; or by itself, on battery too
 * or not. What starts by itself waits while the battery is low, by the daemon's own rule.
 */
export type IndexStart = 'by hand' | 'run' | 'wait';

export interface IndexOptions {
	/** What the editor's settings say of the folder; undefined where it keeps what it has. */
	readonly rules: FolderRules | undefined;
	readonly start: IndexStart;
}

const START: Record<IndexStart, Partial<JobSpecInput>> = {
	'by hand': BY_HAND,
	run: {},
	wait: { constraints: { power: 'ac' }, onConstraintLost: 'pause' },
};
/** Below what a person asks for, and not while the window is still opening. */
const BY_ITSELF = { tag: ON_OPEN_TAG, priority: -10, debounceMs: 3_000 } as const;

export function indexWorkspaceSpec(
	folder: IndexedFolder,
	title: string,
	options: IndexOptions,
): JobSpecInput {
	return {
		type: 'index.workspace',
		title: title.slice(0, 200),
		workspace: folder.uri,
		payload: { ...options.rules },
		...START[options.start],
		...(options.start === 'by hand' ? {} : BY_ITSELF),
	};
}

export interface IndexedFile {
	readonly uri: string;
	readonly path: string;
}

/** Files that something else than this editor changed. */
export function indexFilesSpec(folder: IndexedFolder, files: readonly string[]): JobSpecInput {
	return {
		type: 'index.files',
		workspace: folder.uri,
		payload: { files: [...files] },
		tag: ON_SAVE_TAG,
	};
}

/** A burst of saves of one file costs one run. */
const SAVE_DEBOUNCE_MS = 100;

export function indexFileSpec(
	folder: IndexedFolder,
	file: IndexedFile,
	title: string,
	options: { readonly onSave: boolean },
): JobSpecInput {
	return {
		type: 'index.files',
		title: title.slice(0, 200),
		workspace: folder.uri,
		payload: { files: [relative(folder.path, file.path).split(sep).join(posix.sep)] },
		...(Buffer.byteLength(file.uri) <= 512 ? { subject: file.uri } : {}),
		...(options.onSave ? { tag: ON_SAVE_TAG, debounceMs: SAVE_DEBOUNCE_MS } : BY_HAND),
	};
}
