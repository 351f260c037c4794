/** What a window shows of its indexes: Search Index, Go to Symbol in Index, Ctrl+T, and the view of results. */
import {
	type CancellationToken,
	type Disposable,
	Location,
	type Memento,
	Range,
	SymbolInformation,
	window,
	workspace,
} from 'vscode';
import { errorMessage } from '../../shared/errors.ts';
import type { Hit } from '../../shared/protocol/indexing.ts';
import { fileUri } from '../commands/arguments.ts';
import type { Link } from '../connection/link.ts';
import { indexedFolder, openFolders } from '../indexing/folders.ts';
import type { IndexedFolders } from '../indexing/indexedFolders.ts';
import type { IndexedFolder } from '../indexing/specs.ts';
import type { Log } from '../log.ts';
import { createHistory } from './history.ts';
import { searchFolders } from './hits.ts';
import { openSearchPicker } from './picker.ts';
import { createPlaces } from './places.ts';
import { createResults } from './results/view.ts';
import { symbolKind } from './symbolKinds.ts';
import { openSymbolPicker } from './symbolPicker.ts';

export interface FacesPorts {
	readonly link: Link;
	readonly indexed: IndexedFolders;
	/** Of this workspace. */
	readonly memory: Memento;
	readonly log: Log;
}

export interface Faces extends Disposable {
	/** In a folder, else in those of this window, with all indexes in them; without a folder, in all there are. */
	search(target: unknown): Promise<void>;
	goToSymbol(): Promise<void>;
	symbols(query: string, cancel: CancellationToken): Promise<SymbolInformation[]>;
}

export function createFaces({ link, indexed, memory, log }: FacesPorts): Faces {
	const history = createHistory(memory);
	const results = createResults({ link, log: (message) => log.warn('search', message) });

	const placesOf = (folders: readonly IndexedFolder[]) => {
		// A daemon that this window has not met, or met in this moment, may know more indexes than were remembered.
		const met = link.state.kind === 'connected' ? indexed.settled() : indexed.refresh();
		const known = met.catch((error) => log.warn('search', `Listing: ${errorMessage(error)}`));
		return createPlaces(folders, indexed, async () => known);
	};
	const unindexed = async (folders: readonly IndexedFolder[]): Promise<string[]> => {
		await indexed.refresh();
		const missing = await Promise.all(
			folders.map(async (folder) => ((await indexed.has(folder)) ? [] : [folder.name])),
		);
		return missing.flat();
	};

	return {
		async search(target) {
			const asked = fileUri(target);
			const folders = asked === undefined ? openFolders() : [indexedFolder(asked)];
			const places = placesOf(folders);
			openSearchPicker({
				search: async (query, signal) =>
					searchFolders(link, await places.workspaces(), { query, signal }),
				locate: places.locate,
				unindexed: async () => (asked === undefined ? unindexed(folders) : []),
				initial: selectedWord(),
				history,
				openResults: (query) => results.show(query, places),
				log: (message) => log.warn('search', message),
			});
		},
		async goToSymbol() {
			const folders = openFolders();
			const places = placesOf(folders);
			openSymbolPicker({
				search: async (query, signal) =>
					searchFolders(link, await places.workspaces(), { query, kind: 'symbols', signal }),
				locate: places.locate,
				unindexed: () => unindexed(folders),
				initial: selectedWord(),
				log: (message) => log.warn('search', message),
			});
		},
		async symbols(query, cancel) {
			const places = placesOf(openFolders());
			const abort = new AbortController();
			const listening = cancel.onCancellationRequested(() => abort.abort());
			try {
				const { signal } = abort;
				const workspaces = await places.workspaces();
				const asked = { query, kind: 'symbols', signal } as const;
				const { hits } = await searchFolders(link, workspaces, asked);
				return hits.map((hit) => informationOf(hit, places.locate));
			} catch (error) {
				if (!cancel.isCancellationRequested) log.warn('search', `Symbols: ${errorMessage(error)}`);
				return [];
			} finally {
				listening.dispose();
			}
		},
		dispose: () => results.dispose(),
	};
}

function informationOf(
	hit: Hit,
	locate: ReturnType<typeof createPlaces>['locate'],
): SymbolInformation {
	const { symbol, line, column, endColumn = column } = hit;
	const range = new Range(line - 1, column - 1, line - 1, endColumn - 1);
	return new SymbolInformation(
		symbol?.name ?? hit.snippet,
		symbolKind(symbol?.kind ?? ''),
		symbol?.container ?? '',
		new Location(locate(hit), range),
	);
}

/** What is selected, when it is one short piece of a line: most often just what is looked for. */
function selectedWord(): string {
	const editor = window.activeTextEditor;
	if (editor === undefined || !editor.selection.isSingleLine || !workspace.isTrusted) return '';
	const text = editor.document.getText(editor.selection).trim();
	return text.length <= 100 ? text : '';
}
