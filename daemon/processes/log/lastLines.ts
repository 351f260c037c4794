/** Where the last lines of a log begin, looking backwards from its end. */
import { endOf, type Segment } from './segments.ts';

const NEWLINE = 0x0a;

/** @param bytesOf What a segment holds; undefined when its file is gone. */
export async function lastLines(
	segments: readonly Segment[],
	count: number,
	bytesOf: (segment: Segment) => Promise<Buffer | undefined>,
): Promise<number> {
	let missing = count;
	let isEnd = true;
	for (const segment of segments.toReversed()) {
		const bytes = await bytesOf(segment);
		if (bytes === undefined) break;
		let at = bytes.length;
		// The end of the last line begins none.
		if (isEnd && bytes[at - 1] === NEWLINE) at--;
		if (bytes.length > 0) isEnd = false;
		while (missing > 0 && at > 0) {
			at = bytes.lastIndexOf(NEWLINE, at - 1);
			if (at < 0) break;
			missing--;
		}
		if (missing === 0 && at >= 0) return count === 0 ? endOf(segments) : segment.start + at + 1;
	}
	return 0;
}
