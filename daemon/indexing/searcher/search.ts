/** From a query to lines in files as they are on disk now. */
import type { DataPaths } from '../../../shared/paths.ts';
import type { Hit } from '../../../shared/protocol/indexing.ts';
import type { Params, Result } from '../../../shared/protocol/requests.ts';
import { canonicalWorkspace, folderPath } from '../catalogue/location.ts';
import { readContent } from '../files/content.ts';
import { createLocator, firstLine, type Location } from '../words/locate.ts';
import { parseQuery, readingsOf } from '../words/query.ts';
import type { StemOf } from '../words/stems.ts';
import { readCursor, writeCursor } from './cursor.ts';
import type { Indexes } from './indexes.ts';
import { type Candidate, createRanking } from './ranking.ts';

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
	const { query, limit, cursor } = params;
	const workspace =
		params.workspace === undefined ? undefined : canonicalWorkspace(params.workspace);
	const from =
		cursor === undefined ? { reading: 0, offset: 0 } : readCursor(cursor, query, workspace);
	const ranking = createRanking(paths, indexes, workspace);
	const answer = (hits: Hit[], nextCursor: string | null): Result<'index/search'> => {
		const problems = [...ranking.problems];
		return { hits, nextCursor, ...(problems.length === 0 ? {} : { problems }) };
	};

	for (const [number, reading] of readingsOf(parseQuery(query), stemOf).entries()) {
		if (number < from.reading) continue;
		const locate = createLocator(reading.words, stemOf);
		const page = readPage(
			(take) => ranking.rank(reading.match, take),
			(candidate) => show(candidate, locate),
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
	show: (candidate: Candidate) => Hit | undefined,
	start: number,
	limit: number,
): Page {
	const hits: Hit[] = [];
	let offset = start;
	for (let take = start + limit + SPARE; ; take *= 4) {
		const candidates = rank(take);
		for (; offset < candidates.length && hits.length < limit; offset++) {
			const candidate = candidates[offset];
			const hit = candidate && show(candidate);
			if (hit !== undefined) hits.push(hit);
		}
		if (hits.length === limit || candidates.length < take) {
			return { hits, offset, more: offset < candidates.length };
		}
	}
}

/**
 * The hit for a file as it is now; undefined when it is gone, or changed and no longer about the
 * query.
 */
function show(
	{ workspace, path, stamp, score }: Candidate,
	locate: (text: string) => Location | undefined,
): Hit | undefined {
	const content = readContent(folderPath(workspace), path, READ_BYTES);
	if (content.kind !== 'text') return undefined;
	const text = content.text.toString();
	const unchanged = content.stamp === stamp;
	const place = locate(text) ?? (unchanged || locate(path) ? firstLine(text) : undefined);
	return place && { workspace, path, ...place, score };
}
