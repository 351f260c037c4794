/** What to say and offer where a folder is missing or has to be chosen. */
import { commands, l10n, type QuickPickItem, Uri, window } from 'vscode';
import { openFolders } from '../indexing/folders.ts';
import { showInformation } from '../messages.ts';
import { plainLabel } from '../plainLabel.ts';

export async function askForFolder(): Promise<void> {
	const open = l10n.t('Open Folder');
	const choice = await showInformation(
		l10n.t('There is no folder to index. Open one first.'),
		open,
	);
	if (choice === open) await commands.executeCommand('workbench.action.files.openFolder');
}

/** A folder of this window, or any other one. */
export async function chooseFolder(): Promise<Uri | undefined> {
	const folders = openFolders();
	const other: QuickPickItem = { label: l10n.t('$(folder-opened) Other Folder…') };
	if (folders.length > 0) {
		const items = folders.map(({ name, path }) => ({
			label: plainLabel(name),
			description: plainLabel(path),
			path,
		}));
		const picked = await window.showQuickPick<QuickPickItem & { path?: string }>(
			[...items, other],
			{
				title: l10n.t('Index Folder'),
				placeHolder: l10n.t('Choose the folder to index'),
			},
		);
		if (picked === undefined) return undefined;
		if (picked.path !== undefined) return Uri.file(picked.path);
	}
	const [chosen] =
		(await window.showOpenDialog({
			canSelectFiles: false,
			canSelectFolders: true,
			openLabel: l10n.t('Index'),
			title: l10n.t('Index Folder'),
		})) ?? [];
	return chosen;
}
