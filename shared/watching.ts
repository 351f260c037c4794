/** What the thread that follows a folder on disk is given, and what it tells. */

export interface WatchedFolder {
	/** Canonical. */
	readonly root: string;
	/** The data folder. */
	readonly home: string;
	readonly exclude: readonly string[];
	readonly defaultExcludes: boolean;
}

export type WatchMessage =
	/** Everything from now on is told. `folders`: how many have a watch; absent where one takes all. */
	| {
			readonly kind: 'watching';
			readonly folders?: number | undefined;
			readonly mostEvents: number;
	  }
	/** Rules have changed, and with them the folders that have a watch. */
	| { readonly kind: 'renewed'; readonly folders?: number | undefined }
	/** A path relative to the root, with forward slashes. */
	| { readonly kind: 'changed'; readonly path: string }
	/** What changed is not known. */
	| { readonly kind: 'lost' }
	/** A sentence; `limited`: not all folders have a watch. */
	| { readonly kind: 'warning'; readonly sentence: string; readonly limited: boolean };

/** What it is told. */
export interface FollowCommand {
	/** The folder has an index: what is said of it from now on holds for what is watched, too. */
	readonly kind: 'indexed';
}
