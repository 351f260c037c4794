/** Which files can have a text, and where in them, by the segments of their index. */
import type { Sqlite } from '../../../sqlite/open.ts';
import { SegmentDamage } from '../../segments/bytes.ts';
import type { KeyQuery } from '../../segments/keyQuery.ts';
import type { BlockRange } from '../../segments/reader.ts';
import type { OpenSegment } from '../segments.ts';

export interface TextCandidate {
	readonly workspace: string;
	readonly path: string;
	/** Of the file as it was indexed. */
	readonly stamp: string;
	/** Where lines may match while the file is as it was; undefined for all of it. */
	readonly ranges: readonly BlockRange[] | undefined;
}

type Row = readonly [path: string, stamp: string];

/** Beyond this share of a segment its rows are read at once. */
const MANY = 1 / 8;

/**
 * Files that may have all of `wanted`; the ranges are those of the first, where it is the only one.
 * @param admits By path.
 */
export function candidatesIn(
	db: Sqlite,
	segments: readonly OpenSegment[],
	workspace: string,
	wanted: readonly KeyQuery[],
	admits: (path: string) => boolean,
): TextCandidate[] {
	const rowOf = db
		.prepare<[number, number], Row>('SELECT path, stamp FROM files WHERE segment = ? AND doc = ?')
		.raw();
	const rowsOf = db
		.prepare<[number], [doc: number, path: string, stamp: string]>(
			'SELECT doc, path, stamp FROM files WHERE segment = ?',
		)
		.raw();
	const found = new Map<string, TextCandidate>();
	for (const segment of segments) {
		const docs = documentsIn(segment, wanted);
		const all =
			docs === 'any' || docs.size > (segment.reader?.documents ?? 0) * MANY
				? new Map(rowsOf.all(segment.id).map(([doc, path, stamp]) => [doc, [path, stamp] as const]))
				: undefined;
		for (const doc of docs === 'any' ? (all?.keys() ?? []) : docs.keys()) {
			const row = all === undefined ? rowOf.get(segment.id, doc) : all.get(doc);
			if (row === undefined || !admits(row[0])) continue;
			const ranges = docs === 'any' ? undefined : docs.get(doc);
			found.set(row[0], { workspace, path: row[0], stamp: row[1], ranges });
		}
	}
	// Known to have changed since, or of a segment that is gone.
	const unsettled = db
		.prepare<[], Row>(
			'SELECT path, stamp FROM files WHERE pending = 1 OR (hash IS NOT NULL AND segment IS NULL)',
		)
		.raw();
	for (const [path, stamp] of unsettled.all()) {
		if (admits(path)) found.set(path, { workspace, path, stamp, ranges: undefined });
	}
	return [...found.values()];
}

/** By document the places to look at; undefined for all of the file. */
function documentsIn(
	{ reader, onDamage }: OpenSegment,
	wanted: readonly KeyQuery[],
): Map<number, readonly BlockRange[] | undefined> | 'any' {
	if (reader === undefined) return 'any';
	try {
		let docs: Map<number, BlockRange[] | undefined> | 'any' = 'any';
		for (const query of wanted) {
			const blocks = reader.candidates(query);
			if (blocks === 'any') continue;
			const having = new Map<number, BlockRange[] | undefined>();
			for (const block of blocks) {
				const doc = reader.documentOf(block);
				if (docs !== 'any' && !docs.has(doc)) continue;
				const range = wanted.length === 1 ? reader.range(block) : undefined;
				const ranges = having.get(doc) ?? [];
				if (range !== undefined) ranges.push(range);
				having.set(doc, range === undefined ? undefined : ranges);
			}
			docs = having;
		}
		return docs;
	} catch (error) {
		if (!(error instanceof SegmentDamage)) throw error;
		// Its files are looked through instead, until the next walk has read them again.
		onDamage();
		return 'any';
	}
}
