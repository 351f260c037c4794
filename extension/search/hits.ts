/** Search over several folders at once, merged fairly: scores compare within one answer only. */
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

/** The first hits. No folders means everything that was ever indexed. */
export async function searchFolders(
	link: Pick<Link, 'request'>,
	folders: readonly string[],
	{ query, kind = 'words', signal }: Asked,
): Promise<Hit[]> {
	const lists = await Promise.all(
		scopesOf(folders).map(async (scope) => {
			const params = { ...scope, query, kind, limit: LIMIT, perFile: PER_FILE };
			return orNone(
				async () => (await link.request('index/search', params, undefined, signal)).hits,
				[],
			);
		}),
	);
	return interleave(lists).slice(0, LIMIT);
}

export interface AllHits {
	readonly hits: Hit[];
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
	const hits: Hit[] = [];
	let more = false;
	for (const scope of scopesOf(folders)) {
		let cursor: string | undefined;
		let count = 0;
		do {
			const params = { ...scope, query, limit: PAGE, ...(cursor === undefined ? {} : { cursor }) };
			const page = await orNone(() => link.request('index/search', params, undefined, signal), {
				hits: [],
				nextCursor: null,
			});
			hits.push(...page.hits);
			count += page.hits.length;
			cursor = page.nextCursor ?? undefined;
			more ||= cursor !== undefined && (count >= most || page.incomplete === true);
			if (page.incomplete) break;
		} while (cursor !== undefined && count < most);
	}
	return { hits: interleave([hits]), more };
}

const scopesOf = (folders: readonly string[]): { workspace?: string }[] =>
	folders.length === 0 ? [{}] : folders.map((workspace) => ({ workspace }));

/** A folder without an index has no hits; that it has none is said where nothing is found at all. */
async function orNone<T>(ask: () => Promise<T>, none: T): Promise<T> {
	try {
		return await ask();
	} catch (error) {
		if (isNotFound(error)) return none;
		throw error;
	}
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
