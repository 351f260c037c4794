/** Search over several folders at once, merged fairly: scores compare within one answer only. */
import { errorMessage } from '../../shared/errors.ts';
import type { Hit } from '../../shared/protocol/indexing.ts';
import type { Link } from '../connection/link.ts';
import { isNotFound } from '../connection/notFound.ts';

const LIMIT = 50;
/** Lines of one file, where there are many: the view of results has them all. */
const PER_FILE = 10;
const PAGE = 200;

export interface Asked {
	readonly query: string;
	readonly kind?: 'words' | 'symbols';
	readonly signal?: AbortSignal;
}

export interface Found {
	readonly hits: Hit[];
	/** Why folders, or the search by meaning, were left out, a sentence each. */
	readonly problems: readonly string[];
}

/** The first hits. No folders means everything that was ever indexed. */
export async function searchFolders(
	link: Pick<Link, 'request'>,
	folders: readonly string[],
	{ query, kind = 'words', signal }: Asked,
): Promise<Found> {
	const asked = { query, kind, limit: LIMIT, perFile: PER_FILE };
	const ask = (scope: Scope) => () =>
		link.request('index/search', { ...scope, ...asked }, undefined, signal);
	const found = await eachOrProblem(scopesOf(folders).map(ask), signal);
	const lists = found.pages.map(({ hits }) => hits);
	return { hits: interleave(lists).slice(0, LIMIT), problems: found.problems };
}

export interface AllHits extends Found {
	/** There are more than were asked for, or not every file was looked at in time. */
	readonly more: boolean;
}

/** All hits up to `most` of each folder, page by page. */
export async function allHits(
	link: Pick<Link, 'request'>,
	folders: readonly string[],
	query: string,
	most: number,
	signal: AbortSignal,
): Promise<AllHits> {
	let more = false;
	const found = await eachOrProblem(
		scopesOf(folders).map((scope) => async () => {
			const hits: Hit[] = [];
			const problems = new Set<string>();
			let cursor: string | undefined;
			do {
				const params = {
					...scope,
					query,
					limit: PAGE,
					...(cursor === undefined ? {} : { cursor }),
				};
				const page = await link.request('index/search', params, undefined, signal);
				hits.push(...page.hits);
				for (const problem of page.problems ?? []) problems.add(problem);
				cursor = page.nextCursor ?? undefined;
				more ||= cursor !== undefined && (hits.length >= most || page.incomplete === true);
				if (page.incomplete) break;
			} while (cursor !== undefined && hits.length < most);
			return { hits, problems: [...problems] };
		}),
		signal,
	);
	const hits = interleave([found.pages.flatMap((page) => page.hits)]);
	return { hits, more, problems: found.problems };
}

type Scope = { workspace?: string };

const scopesOf = (folders: readonly string[]): Scope[] =>
	folders.length === 0 ? [{}] : folders.map((workspace) => ({ workspace }));

/**
 * What folders answer. One without an index has no hits; that it has none is said where nothing is found at all. One
 * that cannot be searched must not hide the others.
 * @throws what a folder said where all that have an index failed, and anything once `signal` is aborted.
 */
async function eachOrProblem<T extends { problems?: readonly string[] | undefined }>(
	asks: readonly (() => Promise<T>)[],
	signal: AbortSignal | undefined,
): Promise<{ pages: T[]; problems: string[] }> {
	const answers = await Promise.allSettled(asks.map((ask) => ask()));
	const pages = answers.flatMap((answer) => (answer.status === 'fulfilled' ? [answer.value] : []));
	const errors = answers.flatMap((answer) =>
		answer.status === 'rejected' && !isNotFound(answer.reason) ? [answer.reason as unknown] : [],
	);
	if (errors.length > 0 && (pages.length === 0 || signal?.aborted)) throw errors[0];
	const said = pages.flatMap(({ problems = [] }) => problems);
	return { pages, problems: [...new Set([...said, ...errors.map(errorMessage)])] };
}

/** Best of each, then second best of each, and so on; a place found twice counts once. */
export function interleave(lists: readonly (readonly Hit[])[]): Hit[] {
	const seen = new Set<string>();
	const merged: Hit[] = [];
	const longest = Math.max(0, ...lists.map((list) => list.length));
	for (let rank = 0; rank < longest; rank++) {
		for (const list of lists) {
			const hit = list[rank];
			if (hit === undefined) continue;
			const place = `${fileOf(hit)}:${hit.line}:${hit.column}`;
			if (!seen.has(place)) merged.push(hit);
			seen.add(place);
		}
	}
	return merged;
}

/** In the order of their first hits, each with its hits by line. */
export function byFile(hits: readonly Hit[]): Hit[][] {
	const files = [...Map.groupBy(hits, fileOf).values()];
	return files.map((file) => file.toSorted((a, b) => a.line - b.line || a.column - b.column));
}

// A folder's name is encoded where it is an index of its own, and not where it is part of a path in another one.
function fileOf({ workspace, path }: Hit): string {
	return `${decoded(workspace)}/${path}`;
}

function decoded(uri: string): string {
	try {
		return decodeURIComponent(uri);
	} catch {
		return uri;
	}
}
