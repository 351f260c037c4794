/** Which segments are worth making into one. */

export interface SegmentSize {
	readonly id: number;
	/** Of the text of all its documents, bytes. */
	readonly textBytes: number;
}

/** So many of one size become one of the next: each text is written again once per tier. */
const TIER = 8;
const SMALLEST_TIER_BYTES = 32 * 1024;
/** More text than that is not merged: a merge holds its result in memory. */
export const SEGMENT_TEXT_BYTES = 64 * 1024 * 1024;

const tierOf = (bytes: number): number =>
	Math.max(0, Math.floor(Math.log(bytes / SMALLEST_TIER_BYTES) / Math.log(TIER)));

/** The oldest eight or more of the lowest tier that has as many; none where no tier has. */
export function mergeable(segments: readonly SegmentSize[]): SegmentSize[] {
	const tiers = new Map<number, SegmentSize[]>();
	for (const segment of segments.toSorted((a, b) => a.id - b.id)) {
		const tier = tierOf(segment.textBytes);
		tiers.set(tier, [...(tiers.get(tier) ?? []), segment]);
	}
	for (const [, all] of [...tiers].sort(([a], [b]) => a - b)) {
		let bytes = 0;
		const fitting = all.filter(({ textBytes }) => {
			if (bytes + textBytes > SEGMENT_TEXT_BYTES) return false;
			bytes += textBytes;
			return true;
		});
		if (all.length >= TIER && fitting.length > 1) return fitting;
	}
	return [];
}
