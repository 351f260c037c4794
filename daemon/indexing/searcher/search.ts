/** From a query to lines in files as they are on disk now. */
import { isAscii } from 'node:buffer';
import type { DataPaths } from '../../../shared/paths.ts';
import type { Hit } from '../../../shared/protocol/indexing.ts';
import type { Params, Result } from '../../../shared/protocol/requests.ts';
import { canonicalWorkspace, folderPath } from '../catalogue/location.ts';
import { readContent } from '../files/content.ts';
import { probe } from '../files/probe.ts';
import { ownFolder, type Scope, scopeOf } from '../files/scope.ts';
import { fuse } from '../meaning/fuse.ts';
import { trigramsOf } from '../segments/trigrams.ts';
import { around, composed, firstLine } from '../words/lines.ts';
import { createLocator, type Found } from '../words/locate.ts';
import { WORTH_OF_DEFINED_NAME } from '../words/oneName.ts';
import { stemOfPath } from '../words/paths.ts';
import { parseQuery, readingsOf } from '../words/query.ts';
import { createClock, type SearchClock } from './clock.ts';
import { readCursor, writeCursor } from './cursor.ts';
import type { Indexes } from './indexes.ts';
import type { Meant } from './meant.ts';
import type { Pages } from './pages.ts';
import { type Candidate, chooseIndexes, createRanking } from './ranking.ts';
import { bestFirst, NAMES_LOOKED_AT, REORDERED_AT_MOST, type Seen } from './reorder.ts';
import type { OpenSegments } from './segments.ts';
import { searchSymbols } from './symbols/search.ts';
import type { TextCandidate } from './text/candidates.ts';
import { type Asked, readAsked } from './text/language.ts';
import { createPattern } from './text/pattern.ts';
import { searchText } from './text/search.ts';
import { type SkippedNames, whySkipped } from './words/skippedNames.ts';

/**
 * Files that are gone or no longer match are left out of a page; as many are kept ready to stand
 * in.
 */
const SPARE = 20;
/**
 * Whatever the limit at indexing was, a file that has grown beyond this is not read for one line.
 */
const READ_BYTES = 64 * 1024 * 1024;

/** What stands in front of ranked words where they stand so in files, and how long it is looked for. */
const LITERAL_FILES = 10;
const LITERAL_MS = 300;
/** Then a page says that it is incomplete. */
const PAGE_MS = 5000;
const LINES_PER_FILE = 10_000;
/** Hits by meaning beside a page's; they take half of it at the most. */
const MEANT_HITS = 10;
/** Of sums that are equal. */
const ROUNDING = 1e-6;
const START = { reading: 0, offset: 0 };

export interface SearchDependencies {
	readonly paths: DataPaths;
	readonly indexes: Indexes;
	readonly segments: OpenSegments;
	readonly pages: Pages<TextCandidate>;
	readonly skippedNames: SkippedNames;
	readonly meant: Meant;
}

/** @throws The signal's reason. */
export async function search(
	{ paths, indexes, segments, pages, skippedNames, meant }: SearchDependencies,
	params: Params<'index/search'>,
	signal: AbortSignal,
): Promise<Result<'index/search'>> {
	const { limit, cursor, contextLines } = params;
	const workspace =
		params.workspace === undefined ? undefined : canonicalWorkspace(params.workspace);
	const asked = readAsked(params);
	const identity = JSON.stringify([params.query, params.kind, params.path, params.caseSensitive]);
	const from = cursor === undefined ? START : readCursor(cursor, identity, workspace);
	const own = ownFolder(paths.home);
	const scopes = new Map<string, Scope>();
	const scope = (of: string): Scope => {
		const known = scopes.get(of) ?? scopeOf(folderPath(of), own);
		scopes.set(of, known);
		return known;
	};
	const choices = chooseIndexes(indexes, workspace);
	const text = { paths, indexes, segments, scope, signal };
	const problems = choices.problems.length === 0 ? {} : { problems: choices.problems };
	if (asked.symbols.length > 0) {
		const options = { limit, contextLines, offset: from.offset };
		const { hits, next, incomplete } = await searchSymbols(text, choices.usable, asked, options);
		return {
			hits,
			nextCursor:
				next === undefined ? null : writeCursor({ reading: 0, offset: next }, identity, workspace),
			...(incomplete ? { incomplete } : {}),
			...problems,
		};
	}
	// Nothing but paths: there is no name to look for.
	if (params.kind === 'symbols') return { hits: [], nextCursor: null, ...problems };
	if (asked.shown.length > 0) {
		const perFile = params.perFile ?? LINES_PER_FILE;
		const options = { limit, perFile, contextLines, from, budgetMs: PAGE_MS };
		const paged = { pages, search: JSON.stringify([identity, workspace]) };
		const page = await searchText({ ...text, paged }, choices.usable, asked, options);
		const { hits, next, incomplete } = page;
		return {
			hits,
			nextCursor: next === undefined ? null : writeCursor(next, identity, workspace),
			...(incomplete ? { incomplete } : {}),
			...problems,
		};
	}

	const literal = literalOf(asked);
	const words = parseQuery(asked.words);
	const clock = createClock(PAGE_MS, signal);
	// Its vector is on its way while the text is looked for as it stands.
	const meaning = waitFor(
		asked.plain && words.length > 1
			? meant.find({
					text: asked.words,
					choices: choices.usable,
					scope,
					locate: createLocator(words),
					contextLines,
					most: MEANT_HITS,
					clock,
					signal,
				})
			: undefined,
	);
	const front =
		literal === undefined
			? []
			: (
					await searchText(text, choices.usable, literal, {
						limit: LITERAL_FILES,
						perFile: 1,
						contextLines,
						from: START,
						budgetMs: LITERAL_MS,
					})
				).hits;
	const { lists = [], problems: unmeant = [] } = (await meaning()) ?? {};
	const inFront = new Set(front.map(placeOf));
	const room = Math.floor(Math.max(0, limit - front.length) / 2 / Math.max(1, lists.length));
	const besides = lists.map((list) =>
		list.filter((hit) => !inFront.has(placeOf(hit))).slice(0, room),
	);
	// Left out of later pages only once they are put together: what is not looked at changes places there.
	const shown = new Set([...inFront, ...besides.flat().map(placeOf)]);
	const ranking = createRanking({ ...text, skippedNames }, choices.usable, asked.admitsPath);
	const admits = excluding(asked);
	const answer = (hits: Hit[], nextCursor: string | null): Result<'index/search'> => {
		const problems = [...choices.problems, ...unmeant, ...ranking.problems];
		return {
			hits,
			nextCursor,
			...(ranking.incomplete || clock.isOver() ? { incomplete: true } : {}),
			...(problems.length === 0 ? {} : { problems }),
		};
	};
	const first = cursor === undefined ? front.slice(0, limit) : [];
	const beside = cursor === undefined ? besides.flat().length : 0;
	const together = (hits: Hit[], weight: number): Hit[] =>
		beside === 0
			? hits
			: fuse([{ hits, weight }, ...besides.map((list) => ({ hits: list, weight: 1 }))]);

	for (const [number, reading] of readingsOf(words).entries()) {
		if (number < from.reading) continue;
		const locate = createLocator(reading.words);
		const lookAtIt = (candidate: Candidate) =>
			lookAt(candidate, scope(candidate.workspace), locate, contextLines, admits);
		const look = (candidate: Candidate) =>
			inFront.has(placeOf(candidate)) ? undefined : lookAtIt(candidate);
		// Where the words are one name that is defined, that was meant rather than a text about it.
		const defined = new Set<string>();
		const lookFirst = (candidate: Candidate): Seen | undefined => {
			if (front.length === 0) return look(candidate);
			const seen = lookAtIt(candidate);
			const isDefined = seen !== undefined && seen.worth > WORTH_OF_DEFINED_NAME - ROUNDING;
			if (isDefined) defined.add(placeOf(candidate));
			return isDefined || !inFront.has(placeOf(candidate)) ? seen : undefined;
		};
		const names = reading.named && asked.excluded.length === 0;
		const skipped = names ? ranking.skipped(reading.match) : [];
		const page = await readPage(
			async (take) => withNames(await ranking.rank(reading.match, take), skipped, take),
			look,
			async (candidates) =>
				reading.named ? bestFirst(candidates, lookFirst, reading.words, clock) : [],
			number === from.reading ? from.offset : 0,
			limit - first.length - beside,
			clock,
		);
		// A later page stays with the reading that the first one settled on.
		const isNothing = page.hits.length === 0 && first.length === 0 && cursor === undefined;
		if (isNothing && !clock.isOver()) continue;
		const next = { reading: number, offset: page.offset };
		// Names that are all there are what was meant; of a question nobody knows.
		const ranked = together(page.hits, reading.named && reading.joint === 'all' ? 2 : 1);
		// What stands in front, or was found by meaning, has been shown by the first page.
		const others = cursor === undefined ? ranked : ranked.filter((hit) => !shown.has(placeOf(hit)));
		const isFirst = (hit: Hit): boolean => cursor === undefined && defined.has(placeOf(hit));
		const rest = others.filter((hit) => !isFirst(hit));
		const before = [...others.filter(isFirst), ...first.filter((hit) => !isFirst(hit))];
		return answer(
			[...raised(before, rest), ...rest],
			page.more ? writeCursor(next, identity, workspace) : null,
		);
	}
	const ranked = together([], 1);
	return answer([...raised(first, ranked), ...ranked], null);
}

/** Asked for now, needed later: what it throws is met where it is needed. */
function waitFor<T>(asked: Promise<T> | undefined): () => Promise<T> | undefined {
	asked?.catch(() => {});
	return () => asked;
}

/** A few files that are known by their name only are looked at with the best; the others come last. */
function withNames(ranked: Candidate[], skipped: readonly Candidate[], take: number): Candidate[] {
	if (skipped.length === 0) return ranked;
	const all = [...skipped.slice(0, NAMES_LOOKED_AT), ...ranked];
	if (ranked.length < take) all.push(...skipped.slice(NAMES_LOOKED_AT));
	return all;
}

const placeOf = ({ workspace, path }: { workspace: string; path: string }): string =>
	`${workspace} ${path}`;

/** Of text in front of ranked words: scores fall from the first hit to the last. */
function raised(front: readonly Hit[], ranked: readonly Hit[]): Hit[] {
	const best = Math.max(0, ...ranked.map(({ score }) => score));
	return front.map((hit, place) => ({ ...hit, score: best + front.length - place }));
}

/** Words as they stand beside each other; a single word is ranked by itself, better. */
function literalOf(asked: Asked): Asked | undefined {
	const text = asked.words.trim();
	if (!asked.plain || /^[\p{L}\p{N}_]*$/u.test(text) || trigramsOf(text).length === 0)
		return undefined;
	return { ...asked, shown: [{ kind: 'text', text }], required: [] };
}

function excluding({ excluded }: Asked): (text: string) => boolean {
	const patterns = excluded.map((term) => createPattern(term, false));
	return (text) => {
		if (patterns.length === 0) return true;
		const unified = composed(text);
		return patterns.every(({ matchesIn }) => matchesIn(unified)[Symbol.iterator]().next().done);
	};
}

interface Page {
	readonly hits: Hit[];
	/** Candidates looked at, from the first page on. */
	readonly offset: number;
	readonly more: boolean;
}

async function readPage(
	rank: (take: number) => Promise<Candidate[]>,
	look: (candidate: Candidate) => Seen | undefined,
	reorder: (candidates: readonly Candidate[]) => Promise<((() => Hit) | undefined)[]>,
	start: number,
	limit: number,
	clock: SearchClock,
): Promise<Page> {
	const hits: Hit[] = [];
	let best: ((() => Hit) | undefined)[] | undefined;
	let offset = start;
	for (let take = Math.max(start + limit + SPARE, REORDERED_AT_MOST); ; take *= 4) {
		const candidates = await rank(take);
		best ??= await reorder(candidates);
		for (; offset < candidates.length && hits.length < limit; offset++) {
			const candidate = candidates[offset];
			if (offset >= best.length) {
				if (clock.isOver()) return { hits, offset, more: true };
				await clock.breathe();
			}
			const hit = offset < best.length ? best[offset] : candidate && look(candidate)?.hit;
			if (hit !== undefined) hits.push(hit());
		}
		if (hits.length >= limit || candidates.length < take) {
			return { hits, offset, more: offset < candidates.length };
		}
	}
}

/** A file as it is now; undefined when it is gone, or changed and no longer about the query. */
function lookAt(
	{ workspace, path, stamp, score, skipped }: Candidate,
	scope: Scope,
	locate: (text: string, isAscii?: boolean) => Found | undefined,
	contextLines: number,
	admits: (text: string) => boolean,
): Seen | undefined {
	const nameWorth = locate(stemOfPath(path))?.worth ?? 0;
	if (skipped !== undefined) {
		if (probe(scope, path).kind !== 'file') return undefined;
		const place = { line: 1, column: 1, snippet: whySkipped(skipped) };
		return {
			hit: () => ({ workspace, path, ...place, score, skipped }),
			worth: 0,
			nameWorth,
			bytes: 0,
		};
	}
	const content = readContent(scope, path, READ_BYTES);
	if (content.kind !== 'text') return undefined;
	const plain = isAscii(content.text);
	const text = content.text.toString(plain ? 'latin1' : 'utf8');
	if (!admits(text)) return undefined;
	const unchanged = content.stamp === stamp;
	const found = locate(text, plain);
	if (found === undefined && !unchanged && locate(path) === undefined) return undefined;
	return {
		hit() {
			const { line, column, snippet } = found?.place() ?? firstLine(text);
			const context = contextLines === 0 ? {} : around(text, line, contextLines);
			return { workspace, path, line, column, snippet, score, ...context };
		},
		worth: found?.worth ?? 0,
		nameWorth,
		bytes: content.size,
	};
}
