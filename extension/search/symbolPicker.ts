/** The quick pick of Go to Symbol in Index: definitions as one types. */
import { commands, l10n, type QuickPickItem, ThemeIcon, window } from 'vscode';
import { errorMessage } from '../../shared/errors.ts';
import type { Hit } from '../../shared/protocol/indexing.ts';
import { plainLabel } from '../plainLabel.ts';
import type { Found } from './hits.ts';
import { LiveSearch } from './live.ts';
import { lookAhead } from './lookAhead.ts';
import { openHit } from './open.ts';
import { beside, note, type PickerPorts, showNothing, titleOf, warning } from './picker.ts';
import { symbolIcon } from './symbolKinds.ts';

interface SymbolItem extends QuickPickItem {
	readonly hit?: Hit;
	readonly command?: string;
}

export function openSymbolPicker(ports: PickerPorts): void {
	const picker = window.createQuickPick<SymbolItem>();
	const title = l10n.t('Go to Symbol in Index');
	picker.title = title;
	picker.placeholder = l10n.t(
		'Name of a function, type, constant or heading; also Type.name, path:src/',
	);
	picker.value = ports.initial;
	const live = new LiveSearch<Found>({
		search: ports.search,
		show: (query, found) => {
			picker.title = titleOf(title, found);
			picker.items = [
				...(found?.hits ?? []).map(symbolItem),
				...(found?.problems ?? []).map(warning),
			];
			if (found?.hits.length === 0) void showNothing(picker, query, found, ports);
		},
		failed: (error) => {
			ports.log(`Looking for symbols failed: ${errorMessage(error)}`);
			picker.items = [note(errorMessage(error))];
		},
		busy: (busy) => {
			picker.busy = busy;
		},
	});
	const look = lookAhead(picker, ports.locate);
	picker.onDidChangeValue((value) => live.type(value));
	picker.onDidAccept(() => {
		const [item] = picker.activeItems;
		if (item?.hit !== undefined) {
			look.taken();
			void openHit(item.hit, ports.locate(item.hit));
		} else if (item?.command !== undefined) void commands.executeCommand(item.command);
		else return;
		picker.hide();
	});
	picker.onDidTriggerItemButton(({ item }) => {
		if (item.hit === undefined) return;
		look.taken();
		void openHit(item.hit, ports.locate(item.hit), { beside: true });
	});
	picker.onDidHide(() => {
		look.left();
		live.dispose();
		picker.dispose();
	});
	picker.show();
	if (ports.initial !== '') live.type(ports.initial);
}

function symbolItem(hit: Hit): SymbolItem {
	const { symbol, path, line } = hit;
	const of = symbol?.container === undefined ? '' : `${symbol.container} · `;
	return {
		label: plainLabel(symbol?.name ?? hit.snippet),
		description: plainLabel(`${of}${path}:${line}`),
		iconPath: new ThemeIcon(symbolIcon(symbol?.kind ?? '')),
		alwaysShow: true,
		buttons: [beside()],
		hit,
	};
}
