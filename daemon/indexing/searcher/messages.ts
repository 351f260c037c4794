/** What the search thread is started with and asked for. */
import type { DataPaths } from '../../../shared/paths.ts';
import type { Params, Result } from '../../../shared/protocol/requests.ts';

export interface SearcherData {
	readonly paths: DataPaths;
	readonly nativeFolder: string | undefined;
}

export type SearcherMethods = {
	readonly [M in 'index/search' | 'index/status' | 'index/stale' | 'index/delete']: {
		params: Params<M>;
		result: Result<M>;
	};
};
