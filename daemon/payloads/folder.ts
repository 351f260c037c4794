/**
 * The folder of payload files: `<ab>/<hash>.zst`, drafts under `drafts/`, and under `inputs/` what runs read. A name is only ever given to
 * content that is complete and on disk, and lasts until it is removed (docs/design.md section 5).
 */
import { closeSync, constants, fsyncSync, mkdirSync, openSync, rmSync } from 'node:fs';
import { type FileHandle, lstat, mkdir, open, readdir, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { errorCode } from '../../shared/errors.ts';

export interface PayloadFolder {
	pathOf(hash: Buffer): string;
	/** A new draft, open for writing. */
	draft(): Promise<Draft>;
	/** A new file for a run to read, open for writing. */
	input(): Promise<Scratch>;
	/** Read only; a link is not followed. @throws NodeJS.ErrnoException */
	open(hash: Buffer): Promise<FileHandle>;
	remove(hash: Buffer): Promise<void>;
	/** The hashes of all files that stand there, folder by folder. */
	scan(): AsyncGenerator<Buffer>;
}

/** A file that lasts until it is closed. */
export interface Scratch {
	readonly handle: FileHandle;
	readonly path: string;
	/** What is written is complete and can be read by its path. */
	seal(): Promise<void>;
	close(): Promise<void>;
}

export interface Draft {
	readonly handle: FileHandle;
	/** Syncs the content, gives it its name, and syncs the name. */
	publish(hash: Buffer): Promise<void>;
	/** Closes it; without a name it is gone. */
	close(): Promise<void>;
}

const SUFFIX = '.zst';
const NAME = /^([0-9a-f]{64})\.zst$/;
const NO_FOLLOW = constants.O_NOFOLLOW ?? 0;

/** Makes the folder, and removes what an interrupted daemon left half written. */
export function createPayloadFolder(root: string): PayloadFolder {
	const drafts = join(root, 'drafts');
	const inputs = join(root, 'inputs');
	const made = mkdirSync(root, { recursive: true, mode: 0o700 });
	if (made !== undefined) syncFolderNow(dirname(made));
	for (const folder of [drafts, inputs]) {
		rmSync(folder, { recursive: true, force: true });
		mkdirSync(folder, { mode: 0o700 });
	}
	/** Fan-out folders whose own entry is known to be on disk. */
	const known = new Set<string>();
	let count = 0;

	function folderOf(hash: Buffer): string {
		return join(root, hash.toString('hex', 0, 1));
	}

	function pathOf(hash: Buffer): string {
		return join(folderOf(hash), hash.toString('hex') + SUFFIX);
	}

	async function ensureFolder(folder: string): Promise<void> {
		if (known.has(folder)) return;
		await mkdir(folder, { mode: 0o700 }).catch((error: unknown) => {
			if (errorCode(error) !== 'EEXIST') throw error;
		});
		// A link here would carry payloads out of the data folder.
		if (!(await lstat(folder)).isDirectory()) throw new Error(`${folder} is not a folder`);
		await syncFolder(root);
		known.add(folder);
	}

	async function give(draft: string, hash: Buffer): Promise<void> {
		const folder = folderOf(hash);
		await ensureFolder(folder);
		try {
			await rename(draft, pathOf(hash));
		} catch (error) {
			// Somebody removed the folder since we made it.
			if (errorCode(error) !== 'ENOENT') throw error;
			known.delete(folder);
			await ensureFolder(folder);
			await rename(draft, pathOf(hash));
		}
		await syncFolder(folder);
	}

	async function scratch(folder: string): Promise<Scratch> {
		const path = join(folder, String(++count));
		const handle = await openNew(path, folder);
		let closed = false;
		async function seal(): Promise<void> {
			if (closed) return;
			closed = true;
			await handle.close();
		}
		return {
			handle,
			path,
			seal,
			async close() {
				await seal();
				await rm(path, { force: true });
			},
		};
	}

	return {
		pathOf,
		async draft() {
			const { handle, path, seal, close } = await scratch(drafts);
			let named = false;
			return {
				handle,
				async publish(hash) {
					await handle.sync();
					// Windows renames no open file.
					await seal();
					await give(path, hash);
					named = true;
				},
				close: async () => (named ? undefined : await close()),
			};
		},
		input: () => scratch(inputs),
		open: (hash) => open(pathOf(hash), constants.O_RDONLY | NO_FOLLOW),
		remove: (hash) => rm(pathOf(hash), { force: true }),
		async *scan() {
			for (const entry of await readdir(root, { withFileTypes: true })) {
				if (!entry.isDirectory() || !/^[0-9a-f]{2}$/.test(entry.name)) continue;
				const folder = join(root, entry.name);
				for (const name of await readdir(folder)) {
					const hex = NAME.exec(name)?.[1];
					if (hex?.startsWith(entry.name)) yield Buffer.from(hex, 'hex');
				}
			}
		},
	};
}

async function openNew(path: string, folder: string): Promise<FileHandle> {
	try {
		return await open(path, 'wx', 0o600);
	} catch (error) {
		if (errorCode(error) !== 'ENOENT') throw error;
		await mkdir(folder, { recursive: true, mode: 0o700 });
		return await open(path, 'wx', 0o600);
	}
}

/** Makes names in the folder durable. Windows keeps them in its journal and opens no folders. */
async function syncFolder(folder: string): Promise<void> {
	if (process.platform === 'win32') return;
	const handle = await open(folder, 'r');
	try {
		await handle.sync();
	} finally {
		await handle.close();
	}
}

function syncFolderNow(folder: string): void {
	if (process.platform === 'win32') return;
	const descriptor = openSync(folder, 'r');
	try {
		fsyncSync(descriptor);
	} finally {
		closeSync(descriptor);
	}
}
