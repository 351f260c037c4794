/** Search over several folders at once, merged fairly: scores compare within one answer only. */
import type { Hit } from '../../shared/protocol/indexing.ts';
import type { Link } from '../connection/link.ts';
import { isNotFound } from '../connection/notFound.ts';

const LIMIT = 50;

/** No folders means everything that was ever indexed. */
export async function searchFolders(
	link: Pick<Link, 'request'>,
	folders: readonly string[],
	query: string,
): Promise<Hit[]> {
	const scopes = folders.length === 0 ? [{}] : folders.map((workspace) => ({ workspace }));
	const lists = await Promise.all(
		scopes.map(async (scope) => {
			try {
				return (await link.request('index/search', { ...scope, query, limit: LIMIT })).hits;
			} catch (error) {
				// A folder without an index has no hits; that it has none is said where nothing is found at all.
				if (isNotFound(error)) return [];
				throw error;
			}
		}),
	);
	return interleave(lists).slice(0, LIMIT);
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
			const place = `${decoded(hit.workspace)}/${hit.path}:${hit.line}`;
			if (!seen.has(place)) merged.push(hit);
			seen.add(place);
		}
	}
	return merged;
}

// A folder's name is encoded where it is an index of its own, and not where it is part of a path in another one.
function decoded(uri: string): string {
	try {
		return decodeURIComponent(uri);
	} catch {
		return uri;
	}
}
