/** The files that have words, of one index or of all of them, merged place by place. */
import { dirname, join, relative, sep } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { errorMessage, SemanticaError } from '../../../shared/errors.ts';
import type { DataPaths } from '../../../shared/paths.ts';
import { guardDamage, unusableCause } from '../catalogue/database.ts';
import { folderPath } from '../catalogue/location.ts';
import type { Scope } from '../files/scope.ts';
import type { WordQuery } from '../words/query.ts';
import type { Indexes } from './indexes.ts';
import type { OpenSegments } from './segments.ts';
import { type LostFiles, rankedIn, readLost } from './words/ranked.ts';
import type { SkippedNames } from './words/skippedNames.ts';

export interface Candidate {
	readonly workspace: string;
	readonly path: string;
	/** Of the file as it was indexed. */
	readonly stamp: string;
	/** The higher the better. */
	readonly score: number;
	/** Why nothing but its path is known; absent where its text is. */
	readonly skipped?: string;
}

export interface Ranking {
	/** The best `take` files, best first. @throws The signal's reason. */
	rank(match: WordQuery, take: number): Promise<Candidate[]>;
	/** Files of which only the path is known, best first. */
	skipped(match: WordQuery): Candidate[];
	/** Why indexes were left out, a sentence each; known once something was ranked. */
	readonly problems: ReadonlySet<string>;
	/** Not all files could be read that no segment has any more. */
	readonly incomplete: boolean;
}

/** An index, and the path in it that is meant: '' for all of it, else with a slash at its end. */
export interface IndexChoice {
	readonly index: string;
	readonly within: string;
}

export interface RankingDependencies {
	readonly paths: DataPaths;
	readonly indexes: Indexes;
	readonly segments: OpenSegments;
	readonly skippedNames: SkippedNames;
	readonly scope: (workspace: string) => Scope;
	readonly signal: AbortSignal;
}

/** How long files are read that no segment has, of each index. */
const LOST_MS = 1000;

/** Ranks the files of indexes, those that `admits` lets in by their path. */
export function createRanking(
	{ paths, indexes, segments, skippedNames, scope, signal }: RankingDependencies,
	choices: readonly IndexChoice[],
	admits: (path: string) => boolean,
): Ranking {
	const lost = new Map<string, LostFiles>();
	const rankIn = ({ index, within }: IndexChoice, match: WordQuery, take: number): Candidate[] => {
		const db = indexes.open(index);
		if (db === undefined) return [];
		const isIn = (path: string): boolean => path.startsWith(within) && admits(path);
		const ranked = guardDamage(paths, index, () =>
			db.transaction(() =>
				rankedIn(db, segments.of(db, index), match, take, isIn, (rows) => {
					const read = lost.get(index) ?? readLost(scope(index), rows, LOST_MS);
					lost.set(index, read);
					return read;
				}),
			)(),
		);
		return ranked.map((file) => ({ workspace: index, ...file }));
	};
	const problems = new Set<string>();
	return {
		problems,
		async rank(match, take) {
			const lists: Candidate[][] = [];
			let unusable: unknown;
			for (const choice of choices) {
				if (lists.length > 0) await turn();
				signal.throwIfAborted();
				try {
					lists.push(rankIn(choice, match, take));
				} catch (error) {
					// One bad index must not hide the others.
					if (unusableCause(error) === undefined) throw error;
					unusable = error;
					problems.add(errorMessage(error));
				}
			}
			if (unusable !== undefined && lists.length === 0) throw unusable;
			const [only = []] = lists;
			return lists.length > 1 ? merge(lists).slice(0, take) : only;
		},
		skipped(match) {
			const files = choices.flatMap(({ index, within }): Candidate[] => {
				const isIn = (path: string): boolean => path.startsWith(within) && admits(path);
				try {
					const db = indexes.open(index);
					if (db === undefined) return [];
					const found = guardDamage(paths, index, () => skippedNames.find(db, index, match, isIn));
					return found.map(({ path, reason, score }) => {
						return { workspace: index, path, stamp: '', score, skipped: reason };
					});
				} catch (error) {
					// Whoever ranks meets it again, and says so.
					if (unusableCause(error) === undefined) throw error;
					return [];
				}
			});
			return files.sort((a, b) => b.score - a.score);
		},
		get incomplete() {
			return [...lost.values()].some(({ incomplete }) => incomplete);
		},
	};
}

/** The index of a folder, or the nearest around it, and where in that the folder lies. */
function coveringIndex(indexes: Indexes, workspace: string): IndexChoice {
	const folder = folderPath(workspace);
	for (let at = folder; ; at = dirname(at)) {
		const index = pathToFileURL(at).href;
		if (indexes.open(index) !== undefined) {
			const names = relative(at, folder).split(sep);
			return { index, within: at === folder ? '' : `${names.join('/')}/` };
		}
		if (dirname(at) === at) throw notIndexed(workspace);
	}
}

/**
 * The indexes that are meant, and why others are left out, a sentence each.
 * @throws SemanticaError NOT_FOUND for a folder that no index covers, STORE where it must be built anew.
 */
export function chooseIndexes(
	indexes: Indexes,
	workspace: string | undefined,
): { readonly usable: readonly IndexChoice[]; readonly problems: string[] } {
	if (workspace !== undefined) {
		return { usable: [coveringIndex(indexes, workspace)], problems: [] };
	}
	const usable: IndexChoice[] = [];
	const problems: string[] = [];
	let unusable: unknown;
	for (const index of indexes.workspaces()) {
		try {
			if (indexes.open(index) !== undefined) usable.push({ index, within: '' });
		} catch (error) {
			// One bad index must not hide the others.
			if (unusableCause(error) === undefined) throw error;
			unusable = error;
			problems.push(errorMessage(error));
		}
	}
	if (unusable !== undefined && usable.length === 0) throw unusable;
	return { usable, problems };
}

/**
 * bm25 counts how rare a word is in one index, so its numbers mean nothing beside those of another:
 * of each index the first come first, then the second. A file in two indexes counts once.
 */
function merge(lists: readonly (readonly Candidate[])[]): Candidate[] {
	const placed = lists.flatMap((list) =>
		list.map((candidate, place) => ({ candidate, score: 1 / (place + 1) })),
	);
	placed.sort((a, b) => b.score - a.score || b.candidate.score - a.candidate.score);
	const files = new Map<string, Candidate>();
	for (const { candidate, score } of placed) {
		const file = join(folderPath(candidate.workspace), candidate.path);
		if (!files.has(file)) files.set(file, { ...candidate, score });
	}
	return [...files.values()];
}

export function notIndexed(workspace: string): SemanticaError {
	const folder = folderPath(workspace);
	return new SemanticaError(
		'NOT_FOUND',
		`${folder} is not indexed yet. Run \`semantica index ${folder}\` first.`,
		{ path: 'workspace' },
	);
}
