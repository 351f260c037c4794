/** The commands that were run before, as a pick: kept ones on top, each can be kept or forgotten there. */
import { l10n, type QuickInputButton, type QuickPickItem, ThemeIcon, window } from 'vscode';
import type { CommandHistory } from './commandHistory.ts';

type Item = QuickPickItem & { readonly line: string };

/** Undefined when the person goes back without one. */
export function pickEarlier(history: CommandHistory, title: string): Promise<string | undefined> {
	const keep: QuickInputButton = {
		iconPath: new ThemeIcon('pin'),
		tooltip: l10n.t('Keep on Top'),
	};
	const release: QuickInputButton = {
		iconPath: new ThemeIcon('pinned'),
		tooltip: l10n.t('Do Not Keep on Top'),
	};
	const forget: QuickInputButton = {
		iconPath: new ThemeIcon('trash'),
		tooltip: l10n.t('Forget This Command'),
	};
	const items = (): Item[] =>
		history.all().map(({ line, kept }) => ({
			label: line,
			line,
			...(kept ? { description: l10n.t('kept') } : {}),
			buttons: [kept ? release : keep, forget],
		}));

	const pick = window.createQuickPick<Item>();
	pick.title = title;
	pick.placeholder = l10n.t('Choose a command to run again, or to change before');
	pick.ignoreFocusOut = true;
	pick.items = items();
	return new Promise((resolve) => {
		pick.onDidTriggerItemButton(async ({ item, button }) => {
			if (button === forget) await history.forget(item.line);
			else await history.keep(item.line, button === keep);
			pick.items = items();
		});
		pick.onDidAccept(() => {
			resolve(pick.selectedItems[0]?.line);
			pick.hide();
		});
		pick.onDidHide(() => {
			resolve(undefined);
			pick.dispose();
		});
		pick.show();
	});
}
