/** The search by meaning: what is near to a query, in files as they are now. */
import { errorMessage } from '../../../shared/errors.ts';
import type { Hit } from '../../../shared/protocol/indexing.ts';
import type { IndexHome } from '../catalogue/database.ts';
import { indexFolder } from '../catalogue/location.ts';
import { readContent } from '../files/content.ts';
import type { Scope } from '../files/scope.ts';
import type { SearchClock } from '../searcher/clock.ts';
import { around, snippetOf } from '../words/lines.ts';
import type { Found } from '../words/locate.ts';
import { priorOf } from '../words/paths.ts';
import { chunkKey, linesOf, textOf } from './chunks.ts';
import { createEmbedder, type Fetch } from './client.ts';
import { type Meaning, readMeaning } from './entries.ts';
import { type Near, nearest } from './nearest.ts';
import { keyed } from './pending.ts';
import { isThere, meaningFolder } from './segmentFiles.ts';
import { readMeaningNumbers, readMeaningStore } from './store.ts';

/** So long a query waits for its vector; after a failure the endpoint is left alone for a while. */
const ANSWER_WITHIN_MS = 2000;
const LEFT_ALONE_MS = 10_000;
/** Vectors of queries that are kept: of the next page, and of what is asked again. */
const REMEMBERED = 32;
/** A file that is larger is not cut into chunks for one hit. */
const READ_BYTES = 4 * 1024 * 1024;
/** What the kind of a file counts for beside how near it is. */
const PRIOR_SHARE = 0.1;

export interface MeaningQuery {
	/** The words, as they were typed. */
	readonly text: string;
	/** Folders of indexes, and which part of each is meant. */
	readonly choices: readonly { readonly index: string; readonly within: string }[];
	readonly scope: (workspace: string) => Scope;
	readonly locate: (text: string) => Found | undefined;
	readonly contextLines: number;
	/** Hits of each index at the most, a file each. */
	readonly most: number;
	readonly clock: SearchClock;
	readonly signal: AbortSignal;
}

export interface MeaningAnswer {
	/** Of each index that has it, best first. */
	readonly lists: Hit[][];
	/** Why it is not in the answer, a sentence each. */
	readonly problems: string[];
}

export interface MeaningLeg {
	/** @throws The signal's reason, nothing else. */
	find(query: MeaningQuery): Promise<MeaningAnswer>;
}

/** To be asked before this file is loaded: where nobody has switched it on, nothing of it is. */
export const isMeant = (home: IndexHome, workspace: string): boolean =>
	isThere(meaningFolder(indexFolder(home.paths, workspace)));

export function createMeaningLeg(
	home: IndexHome,
	fetch: Fetch = (url, init) => globalThis.fetch(url, init),
	now: () => number = () => performance.now(),
): MeaningLeg {
	const vectors = new Map<string, number[]>();
	const away = new Map<string, { readonly until: number; readonly why: string }>();

	async function vectorOf(
		text: string,
		meaning: Meaning,
		dimension: number,
		signal: AbortSignal,
	): Promise<number[]> {
		const id = JSON.stringify([meaning.url, meaning.model, dimension, text]);
		const known = vectors.get(id);
		if (known !== undefined) return known;
		const failed = away.get(meaning.url);
		if (failed !== undefined && now() < failed.until) throw new Error(failed.why);
		try {
			const embedder = createEmbedder(meaning, fetch, dimension);
			const [vector = []] = await embedder.embed([text], 'query', ANSWER_WITHIN_MS, signal);
			away.delete(meaning.url);
			vectors.set(id, vector);
			const [oldest] = vectors.keys();
			if (vectors.size > REMEMBERED && oldest !== undefined) vectors.delete(oldest);
			return vector;
		} catch (error) {
			signal.throwIfAborted();
			away.set(meaning.url, { until: now() + LEFT_ALONE_MS, why: errorMessage(error) });
			throw error;
		}
	}

	async function findIn(
		{ index, within }: MeaningQuery['choices'][number],
		meaning: Meaning,
		query: MeaningQuery,
	): Promise<Hit[]> {
		const folder = meaningFolder(indexFolder(home.paths, index));
		const numbers = readMeaningStore(home, folder, readMeaningNumbers);
		// Nothing is embedded yet, or by another model.
		if (numbers?.dimension == null || numbers.model !== meaning.model) return [];
		const vector = await vectorOf(query.text, meaning, numbers.dimension, query.signal);
		const near = (await nearest(home, folder, vector, query.clock.breathe))
			.filter(({ path }) => path.startsWith(within))
			.map((one) => ({ ...one, likeness: one.likeness + PRIOR_SHARE * priorOf(one.path) }))
			.sort((a, b) => b.likeness - a.likeness);
		const hits: Hit[] = [];
		const files = new Set<string>();
		for (const one of near) {
			if (hits.length === query.most || query.clock.isOver()) break;
			if (files.has(one.path)) continue;
			await query.clock.breathe();
			const hit = lookAt(one, index, meaning.model, query);
			if (hit === undefined) continue;
			files.add(one.path);
			hits.push(hit);
		}
		return hits;
	}

	return {
		async find(query) {
			const lists: Hit[][] = [];
			const problems = new Set<string>();
			for (const choice of query.choices) {
				const meaning = isMeant(home, choice.index)
					? readMeaning(home.paths, choice.index)
					: undefined;
				if (meaning === undefined) continue;
				try {
					const hits = await findIn(choice, meaning, query);
					if (hits.length > 0) lists.push(hits);
				} catch (error) {
					query.signal.throwIfAborted();
					problems.add(`Not searched by meaning: ${errorMessage(error)}`);
				}
			}
			return { lists, problems: [...problems] };
		},
	};
}

/** The chunk in its file as that is now, wherever it stands there by now; undefined where it is gone. */
function lookAt(
	near: Near,
	workspace: string,
	model: string,
	{ scope, locate, contextLines }: MeaningQuery,
): Hit | undefined {
	const { path, likeness } = near;
	const content = readContent(scope(workspace), path, READ_BYTES);
	if (content.kind !== 'text') return undefined;
	const text = content.text.toString();
	const lines = linesOf(text);
	const isThere = chunkKey(model, textOf(lines, near.first, near.last)).equals(near.key);
	const chunk = isThere ? near : keyed(path, text, model).find((one) => one.key.equals(near.key));
	if (chunk === undefined) return undefined;
	const { symbol, first, last } = chunk;
	const found = symbol === undefined ? locate(textOf(lines, first, last))?.place() : undefined;
	const line = symbol?.line ?? (found === undefined ? first : first + found.line - 1);
	const own = lines[line - 1] ?? '';
	const column = symbol?.column ?? found?.column ?? own.search(/\S|$/) + 1;
	return {
		workspace,
		path,
		line,
		column,
		kind: 'meaning',
		...(symbol === undefined
			? {}
			: {
					symbol: {
						name: symbol.name,
						kind: symbol.kind,
						...(symbol.container === '' ? {} : { container: symbol.container }),
					},
				}),
		snippet: snippetOf(own, column - 1),
		score: likeness,
		...(contextLines === 0 ? {} : around(text, line, contextLines)),
	};
}
