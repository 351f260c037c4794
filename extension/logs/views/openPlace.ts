/** From a place that a log names to the editor: existing files only, outside of the open folders after a question. */
import { realpath, stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { l10n, Range, Uri, window, workspace } from 'vscode';
import { isInside } from '../../../shared/inside.ts';
import { showWarning } from '../../messages.ts';
import type { NamedPlace } from './places.ts';

/** The file with every link resolved; undefined where there is none. */
export async function existingFile(path: string, folder: string): Promise<string | undefined> {
	try {
		const real = await realpath(resolve(folder, path));
		return (await stat(real)).isFile() ? real : undefined;
	} catch {
		return undefined;
	}
}

export type Target = Pick<NamedPlace, 'line' | 'column'> & { readonly file: string };

export async function openPlace({ file, line = 1, column = 1 }: Target): Promise<void> {
	// Looked at once more: between the look and the click it may have become something else.
	const real = await existingFile(file, '/');
	if (real === undefined) {
		void showWarning(l10n.t('{0} is not there any more.', file));
		return;
	}
	if (!(await isOpen(real))) {
		const open = l10n.t('Open');
		const answer = await window.showWarningMessage(
			l10n.t('Open a file outside of the folders of this window?'),
			{ modal: true, detail: l10n.t('A log names it: {0}', real) },
			open,
		);
		if (answer !== open) return;
	}
	const at = new Range(line - 1, column - 1, line - 1, column - 1);
	await window.showTextDocument(Uri.file(real), { selection: at });
}

async function isOpen(file: string): Promise<boolean> {
	const folders = (workspace.workspaceFolders ?? []).filter(({ uri }) => uri.scheme === 'file');
	const real = await Promise.all(
		folders.map(({ uri }) => realpath(uri.fsPath).catch(() => uri.fsPath)),
	);
	return real.some((folder) => isInside(file, folder));
}
