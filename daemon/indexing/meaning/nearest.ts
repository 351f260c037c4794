/** The chunks of a folder whose vectors are nearest to a query's: all are looked at, a piece of a file at a time. */
import type { IndexHome } from '../catalogue/database.ts';
import { scanVectors } from './segmentFiles.ts';
import { chunkReader, type PlacedChunk, readMeaningStore, segmentIds } from './store.ts';
import { createBest, product, quantize } from './vectors.ts';

/** Of all chunks so many are looked up: several may be of one file, or of none any more. */
const LOOKED_UP = 200;

export interface Near extends PlacedChunk {
	/** Cosine of the angle between both. */
	readonly likeness: number;
}

/** Best first. @param breathe Lets others have their turn. @throws what `breathe` does */
export async function nearest(
	home: IndexHome,
	folder: string,
	query: readonly number[],
	breathe: () => Promise<void>,
): Promise<Near[]> {
	const asked = quantize(query);
	const ids = readMeaningStore(home, folder, segmentIds);
	if (asked === undefined || ids === undefined) return [];
	const best = createBest<{ readonly segment: number; readonly slot: number }>(LOOKED_UP);
	for (const segment of ids) {
		const pieces = scanVectors(folder, segment, query.length, (slot, scale, bytes, at) => {
			const likeness = product(asked.bytes, bytes, at) * scale * asked.scale;
			if (best.takes(likeness)) best.add({ segment, slot }, likeness);
		});
		for (const _ of pieces) await breathe();
	}
	return (
		readMeaningStore(home, folder, (db) => {
			const chunksAt = chunkReader(db);
			return best
				.all()
				.flatMap(({ item, score }) =>
					chunksAt(item.segment, item.slot).map((chunk) => ({ ...chunk, likeness: score })),
				);
		}) ?? []
	);
}
