/** Dividing changed files into jobs small enough to lose, large enough to be worth a segment. */
import type { ChangedFile } from '../catalogue/found.ts';
import { BATCH_BYTES } from './batch.ts';

/** The first is small, so that something is found soon; each holds so many times as much as the one before. */
const FIRST = { files: 250, bytes: 1024 * 1024 };
const GROWTH = 4;
/** As much as a segment is made of at once: small segments cost a merge more. */
const LARGEST = { files: 4000, bytes: BATCH_BYTES };
/** Of all paths of a shard, characters: they are a request to the daemon. */
const LONGEST_PATHS = 1_000_000;

/** Neighbours stay together. A file larger than a shard is one of its own. */
export function* shardsOf(files: Iterable<ChangedFile>): Iterable<ChangedFile[]> {
	let shard: ChangedFile[] = [];
	let bytes = 0;
	let characters = 0;
	let most = FIRST;
	for (const file of files) {
		const isFull =
			shard.length === most.files ||
			bytes + file.size > most.bytes ||
			characters + file.path.length > LONGEST_PATHS;
		if (shard.length > 0 && isFull) {
			yield shard;
			shard = [];
			bytes = 0;
			characters = 0;
			most = {
				files: Math.min(LARGEST.files, most.files * GROWTH),
				bytes: Math.min(LARGEST.bytes, most.bytes * GROWTH),
			};
		}
		shard.push(file);
		bytes += file.size;
		characters += file.path.length;
	}
	if (shard.length > 0) yield shard;
}
