/** Finding text as it stands: candidates by their segments, each looked at on disk. */
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import type { DataPaths } from '../../../../shared/paths.ts';
import type { Hit } from '../../../../shared/protocol/indexing.ts';
import { guardDamage } from '../../catalogue/database.ts';
import { folderPath } from '../../catalogue/location.ts';
import type { Scope } from '../../files/scope.ts';
import { around } from '../../words/lines.ts';
import { priorOf } from '../../words/paths.ts';
import type { Position } from '../cursor.ts';
import type { Indexes } from '../indexes.ts';
import type { Candidates, Pages } from '../pages.ts';
import type { IndexChoice } from '../ranking.ts';
import type { OpenSegments } from '../segments.ts';
import { candidatesIn, type TextCandidate } from './candidates.ts';
import type { Asked } from './language.ts';
import { type Looking, linesIn } from './lines.ts';
import { createPattern } from './pattern.ts';

export interface TextSearchDependencies {
	readonly paths: DataPaths;
	readonly indexes: Indexes;
	readonly segments: OpenSegments;
	readonly scope: (workspace: string) => Scope;
	readonly signal: AbortSignal;
	/** The search as one that has pages; undefined where nobody will ask for another one. */
	readonly paged?: { readonly pages: Pages<TextCandidate>; readonly search: string } | undefined;
}

export interface TextSearchOptions {
	readonly limit: number;
	/** Lines of one file. */
	readonly perFile: number;
	readonly contextLines: number;
	/** Where to begin: `reading` is the number of the file, `offset` the line behind which. */
	readonly from: Position;
	readonly budgetMs: number;
}

export interface TextPage {
	readonly hits: Hit[];
	/** Undefined where nothing is left. */
	readonly next: Position | undefined;
	/** The time was over before enough was found. */
	readonly incomplete: boolean;
}

/** Other requests, and a cancellation of this one, are read so often, ms. */
const TURN_MS = 8;

/** @throws SemanticaError VALIDATION for a pattern that is refused; the signal's reason. */
export async function searchText(
	dependencies: TextSearchDependencies,
	choices: readonly IndexChoice[],
	asked: Asked,
	{ limit, perFile, contextLines, from, budgetMs }: TextSearchOptions,
): Promise<TextPage> {
	const { scope, signal, paged } = dependencies;
	const begun = performance.now();
	const patterns = (terms: Asked['shown']) =>
		terms.map((term) => createPattern(term, asked.caseSensitive));
	const looking: Looking = {
		shown: patterns(asked.shown),
		required: patterns(asked.required),
		excluded: patterns(asked.excluded),
		whole: contextLines > 0,
	};
	const findAll = (): Candidates<TextCandidate> => {
		const items = candidatesOf(dependencies, choices, asked, looking);
		return { first: 0, items, count: items.length };
	};
	const isFirst = from.reading === 0 && from.offset === 0;
	// As they were for the page before, in their order: what came since is not among them.
	const kept = isFirst ? undefined : paged?.pages.take(paged.search, from.reading);
	let candidates = kept ?? findAll();
	const goOn = (reading: number, isOver: boolean): TextPage => {
		paged?.pages.keep(paged.search, candidates, reading);
		return { hits, next: { reading, offset: after }, incomplete: isOver };
	};
	const hits: Hit[] = [];
	let turned = begun;
	let after = from.offset;
	for (let number = from.reading; number < candidates.count; number++) {
		const now = performance.now();
		if (now - begun > budgetMs) return goOn(number, true);
		if (now - turned > TURN_MS) {
			await turn();
			signal.throwIfAborted();
			turned = performance.now();
		}
		// Not all of them were kept.
		if (number >= candidates.first + candidates.items.length) candidates = findAll();
		const candidate = candidates.items[number - candidates.first];
		if (candidate === undefined) break;
		const wanted = { most: perFile, after, enough: limit - hits.length + 1 };
		const { lines, text } = linesIn(scope(candidate.workspace), candidate, looking, wanted);
		for (const { pattern, ...place } of lines) {
			if (place.line <= after) continue;
			if (hits.length === limit) return goOn(number, false);
			after = place.line;
			hits.push({
				workspace: candidate.workspace,
				path: candidate.path,
				...place,
				kind: asked.shown[pattern]?.kind ?? 'text',
				score: 1 / (number + 1),
				...(text === undefined ? {} : around(text, place.line, contextLines)),
			});
		}
		after = 0;
	}
	return { hits, next: undefined, incomplete: false };
}

/** In a stable order: sources before tests and copies, then by path. A file in two indexes counts once. */
function candidatesOf(
	{ paths, indexes, segments }: TextSearchDependencies,
	choices: readonly IndexChoice[],
	asked: Asked,
	{ shown, required }: Looking,
): TextCandidate[] {
	// Lines of several are shown, but the file must have all that was asked for.
	const wanted = [...shown.slice(0, 1), ...required].map(({ keys }) => keys);
	const files = new Map<string, TextCandidate>();
	for (const { index, within } of choices) {
		const db = indexes.open(index);
		if (db === undefined) continue;
		const admits = (path: string): boolean => path.startsWith(within) && asked.admitsPath(path);
		const found = guardDamage(paths, index, () =>
			db.transaction(() => candidatesIn(db, segments.of(db, index), index, wanted, admits))(),
		);
		const root = folderPath(index);
		for (const candidate of found) {
			const file = join(root, candidate.path);
			if (!files.has(file)) files.set(file, candidate);
		}
	}
	return [...files.values()]
		.map((candidate) => ({ candidate, prior: priorOf(candidate.path) }))
		.sort((a, b) => b.prior - a.prior || (a.candidate.path < b.candidate.path ? -1 : 1))
		.map(({ candidate }) => candidate);
}
