/** What the daemon's thread and the search thread say to each other. */
import type { ErrorData } from '../../../shared/errors.ts';
import type { DataPaths } from '../../../shared/paths.ts';
import type { Params, Result } from '../../../shared/protocol/requests.ts';

export interface SearcherData {
	readonly paths: DataPaths;
	readonly nativeFolder: string | undefined;
}

export type SearcherMethod = 'index/search' | 'index/status' | 'index/delete';

export type SearcherRequest = {
	[M in SearcherMethod]: { readonly id: number; readonly method: M; readonly params: Params<M> };
}[SearcherMethod];

export type SearcherAnswer =
	| { readonly id: number; readonly result: Result<SearcherMethod> }
	/** `data` is there for the errors that a client may see as they are. */
	| { readonly id: number; readonly message: string; readonly data: ErrorData | undefined };

/** Asks the thread to close its databases and end. */
export const CLOSE = 'close';
