/** The view of search results: all hits by file, to walk through, open to the side, copy and look for again. */
import {
	commands,
	type Disposable,
	EventEmitter,
	env,
	l10n,
	type TreeDataProvider,
	TreeItem,
	TreeItemCollapsibleState,
	type TreeView,
	window,
} from 'vscode';
import { errorMessage } from '../../../shared/errors.ts';
import type { Link } from '../../connection/link.ts';
import { Lifetime } from '../../lifetime.ts';
import { allHits } from '../hits.ts';
import { openHit } from '../open.ts';
import type { Places } from '../places.ts';
import {
	FILE_FLAG,
	HAS_RESULTS,
	HIT_FLAG,
	RESULT_COMMANDS,
	RESULTS_VIEW,
} from './contributions.ts';
import { asText, type FileRow, type HitRow, highlightsOf, rowsOf } from './model.ts';

export interface Results extends Disposable {
	/** Looks for everything that answers the query, and shows it. */
	show(query: string, places: Places): Promise<void>;
}

export interface ResultsPorts {
	readonly link: Pick<Link, 'request'>;
	readonly log: (message: string) => void;
}

type Row = FileRow | HitRow;

/** Of each folder: a list that is longer is walked by nobody. */
const MOST = 1000;
/** Files are folded where there are more than that. */
const UNFOLDED_FILES = 200;

interface Shown {
	readonly query: string;
	readonly places: Places;
	readonly files: readonly FileRow[];
}

export function createResults({ link, log }: ResultsPorts): Results {
	const lifetime = new Lifetime();
	const changes = lifetime.own(new EventEmitter<undefined>());
	let shown: Shown | undefined;
	let running: AbortController | undefined;
	let view: TreeView<Row> | undefined;

	const provider: TreeDataProvider<Row> = {
		onDidChangeTreeData: changes.event,
		getChildren: (row) =>
			row === undefined ? [...(shown?.files ?? [])] : row.kind === 'file' ? [...row.hits] : [],
		getParent: (row) => (row.kind === 'hit' ? row.file : undefined),
		getTreeItem: (row) => (row.kind === 'file' ? fileItem(row) : hitItem(row)),
	};

	function fileItem(row: FileRow): TreeItem {
		const unfolded = (shown?.files.length ?? 0) <= UNFOLDED_FILES;
		const [first] = row.hits;
		const item = new TreeItem(
			row.path.slice(row.path.lastIndexOf('/') + 1),
			unfolded ? TreeItemCollapsibleState.Expanded : TreeItemCollapsibleState.Collapsed,
		);
		if (first !== undefined && shown !== undefined) {
			item.resourceUri = shown.places.locate(first.hit);
			item.tooltip = item.resourceUri.fsPath;
		}
		const slash = row.path.lastIndexOf('/');
		const count = row.hits.length > 1 ? ` · ${row.hits.length}` : '';
		item.description = `${slash < 0 ? '' : row.path.slice(0, slash)}${count}`;
		item.contextValue = FILE_FLAG;
		return item;
	}
	function hitItem(row: HitRow): TreeItem {
		const { hit } = row;
		const item = new TreeItem({
			label: hit.snippet === '' ? ' ' : hit.snippet,
			highlights: highlightsOf(hit, shown?.query ?? ''),
		});
		item.description = String(hit.line);
		item.tooltip = `${hit.path}:${hit.line}:${hit.column}`;
		item.contextValue = HIT_FLAG;
		return item;
	}

	async function look(query: string, places: Places): Promise<void> {
		running?.abort();
		const own = new AbortController();
		running = own;
		const tree = shownView();
		tree.message = l10n.t('Looking for {0}…', query);
		try {
			const found = await allHits(link, await places.workspaces(), query, MOST, own.signal);
			if (own.signal.aborted) return;
			shown = { query, places, files: rowsOf(found.hits) };
			changes.fire(undefined);
			tree.description = query;
			const counted = summary(query, found.hits.length, shown.files.length, found.more);
			tree.message = [counted, ...found.problems].join(' · ');
		} catch (error) {
			if (own.signal.aborted) return;
			log(`Searching failed: ${errorMessage(error)}`);
			tree.message = errorMessage(error);
		}
	}
	function shownView(): TreeView<Row> {
		if (view !== undefined) return view;
		const made = lifetime.own(
			window.createTreeView(RESULTS_VIEW, {
				treeDataProvider: provider,
				canSelectMany: true,
				showCollapseAll: true,
			}),
		);
		// Walking with the keys shows each line, as the editor's own lists of places do.
		lifetime.own(
			made.onDidChangeSelection(({ selection }) => {
				const [row] = selection;
				if (selection.length === 1 && row?.kind === 'hit') void open(row, { look: true });
			}),
		);
		view = made;
		return made;
	}
	const open = (row: HitRow, how: Parameters<typeof openHit>[2]): Promise<void> =>
		shown === undefined ? Promise.resolve() : openHit(row.hit, shown.places.locate(row.hit), how);

	/** The line after, or before, the one that is chosen; from the last one on to the first. */
	async function walk(step: 1 | -1): Promise<void> {
		const rows = shown?.files.flatMap(({ hits }) => hits) ?? [];
		if (rows.length === 0 || view === undefined) return;
		const [chosen] = view.selection;
		const from =
			chosen === undefined
				? step === 1
					? -1
					: 0
				: chosen.kind === 'hit'
					? chosen.number
					: (chosen.hits[0]?.number ?? 0) - (step === 1 ? 1 : 0);
		const row = rows[(from + step + rows.length) % rows.length];
		if (row !== undefined) await view.reveal(row, { select: true, focus: false });
	}
	const meant = (row: unknown, selected: unknown): readonly Row[] => {
		const rows = Array.isArray(selected) && selected.length > 0 ? selected : row ? [row] : [];
		return rows.length > 0 ? (rows as readonly Row[]) : (shown?.files ?? []);
	};
	const bodies: Readonly<
		Record<keyof typeof RESULT_COMMANDS, (row: unknown, selected: unknown) => unknown>
	> = {
		refresh: () => shown && look(shown.query, shown.places),
		copy: (row, selected) => env.clipboard.writeText(asText(meant(row, selected))),
		clear: () => {
			running?.abort();
			shown = undefined;
			changes.fire(undefined);
			void commands.executeCommand('setContext', HAS_RESULTS, false);
		},
		next: () => walk(1),
		previous: () => walk(-1),
		openToSide: (row, selected) => {
			const [first] = meant(row, selected);
			const hit = first?.kind === 'file' ? first.hits[0] : first;
			return hit && open(hit, { beside: true });
		},
	};
	for (const [name, id] of Object.entries(RESULT_COMMANDS)) {
		lifetime.own(commands.registerCommand(id, bodies[name as keyof typeof RESULT_COMMANDS]));
	}

	return {
		async show(query, places) {
			await commands.executeCommand('setContext', HAS_RESULTS, true);
			const looked = look(query, places);
			await commands.executeCommand(`${RESULTS_VIEW}.focus`);
			await looked;
		},
		dispose() {
			running?.abort();
			lifetime.dispose();
		},
	};
}

function summary(query: string, hits: number, files: number, more: boolean): string {
	if (hits === 0) return l10n.t('Nothing found for “{0}”.', query);
	const lines = hits === 1 ? l10n.t('1 line') : l10n.t('{0} lines', hits);
	const places =
		files === 1 ? l10n.t('{0} in 1 file', lines) : l10n.t('{0} in {1} files', lines, files);
	return more ? l10n.t('{0}, the first of more: say more of it.', places) : places;
}
