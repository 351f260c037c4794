/** The segments of an index while it is written: added with the rows of their files, merged, swept. */
import { errorCode } from '../../../shared/errors.ts';
import type { Catalogue } from '../catalogue/catalogue.ts';
import type { SegmentRow, SegmentTable } from '../catalogue/segments.ts';
import { buildSegment, type SegmentText } from '../segments/builder.ts';
import { SegmentDamage } from '../segments/bytes.ts';
import {
	isSound,
	markDamaged,
	removeSegment,
	removeStrays,
	type StagedSegment,
	segmentFile,
	stageSegment,
} from '../segments/files.ts';
import { mergeSegments } from '../segments/merge.ts';
import { openSegment, type SegmentReader } from '../segments/reader.ts';
import { mergeable } from '../segments/tiers.ts';

export interface Segments {
	/**
	 * Makes a segment of texts. What it returns gives it its name and its row, inside the transaction of the files' rows, and
	 * says its id: whoever has the write lock knows that a file without a row is nobody's.
	 */
	prepare(texts: readonly SegmentText[]): () => number;
	/** Removes what a killed indexer left. Files whose segment is gone are to be read again. */
	sweep(): void;
	/** Merges small ones; with `thorough`, also those that are dead for the most part. */
	merge(thorough: boolean): void;
	/** One merge of small ones. @returns Whether there was one to do, and it was done. */
	mergeSome(): boolean;
	/** So many are there that a search would notice. */
	isCrowded(): boolean;
}

/** Rewritten where less than that is in use. */
const LIVE_SHARE = 0.5;
const CROWD = 64;

/** @param folder The folder of the index. */
export function createSegments(
	folder: string,
	catalogue: Catalogue,
	table: SegmentTable,
	stage: typeof stageSegment = stageSegment,
): Segments {
	/** @returns Whether it did: not where another indexer has merged one of them meanwhile. */
	function mergeInto(rows: readonly SegmentRow[]): boolean {
		const readers: SegmentReader[] = [];
		let staged: StagedSegment | undefined;
		let isNamed = false;
		try {
			for (const { id } of rows) readers.push(openSegment(segmentFile(folder, id)));
			const sources = rows.map(({ id }) => ({ id, keep: table.live(id) }));
			const documents = sources.reduce((sum, { keep }) => sum + keep.length, 0);
			const textBytes = rows.reduce(
				(sum, row, index) =>
					sum + (row.textBytes * (sources[index]?.keep.length ?? 0)) / Math.max(1, row.documents),
				0,
			);
			const bytes =
				documents === 0
					? undefined
					: mergeSegments(
							sources.flatMap(({ keep }, index) => {
								const reader = readers[index];
								return reader === undefined ? [] : [{ reader, keep }];
							}),
						);
			staged = bytes && stage(folder, bytes);
			return catalogue.transaction(() => {
				const there = new Set(table.all().map(({ id }) => id));
				if (!rows.every(({ id }) => there.has(id))) return false;
				if (bytes !== undefined) {
					const to = table.add({
						bytes: bytes.length,
						textBytes: Math.round(textBytes),
						documents,
					});
					staged?.name(to);
					isNamed = true;
					let doc = 0;
					// What was indexed anew since has no row in the old segment, and stays dead in the new one.
					for (const { id, keep } of sources) {
						for (const from of keep) table.move({ id, doc: from }, { id: to, doc: doc++ });
					}
				}
				for (const { id } of rows) table.remove(id);
				return true;
			});
		} finally {
			for (const reader of readers) reader.close();
			if (!isNamed) staged?.drop();
		}
	}
	function mergeAndRemove(rows: readonly SegmentRow[]): boolean {
		let merged: boolean;
		try {
			merged = mergeInto(rows);
		} catch (error) {
			// There is no room for both: the old ones stay, and are as good.
			if (isFull(error)) return false;
			if (!(error instanceof SegmentDamage) && errorCode(error) !== 'ENOENT') throw error;
			// Merged by another indexer meanwhile, or damaged: then the next walk reads their files again.
			if (error instanceof SegmentDamage) for (const { id } of rows) markDamaged(folder, id);
			return false;
		}
		if (merged) for (const { id } of rows) removeSegment(folder, id);
		return merged;
	}

	const mergeSome = (): boolean => {
		const chosen = new Set(mergeable(table.all()).map(({ id }) => id));
		const rows = table.all().filter(({ id }) => chosen.has(id));
		return rows.length > 0 && mergeAndRemove(rows);
	};

	return {
		prepare(texts) {
			const bytes = buildSegment(texts);
			const textBytes = texts.reduce((sum, { text }) => sum + text.length, 0);
			const staged = stage(folder, bytes);
			return () => {
				const id = table.add({ bytes: bytes.length, textBytes, documents: texts.length });
				staged.name(id);
				return id;
			};
		},
		sweep() {
			catalogue.transaction(() => {
				const known = new Set<number>();
				for (const { id, bytes } of table.all()) {
					if (isSound(folder, id, bytes)) {
						known.add(id);
						continue;
					}
					table.lose(id);
					table.remove(id);
				}
				removeStrays(folder, known);
			});
		},
		merge(thorough) {
			if (thorough) {
				const live = table.liveCounts();
				const wasted = table
					.all()
					.filter(({ id, documents }) => (live.get(id) ?? 0) < documents * LIVE_SHARE);
				for (const row of wasted) if (!mergeAndRemove([row])) return;
			}
			while (mergeSome());
		},
		mergeSome,
		isCrowded: () => table.all().length >= CROWD,
	};
}

const isFull = (error: unknown): boolean =>
	/^(ENOSPC|EDQUOT|SQLITE_FULL)$/.test(errorCode(error) ?? '');
