/** The folders of this window that can be indexed, named as the daemon names them. */
import { stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { pathToFileURL } from 'node:url';
import { l10n, type Uri, workspace } from 'vscode';
import { SemanticaError } from '../../shared/errors.ts';
import type { IndexedFolder } from './specs.ts';

export const indexedFolder = (uri: Uri): IndexedFolder => ({
	uri: pathToFileURL(uri.fsPath).href,
	path: uri.fsPath,
	name:
		workspace.getWorkspaceFolder(uri)?.uri.fsPath === uri.fsPath
			? (workspace.getWorkspaceFolder(uri)?.name ?? basename(uri.fsPath))
			: basename(uri.fsPath),
});

/** Local folders only: what lies in a virtual file system is no business of a local process. */
export function openFolders(): IndexedFolder[] {
	return (workspace.workspaceFolders ?? [])
		.filter(({ uri }) => uri.scheme === 'file')
		.map(({ uri }) => indexedFolder(uri));
}

/** @throws SemanticaError with a sentence when the folder was deleted or is not one. */
export async function requireFolder(folder: IndexedFolder): Promise<void> {
	const isFolder = await stat(folder.path).then(
		(found) => found.isDirectory(),
		() => false,
	);
	if (!isFolder) {
		throw new SemanticaError(
			'NOT_FOUND',
			l10n.t('The folder {0} does not exist any more. Open another one.', folder.path),
		);
	}
}
