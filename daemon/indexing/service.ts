/**
 * What the daemon offers about its indexes. The work is done on a thread that comes and goes with
 * demand.
 */
import { SemanticaError } from '../../shared/errors.ts';
import type { DataPaths } from '../../shared/paths.ts';
import type { Params, Result } from '../../shared/protocol/requests.ts';
import { canonicalWorkspace, folderPath } from './catalogue/location.ts';
import type { SearcherMethod } from './searcher/messages.ts';
import { SearcherDied, type SearcherThread, startSearcher } from './searcher/thread.ts';

export interface IndexServiceOptions {
	readonly paths: DataPaths;
	/** Folder with SQLite's binaries; undefined in a source checkout. */
	readonly nativeFolder: string | undefined;
	/** dist/searcher.js. */
	readonly searcherEntry: string;
	/** Whether jobs that would write to the index of a folder are not finished. */
	readonly isBusy: (workspace: string) => boolean;
	/** How long the thread waits for another request before it ends. */
	readonly idleMs?: number;
}

export interface IndexService {
	/** An unknown workspace gives an empty list. */
	status(params: Params<'index/status'>): Promise<Result<'index/status'>>;
	/**
	 * @throws SemanticaError NOT_FOUND for a folder that is not indexed, VALIDATION, STORE for a
	 * damaged index.
	 */
	search(params: Params<'index/search'>): Promise<Result<'index/search'>>;
	/** @throws SemanticaError CONFLICT while the folder is being indexed. */
	delete(params: Params<'index/delete'>): Promise<Result<'index/delete'>>;
	/** Ends the thread after what it was asked before; what comes later is refused. */
	close(): Promise<void>;
}

const IDLE_MS = 60_000;

export function createIndexService(options: IndexServiceOptions): IndexService {
	const { paths, nativeFolder, searcherEntry, idleMs = IDLE_MS } = options;
	let thread: SearcherThread | undefined;
	let idle: NodeJS.Timeout | undefined;
	let closed = false;

	const start = (): SearcherThread => {
		const started = startSearcher(searcherEntry, { paths, nativeFolder }, () => {
			if (thread === started) thread = undefined;
		});
		return started;
	};

	const stop = async (): Promise<void> => {
		clearTimeout(idle);
		const ending = thread;
		thread = undefined;
		await ending?.close();
	};

	const askOnce = async <M extends SearcherMethod>(
		method: M,
		params: Params<M>,
	): Promise<Result<M>> => {
		clearTimeout(idle);
		thread ??= start();
		const asked = thread;
		try {
			return await asked.ask(method, params);
		} finally {
			clearTimeout(idle);
			if (thread === asked && asked.waiting === 0) idle = setTimeout(stop, idleMs).unref();
		}
	};

	const ask = async <M extends SearcherMethod>(
		method: M,
		params: Params<M>,
	): Promise<Result<M>> => {
		if (closed) {
			throw new SemanticaError(
				'DRAINING',
				'The Semantica daemon is ending. Run the command again.',
			);
		}
		try {
			return await askOnce(method, params);
		} catch (error) {
			// Once more on a new thread: another request may have been what the old one died of.
			if (error instanceof SearcherDied && !closed) return askOnce(method, params);
			throw error;
		}
	};

	return {
		status: (params) => ask('index/status', params),
		async search(params) {
			if (params.kind === 'symbols') throw noSymbols();
			return ask('index/search', params);
		},
		async delete(params) {
			const workspace = canonicalWorkspace(params.workspace);
			if (options.isBusy(workspace)) throw beingIndexed(workspace);
			return ask('index/delete', params);
		},
		close() {
			closed = true;
			return stop();
		},
	};
}

function noSymbols(): SemanticaError {
	return new SemanticaError(
		'VALIDATION',
		'Symbol search is not available in this version of Semantica. Search for words instead.',
		{ path: 'kind' },
	);
}

/** An indexer would go on with what was deleted, or begin an index that lacks most files. */
function beingIndexed(workspace: string): SemanticaError {
	const folder = folderPath(workspace);
	return new SemanticaError(
		'CONFLICT',
		`${folder} is being indexed. Wait for its jobs, or end them with \`semantica cancel --type index.workspace,index.files --folder ${folder}\`.`,
		{ path: 'workspace' },
	);
}
