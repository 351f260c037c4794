/** The quick pick of Search Index: live hits by file, opened at their line. */
import {
	commands,
	l10n,
	type QuickInputButton,
	type QuickPickItem,
	ThemeIcon,
	type Uri,
	window,
} from 'vscode';
import { errorMessage } from '../../shared/errors.ts';
import type { Hit } from '../../shared/protocol/indexing.ts';
import { COMMANDS } from '../contributions.ts';
import { plainLabel } from '../plainLabel.ts';
import type { SearchHistory } from './history.ts';
import { byFile, type Found } from './hits.ts';
import { LiveSearch } from './live.ts';
import { lookAhead } from './lookAhead.ts';
import { openHit } from './open.ts';

interface HitItem extends QuickPickItem {
	readonly hit?: Hit;
	readonly command?: string;
	readonly query?: string;
	readonly results?: boolean;
}

export interface PickerPorts {
	search(query: string, signal: AbortSignal): Promise<Found>;
	/** Folders of this window that have no index yet, by name. */
	unindexed(): Promise<string[]>;
	/** Where a hit is in this window. */
	locate(hit: Hit): Uri;
	/** What stands in the field at first. */
	readonly initial: string;
	readonly log: (message: string) => void;
}

export interface SearchPickerPorts extends PickerPorts {
	readonly history: SearchHistory;
	/** Shows all hits in a view of their own. */
	openResults(query: string): Promise<void>;
}

export function openSearchPicker(ports: SearchPickerPorts): void {
	const { initial, history } = ports;
	const picker = window.createQuickPick<HitItem>();
	const title = l10n.t('Search Index');
	picker.title = title;
	picker.placeholder = l10n.t(
		'Words to look for in the indexed files; also "a phrase", /a pattern/, sym:name, path:src/, lang:ts, -not',
	);
	picker.value = initial;
	// So that the list marks it there.
	picker.matchOnDescription = true;
	picker.matchOnDetail = true;
	const all: QuickInputButton = {
		iconPath: new ThemeIcon('list-tree'),
		tooltip: l10n.t('Open Results'),
	};
	picker.buttons = [all];
	const look = lookAhead(picker, ports.locate);
	const openAll = () => {
		const query = picker.value.trim();
		if (query === '') return;
		history.add(query);
		picker.hide();
		void ports.openResults(query);
	};

	const live = new LiveSearch<Found>({
		search: ports.search,
		show: (query, found) => {
			picker.title = titleOf(title, found);
			picker.items = found === undefined ? historyItems(history) : hitItems(found);
			if (found?.hits.length === 0) void showNothing(picker, query, found, ports);
		},
		failed: (error) => {
			ports.log(`Searching failed: ${errorMessage(error)}`);
			picker.items = [note(errorMessage(error))];
		},
		busy: (busy) => {
			picker.busy = busy;
		},
	});

	picker.onDidChangeValue((value) => live.type(value));
	picker.onDidTriggerButton(openAll);
	picker.onDidAccept(() => {
		const [item] = picker.activeItems;
		if (item?.query !== undefined) {
			picker.value = item.query;
			live.type(item.query);
			return;
		}
		if (item?.results) {
			openAll();
			return;
		}
		if (item?.hit !== undefined) {
			look.taken();
			history.add(picker.value.trim());
			void openHit(item.hit, ports.locate(item.hit));
		} else if (item?.command !== undefined) void commands.executeCommand(item.command);
		else return;
		picker.hide();
	});
	picker.onDidTriggerItemButton(({ item }) => {
		if (item.hit === undefined) return;
		look.taken();
		history.add(picker.value.trim());
		void openHit(item.hit, ports.locate(item.hit), { beside: true });
	});
	picker.onDidHide(() => {
		look.left();
		live.dispose();
		picker.dispose();
	});
	picker.show();
	if (initial === '') picker.items = historyItems(history);
	else live.type(initial);
}

export async function showNothing(
	picker: { value: string; items: readonly HitItem[]; activeItems: readonly HitItem[] },
	query: string,
	{ problems }: Found,
	ports: Pick<PickerPorts, 'unindexed'>,
): Promise<void> {
	const nothing = [note(l10n.t('Nothing found for “{0}”.', query)), ...problems.map(warning)];
	picker.items = nothing;
	const folders = await ports.unindexed().catch(() => []);
	if (folders.length === 0 || picker.value.trim() !== query) return;
	const index: HitItem = {
		label: l10n.t('$(database) Index {0} now', plainLabel(folders.join(', '))),
		description: l10n.t('It has no index yet.'),
		alwaysShow: true,
		command: COMMANDS.indexWorkspace.id,
	};
	picker.items = [...nothing, index];
	picker.activeItems = [index];
}

function hitItems({ hits, problems }: Found): HitItem[] {
	const found = byFile(hits).flatMap((file) =>
		file.map((hit, place) => (place === 0 ? firstOfFile(hit) : nextOfFile(hit))),
	);
	// Behind the hits: the first row is the one that Enter takes.
	const items = [...found, ...problems.map(warning)];
	if (hits.length < 2) return items;
	return [
		...items,
		{
			label: l10n.t('$(list-tree) Open Results'),
			description: l10n.t('all of them, to walk through'),
			alwaysShow: true,
			results: true,
		},
	];
}

/** The list hides separators while something is typed, so the first line of a file says which it is. */
function firstOfFile(hit: Hit): HitItem {
	const slash = hit.path.lastIndexOf('/');
	return {
		// The list re-sorts rows whose label matches what was typed, so the text stands elsewhere.
		label: plainLabel(`${hit.path.slice(slash + 1)}:${hit.line}`),
		description: plainLabel(slash < 0 ? '' : hit.path.slice(0, slash)),
		detail: plainLabel(hit.snippet.trim()),
		iconPath: new ThemeIcon('file'),
		alwaysShow: true,
		buttons: [beside()],
		hit,
	};
}

function nextOfFile(hit: Hit): HitItem {
	return {
		label: `\u2003:${hit.line}`,
		description: plainLabel(hit.snippet.trim()),
		alwaysShow: true,
		buttons: [beside()],
		hit,
	};
}

export const beside = (): QuickInputButton => ({
	iconPath: new ThemeIcon('split-horizontal'),
	tooltip: l10n.t('Open to the Side'),
});

const historyItems = (history: SearchHistory): HitItem[] =>
	history.all().map((query) => ({
		label: plainLabel(query),
		iconPath: new ThemeIcon('history'),
		query,
	}));

export function note(text: string): HitItem {
	return { label: plainLabel(text), alwaysShow: true };
}

export const warning = (text: string): HitItem => ({
	...note(text),
	iconPath: new ThemeIcon('warning'),
});

/** Says that something is missing, wherever one is in the list whose end says what. */
export const titleOf = (title: string, found: Found | undefined): string =>
	found === undefined || found.problems.length === 0
		? title
		: l10n.t('{0}: not all of it could be searched', title);
