/** The quick pick of Search Index: live hits, opened at their line. */
import {
	commands,
	l10n,
	Position,
	type QuickPickItem,
	Range,
	ThemeIcon,
	type Uri,
	ViewColumn,
	window,
} from 'vscode';
import { errorMessage } from '../../shared/errors.ts';
import type { Hit } from '../../shared/protocol/indexing.ts';
import { COMMANDS } from '../contributions.ts';
import { plainLabel } from '../plainLabel.ts';
import { LiveSearch } from './live.ts';

interface HitItem extends QuickPickItem {
	readonly hit?: Hit;
	readonly command?: string;
}

export interface SearchPickerPorts {
	search(query: string): Promise<Hit[]>;
	/** Folders of this window that have no index yet, by name. */
	unindexed(): Promise<string[]>;
	/** Where a hit is in this window. */
	locate(hit: Hit): Uri;
	/** What stands in the field at first. */
	readonly initial: string;
	readonly log: (message: string) => void;
}

export function openSearchPicker(ports: SearchPickerPorts): void {
	const { initial } = ports;
	const picker = window.createQuickPick<HitItem>();
	picker.title = l10n.t('Search Index');
	picker.placeholder = l10n.t('Words to look for in the indexed files');
	picker.value = initial;

	const live = new LiveSearch<Hit[]>({
		search: ports.search,
		show: (query, hits) => {
			picker.items = hits === undefined ? [] : hits.map(hitItem);
			if (hits?.length === 0) void showNothing(query);
		},
		failed: (error) => {
			ports.log(`Searching failed: ${errorMessage(error)}`);
			picker.items = [note(errorMessage(error))];
		},
		busy: (busy) => {
			picker.busy = busy;
		},
	});

	const showNothing = async (query: string) => {
		picker.items = [note(l10n.t('Nothing found for “{0}”.', query))];
		const folders = await ports.unindexed().catch(() => []);
		if (folders.length === 0 || picker.value.trim() !== query) return;
		const index: HitItem = {
			label: l10n.t('$(database) Index {0} now', plainLabel(folders.join(', '))),
			description: l10n.t('It has no index yet.'),
			alwaysShow: true,
			command: COMMANDS.indexWorkspace.id,
		};
		picker.items = [note(l10n.t('Nothing found for “{0}”.', query)), index];
		picker.activeItems = [index];
	};

	picker.onDidChangeValue((value) => live.type(value));
	picker.onDidAccept(() => {
		const [item] = picker.activeItems;
		if (item?.hit !== undefined) void openHit(item.hit, ports.locate(item.hit), ViewColumn.Active);
		else if (item?.command !== undefined) void commands.executeCommand(item.command);
		else return;
		picker.hide();
	});
	picker.onDidTriggerItemButton(({ item }) => {
		if (item.hit !== undefined) void openHit(item.hit, ports.locate(item.hit), ViewColumn.Beside);
	});
	picker.onDidHide(() => {
		live.dispose();
		picker.dispose();
	});
	picker.show();
	if (initial !== '') live.type(initial);
}

function hitItem(hit: Hit): HitItem {
	const slash = hit.path.lastIndexOf('/');
	return {
		// The list re-sorts rows whose label matches what was typed; the text therefore stands in the detail.
		label: plainLabel(`${hit.path.slice(slash + 1)}:${hit.line}`),
		description: plainLabel(slash < 0 ? '' : hit.path.slice(0, slash)),
		detail: plainLabel(hit.snippet.trim()),
		alwaysShow: true,
		buttons: [{ iconPath: new ThemeIcon('split-horizontal'), tooltip: l10n.t('Open to the Side') }],
		hit,
	};
}

function note(text: string): HitItem {
	return { label: plainLabel(text), alwaysShow: true };
}

async function openHit(hit: Hit, uri: Uri, viewColumn: ViewColumn): Promise<void> {
	const at = new Position(Math.max(0, hit.line - 1), Math.max(0, hit.column - 1));
	try {
		await window.showTextDocument(uri, { selection: new Range(at, at), viewColumn });
	} catch (error) {
		void window.showErrorMessage(
			l10n.t('{0} cannot be opened: {1}', hit.path, errorMessage(error)),
		);
	}
}
