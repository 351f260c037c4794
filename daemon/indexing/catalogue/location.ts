/** Where the index of a workspace folder stands, and what a folder is called. */
import { createHash } from 'node:crypto';
import { readFileSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { isShortage, SemanticaError } from '../../../shared/errors.ts';
import type { DataPaths } from '../../../shared/paths.ts';

export const DATABASE_FILE = 'index.db';
/** Holds the URI of the folder: readable for people, and when the database is not. */
export const WORKSPACE_FILE = 'workspace';

/** The folder with the index of a workspace. `workspace` is a canonical folder URI. */
export function indexFolder(paths: DataPaths, workspace: string): string {
	const name = createHash('sha256').update(workspace).digest('hex').slice(0, 32);
	return join(paths.indexes, name);
}

/** Whose index stands in `folder`; undefined where there is none. */
export function workspaceIn(folder: string): string | undefined {
	try {
		return readFileSync(join(folder, WORKSPACE_FILE), 'utf8') || undefined;
	} catch (error) {
		if (isShortage(error)) throw error;
		return undefined;
	}
}

/**
 * @throws SemanticaError VALIDATION at `workspace` for anything but a `file:` URI of this
 * machine.
 */
export function folderPath(workspace: string): string {
	try {
		return fileURLToPath(workspace);
	} catch {
		throw new SemanticaError(
			'VALIDATION',
			`"${workspace}" is not the URI of a folder on this machine. Give one like file:///home/me/project.`,
			{ path: 'workspace' },
		);
	}
}

/**
 * The URI under which a folder was indexed, however it is written; folders that are gone keep
 * their name.
 */
export function canonicalWorkspace(workspace: string): string {
	const folder = folderPath(workspace);
	try {
		return pathToFileURL(realpathSync.native(folder)).href;
	} catch {
		return pathToFileURL(trimmed(folder)).href;
	}
}

/** How a folder that is gone is named: as it was given, without what stands at its end. */
export function trimmed(folder: string): string {
	return folder.length > 1 ? folder.replace(/[\\/]+$/, '') : folder;
}
