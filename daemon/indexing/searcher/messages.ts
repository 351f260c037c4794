/** What the searcher is started with and asked for. */
import type { DataPaths } from '../../../shared/paths.ts';
import type { MeaningCost } from '../../../shared/protocol/meaning.ts';
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
} & {
	readonly 'meaning/plan': {
		/** Canonical. */
		params: { readonly workspace: string; readonly model: string };
		result: MeaningCost;
	};
};

/** What each of its threads is asked for beside that. */
export type ThreadMethods = SearcherMethods & {
	/** Close what is open of an index that is to be deleted. */
	readonly letGo: { params: { readonly workspace: string }; result: null };
};
