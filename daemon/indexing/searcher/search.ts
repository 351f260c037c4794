/** From a query to lines in files as they are on disk now. */
import type { DataPaths } from '../../../shared/paths.ts';
import type { Hit } from '../../../shared/protocol/indexing.ts';
import type { Params, Result } from '../../../shared/protocol/requests.ts';
import { canonicalWorkspace, folderPath } from '../catalogue/location.ts';
import { readContent } from '../files/content.ts';
import { ownFolder, type Scope, scopeOf } from '../files/scope.ts';
import { around, firstLine } from '../words/lines.ts';
import { createLocator, type Found } from '../words/locate.ts';
import { stemOfPath } from '../words/paths.ts';
import { parseQuery, readingsOf } from '../words/query.ts';
import type { StemOf } from '../words/stems.ts';
import { readCursor, writeCursor } from './cursor.ts';
import type { Indexes } from './indexes.ts';
import { type Candidate, createRanking } from './ranking.ts';
import { bestFirst, meantBy, REORDERED_AT_MOST, type Seen } from './reorder.ts';

/**
 * Files that are gone or no longer match are left out of a page; as many are kept ready to stand
 * in.
 */
const SPARE = 20;
/**
 * Whatever the limit at indexing was, a file that has grown beyond this is not read for one line.
 */
const READ_BYTES = 64 * 1024 * 1024;

export interface SearchDependencies {
	readonly paths: DataPaths;
	readonly indexes: Indexes;
	readonly stemOf: StemOf;
}

export function search(
	{ paths, indexes, stemOf }: SearchDependencies,
	params: Params<'index/search'>,
): Result<'index/search'> {
	const { query, limit, cursor, contextLines } = params;
	const workspace =
		params.workspace === undefined ? undefined : canonicalWorkspace(params.workspace);
	const from =
		cursor === undefined ? { reading: 0, offset: 0 } : readCursor(cursor, query, workspace);
	const ranking = createRanking(paths, indexes, workspace);
	const own = ownFolder(paths.home);
	const scopes = new Map<string, Scope>();
	const scope = (of: string): Scope => {
		const known = scopes.get(of) ?? scopeOf(folderPath(of), own);
		scopes.set(of, known);
		return known;
	};
	const answer = (hits: Hit[], nextCursor: string | null): Result<'index/search'> => {
		const problems = [...ranking.problems];
		return { hits, nextCursor, ...(problems.length === 0 ? {} : { problems }) };
	};

	for (const [number, reading] of readingsOf(parseQuery(query), stemOf).entries()) {
		if (number < from.reading) continue;
		const locate = createLocator(reading.words, stemOf);
		const look = (candidate: Candidate) =>
			lookAt(candidate, scope(candidate.workspace), locate, contextLines);
		const page = readPage(
			(take) => ranking.rank(reading.match, take),
			look,
			reading.named
				? (candidates) => bestFirst(candidates, look, meantBy(reading.words))
				: () => [],
			number === from.reading ? from.offset : 0,
			limit,
		);
		// A later page stays with the reading that the first one settled on.
		if (page.hits.length === 0 && cursor === undefined) continue;
		const next = { reading: number, offset: page.offset };
		return answer(page.hits, page.more ? writeCursor(next, query, workspace) : null);
	}
	return answer([], null);
}

interface Page {
	readonly hits: Hit[];
	/** Candidates looked at, from the first page on. */
	readonly offset: number;
	readonly more: boolean;
}

function readPage(
	rank: (take: number) => Candidate[],
	look: (candidate: Candidate) => Seen | undefined,
	reorder: (candidates: readonly Candidate[]) => (Hit | undefined)[],
	start: number,
	limit: number,
): Page {
	const hits: Hit[] = [];
	let best: (Hit | undefined)[] | undefined;
	let offset = start;
	for (let take = Math.max(start + limit + SPARE, REORDERED_AT_MOST); ; take *= 4) {
		const candidates = rank(take);
		best ??= reorder(candidates);
		for (; offset < candidates.length && hits.length < limit; offset++) {
			const candidate = candidates[offset];
			const hit = offset < best.length ? best[offset] : candidate && look(candidate)?.hit;
			if (hit !== undefined) hits.push(hit);
		}
		if (hits.length === limit || candidates.length < take) {
			return { hits, offset, more: offset < candidates.length };
		}
	}
}

/** A file as it is now; undefined when it is gone, or changed and no longer about the query. */
function lookAt(
	{ workspace, path, stamp, score }: Candidate,
	scope: Scope,
	locate: (text: string) => Found | undefined,
	contextLines: number,
): Seen | undefined {
	const content = readContent(scope, path, READ_BYTES);
	if (content.kind !== 'text') return undefined;
	const text = content.text.toString();
	const unchanged = content.stamp === stamp;
	const found = locate(text);
	const place = found ?? (unchanged || locate(path) ? firstLine(text) : undefined);
	if (place === undefined) return undefined;
	const { line, column, snippet } = place;
	const context = contextLines === 0 ? {} : around(text, line, contextLines);
	return {
		hit: { workspace, path, line, column, snippet, score, ...context },
		worth: found?.worth ?? 0,
		nameWorth: locate(stemOfPath(path))?.worth ?? 0,
		bytes: content.size,
	};
}
