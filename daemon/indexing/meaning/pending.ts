/** Which files of a folder have chunks that are not embedded as they are, and whether they may be sent. */
import { hash as digest } from 'node:crypto';
import { DEFAULT_RULES } from '../../../shared/folderRules.ts';
import type { Sqlite } from '../../sqlite/open.ts';
import { readRules } from '../catalogue/catalogue.ts';
import { readContent } from '../files/content.ts';
import { createListing } from '../files/listing.ts';
import { excluder } from '../files/rules.ts';
import type { Scope } from '../files/scope.ts';
import { type Chunk, chunkKey, chunksOf } from './chunks.ts';

/** What the index holds of each file, by path. */
export function indexedFiles(index: Sqlite): Map<string, Buffer> {
	const rows = index
		.prepare<[], [path: string, hash: Buffer]>(
			'SELECT path, hash FROM files WHERE hash IS NOT NULL ORDER BY path',
		)
		.raw()
		.all();
	return new Map(rows);
}

/** Whether the index still holds a file as this. */
export const isAsIndexed = (index: Sqlite, path: string, hash: Buffer): boolean =>
	index
		.prepare<[string], Buffer | null>('SELECT hash FROM files WHERE path = ?')
		.pluck()
		.get(path)
		?.equals(hash) ?? false;

/** Those that the rules of the folder let in now: what was indexed before they changed is not sent. */
export async function admitted(
	index: Sqlite,
	scope: Scope,
	paths: readonly string[],
	env: NodeJS.ProcessEnv,
	log: (line: string) => void,
): Promise<string[]> {
	if (paths.length === 0) return [];
	const { exclude, defaultExcludes } = readRules(index) ?? DEFAULT_RULES;
	const isExcluded = excluder(scope, exclude);
	const listing = createListing(scope.root, { env, isExcluded, defaultExcludes, log });
	return listing.only(paths.filter((path) => !isExcluded(path, false)));
}

export interface KeyedChunk extends Chunk {
	readonly key: Buffer;
}

/** The chunks of a file as it was indexed; undefined where it is not that any more. */
export function chunksAsIndexed(
	index: Sqlite,
	scope: Scope,
	path: string,
	hash: Buffer,
	model: string,
): KeyedChunk[] | undefined {
	const { maxFileBytes } = readRules(index) ?? DEFAULT_RULES;
	const content = readContent(scope, path, maxFileBytes);
	if (content.kind !== 'text') return undefined;
	if (!digest('sha256', content.text, 'buffer').equals(hash)) return undefined;
	return keyed(path, content.text.toString(), model);
}

export const keyed = (path: string, text: string, model: string): KeyedChunk[] =>
	chunksOf(path, text).map((chunk) => ({ ...chunk, key: chunkKey(model, chunk.text) }));

/** What is asked for at once. */
export const BATCH = { texts: 32, characters: 48_000 } as const;
/** So many are searched one by one; a folder with more is embedded in part. */
export const MOST_CHUNKS = 200_000;
