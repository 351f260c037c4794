/** Presets and the commands that were run before, as a pick: there each is kept under a name, renamed or forgotten. */
import {
	l10n,
	type QuickInputButton,
	type QuickPickItem,
	QuickPickItemKind,
	ThemeIcon,
	window,
} from 'vscode';
import { plainLabel } from '../plainLabel.ts';
import type { CommandHistory, KnownCommand } from './commandHistory.ts';

type Item = QuickPickItem & { readonly line?: string };

/** Undefined when the person goes back without one. */
export async function pickEarlier(
	history: CommandHistory,
	title: string,
): Promise<string | undefined> {
	for (;;) {
		const chosen = await pick(history, title);
		if (chosen === undefined || !('name' in chosen)) return chosen?.line;
		await nameCommand(history, chosen.line);
	}
}

/** Asks what a command is called that is kept as a preset; false when the person changed their mind. */
export async function nameCommand(history: CommandHistory, line: string): Promise<boolean> {
	const before = history.all().find((one) => one.line === line)?.name ?? '';
	const name = await window.showInputBox({
		title: l10n.t('Keep as Preset: {0}', line),
		prompt: l10n.t('What it is called, here and as a job. Empty: as it stands.'),
		value: before,
		ignoreFocusOut: true,
		validateInput: (text) => {
			const other = history.named(text.trim());
			if (text.trim().length > 200) return l10n.t('A name has 200 characters at most.');
			return other === undefined || other.line === line
				? undefined
				: l10n.t('{0} is called that already.', other.line);
		},
	});
	if (name === undefined) return false;
	await history.keep(line, name.trim());
	return true;
}

/** Rejects nothing: a command that is chosen, or one that wants a name. */
function pick(
	history: CommandHistory,
	title: string,
): Promise<{ readonly line: string } | { readonly line: string; readonly name: true } | undefined> {
	const keep: QuickInputButton = {
		iconPath: new ThemeIcon('pin'),
		tooltip: l10n.t('Keep as Preset…'),
	};
	const rename: QuickInputButton = { iconPath: new ThemeIcon('edit'), tooltip: l10n.t('Rename…') };
	const release: QuickInputButton = {
		iconPath: new ThemeIcon('pinned'),
		tooltip: l10n.t('Keep as Preset No More'),
	};
	const forget: QuickInputButton = {
		iconPath: new ThemeIcon('trash'),
		tooltip: l10n.t('Forget This Command'),
	};
	const ask: QuickInputButton = {
		iconPath: new ThemeIcon('terminal'),
		tooltip: l10n.t('Ask Again Whether a Shell Runs It'),
	};
	const item = ({ line, kept, name, shell }: KnownCommand): Item => {
		const how = shell === undefined ? '' : shell ? l10n.t('in a shell') : l10n.t('directly');
		const more = [name === undefined ? '' : plainLabel(line), how].filter((part) => part !== '');
		const asked = shell === undefined ? [] : [ask];
		return {
			label: plainLabel(name ?? line),
			line,
			...(more.length === 0 ? {} : { description: more.join(' · ') }),
			buttons: kept ? [...asked, rename, release, forget] : [keep, forget],
		};
	};
	const heading = (label: string): Item => ({ label, kind: QuickPickItemKind.Separator });
	const items = (): Item[] => {
		const all = history.all();
		const presets = all.filter(({ kept }) => kept).map(item);
		const others = all.filter(({ kept }) => !kept).map(item);
		return [
			...(presets.length > 0 ? [heading(l10n.t('Presets')), ...presets] : []),
			...(others.length > 0 ? [heading(l10n.t('Earlier Commands')), ...others] : []),
		];
	};

	const quickPick = window.createQuickPick<Item>();
	quickPick.title = title;
	quickPick.placeholder = l10n.t('Choose a command to run again, or to change before');
	quickPick.matchOnDescription = true;
	quickPick.ignoreFocusOut = true;
	quickPick.items = items();
	return new Promise((resolve) => {
		quickPick.onDidTriggerItemButton(async ({ item: { line }, button }) => {
			if (line === undefined) return;
			if (button === keep || button === rename) {
				resolve({ line, name: true });
				quickPick.hide();
				return;
			}
			if (button === forget) await history.forget(line);
			else if (button === ask) await history.answer(line, undefined);
			else await history.keep(line, undefined);
			quickPick.items = items();
		});
		quickPick.onDidAccept(() => {
			const line = quickPick.selectedItems[0]?.line;
			resolve(line === undefined ? undefined : { line });
			quickPick.hide();
		});
		quickPick.onDidHide(() => {
			resolve(undefined);
			quickPick.dispose();
		});
		quickPick.show();
	});
}
