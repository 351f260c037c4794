/** Where a command runs: the folder that it was called on, one of the window, or the home folder. */
import { stat } from 'node:fs/promises';
import { homedir } from 'node:os';
import { basename, dirname } from 'node:path';
import { l10n, Uri, window, workspace } from 'vscode';
import { SemanticaError } from '../../shared/errors.ts';
import type { PlaceOfJobs } from '../environment/chooseEnvironment.ts';
import { indexedFolder } from '../indexing/folders.ts';

export interface WhereItRuns {
	readonly path: string;
	/** Of the folder of the workspace around it; null without any. */
	readonly uri: string | null;
}

/**
 * What it was called on in the explorer, or the folder that holds it; of the workspace around it.
 * @throws SemanticaError NOT_FOUND where that is gone.
 */
export async function folderOf(target: Uri): Promise<WhereItRuns> {
	const isFolder = (await there(target.fsPath)).isDirectory();
	const path = isFolder ? target.fsPath : dirname(target.fsPath);
	const around = workspace.getWorkspaceFolder(target);
	return { path, uri: indexedFolder(around?.uri ?? Uri.file(path)).uri };
}

/**
 * The folder of the window, the chosen one of several, or the home folder without any.
 * @throws SemanticaError NOT_FOUND where it is gone.
 */
export async function chooseCwd(): Promise<WhereItRuns | undefined> {
	const folders = (workspace.workspaceFolders ?? []).filter(({ uri }) => uri.scheme === 'file');
	const [only] = folders;
	if (only === undefined) return { path: homedir(), uri: null };
	if (folders.length === 1) return chosen(only.uri);
	const picked = await window.showWorkspaceFolderPick({
		placeHolder: l10n.t('Choose the folder to run the command in'),
	});
	return picked && chosen(picked.uri);
}

async function chosen(uri: Uri): Promise<WhereItRuns> {
	await there(uri.fsPath);
	return indexedFolder(uri);
}

const there = (path: string) =>
	stat(path).catch(() => {
		throw new SemanticaError('NOT_FOUND', l10n.t('{0} is not there any more.', path));
	});

/** As its environment is kept: one for all of a folder of the workspace. */
export function placeOf({ path, uri }: WhereItRuns): PlaceOfJobs {
	const root = uri === null ? path : Uri.parse(uri).fsPath;
	return { path: root, key: Uri.file(root).toString(), name: basename(root) };
}
