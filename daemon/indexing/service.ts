/** What the daemon offers about its indexes. The work is done by a process that comes and goes with demand. */

import { realpath } from 'node:fs/promises';
import { pathToFileURL } from 'node:url';
import { SemanticaError } from '../../shared/errors.ts';
import type { DataPaths } from '../../shared/paths.ts';
import type { MeaningCost } from '../../shared/protocol/meaning.ts';
import type { Params, Result } from '../../shared/protocol/requests.ts';
import { answering } from '../disks/answering.ts';
import { createProcess } from '../threads/asking.ts';
import { folderPath, trimmed } from './catalogue/location.ts';
import { symbolInformation } from './lspSymbols.ts';
import type { SearcherMethods } from './searcher/messages.ts';

export interface IndexServiceOptions {
	readonly paths: DataPaths;
	/** Folder with SQLite's binaries; undefined in a source checkout. */
	readonly nativeFolder: string | undefined;
	/** The Node, or Electron, that is there to run the searcher. */
	readonly node: () => string;
	/** dist/searcher.js. */
	readonly searcherEntry: string;
	/** Whether jobs that would write to the index of a folder are not finished. */
	readonly isBusy: (workspace: string) => boolean;
	/** How long the searcher waits for another request before it ends. */
	readonly idleMs?: number;
}

export interface IndexService {
	/** An unknown workspace gives an empty list. */
	status(params: Params<'index/status'>): Promise<Result<'index/status'>>;
	/**
	 * @throws SemanticaError NOT_FOUND for a folder that is not indexed, VALIDATION, STORE for a
	 * damaged index; the signal's reason.
	 */
	search(params: Params<'index/search'>, signal?: AbortSignal): Promise<Result<'index/search'>>;
	/** @throws SemanticaError NOT_FOUND for a folder that is not indexed. */
	stale(params: Params<'index/stale'>): Promise<Result<'index/stale'>>;
	/** As `search` for symbols, in LSP's shape. */
	symbols(
		params: Params<'workspace/symbol'>,
		signal?: AbortSignal,
	): Promise<Result<'workspace/symbol'>>;
	/** What it would take to embed a folder. @throws SemanticaError NOT_FOUND for one that is not indexed. */
	meaningCost(asked: { readonly workspace: string; readonly model: string }): Promise<MeaningCost>;
	/** @throws SemanticaError CONFLICT while the folder is being indexed. */
	delete(params: Params<'index/delete'>): Promise<Result<'index/delete'>>;
	/** Ends the searcher after what it was asked before; what comes later is refused. */
	close(): Promise<void>;
}

const IDLE_MS = 60_000;
const ANSWER_MS = 5000;
const LSP_SYMBOLS = 200;

export function createIndexService(options: IndexServiceOptions): IndexService {
	const { paths, nativeFolder } = options;
	const searcher = createProcess<SearcherMethods>({
		node: options.node,
		entry: options.searcherEntry,
		args: nativeFolder === undefined ? [paths.home] : [paths.home, nativeFolder],
		idleMs: options.idleMs ?? IDLE_MS,
		name: 'The search',
	});
	return {
		status: (params) => searcher.ask('index/status', params),
		search: (params, signal) => searcher.ask('index/search', params, signal),
		stale: (params) => searcher.ask('index/stale', params),
		async symbols({ query }, signal) {
			if (query.trim() === '') return [];
			const asked = { query, kind: 'symbols', limit: LSP_SYMBOLS, contextLines: 0 } as const;
			return symbolInformation((await searcher.ask('index/search', asked, signal)).hits);
		},
		meaningCost: (asked) => searcher.ask('meaning/plan', asked),
		async delete(params) {
			const workspace = await nameOf(params.workspace);
			if (options.isBusy(workspace)) throw beingIndexed(workspace);
			return searcher.ask('index/delete', { workspace });
		},
		close: () => searcher.close(),
	};
}

/** A folder that is gone, or on a disk that does not answer, keeps the name it was given. */
async function nameOf(workspace: string): Promise<string> {
	const folder = folderPath(workspace);
	const real = await answering(folder, () => realpath(folder), ANSWER_MS).catch(() =>
		trimmed(folder),
	);
	return pathToFileURL(real).href;
}

/** An indexer would go on with what was deleted, or begin an index that lacks most files. */
function beingIndexed(workspace: string): SemanticaError {
	const folder = folderPath(workspace);
	return new SemanticaError(
		'CONFLICT',
		`${folder} is being indexed. Wait for its jobs, or end them with \`semantica cancel --type index.workspace,index.files,index.meaning --folder ${folder}\`.`,
		{ path: 'workspace' },
	);
}
