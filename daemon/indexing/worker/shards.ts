/** Dividing changed files into jobs small enough to lose, large enough to be worth a process. */

export interface ChangedFile {
	readonly path: string;
	readonly size: number;
	/** Epoch ms. */
	readonly modifiedMs: number;
}

const SHARD_FILES = 250;
const SHARD_BYTES = 4 * 1024 * 1024;
const HOUR_MS = 3_600_000;

/**
 * Shards of neighbouring files, those changed last first. A file larger than a shard is one of
 * its own.
 */
export function shardsOf(files: readonly ChangedFile[]): ChangedFile[][] {
	const shards: ChangedFile[][] = [];
	let shard: ChangedFile[] = [];
	let bytes = 0;
	for (const file of [...files].sort(byRecency)) {
		if (shard.length > 0 && (shard.length === SHARD_FILES || bytes + file.size > SHARD_BYTES)) {
			shards.push(shard);
			shard = [];
			bytes = 0;
		}
		shard.push(file);
		bytes += file.size;
	}
	if (shard.length > 0) shards.push(shard);
	return shards;
}

// By the hour: a checkout writes everything within minutes, and shards of one folder each read
// better.
function byRecency(a: ChangedFile, b: ChangedFile): number {
	const hours = Math.floor(b.modifiedMs / HOUR_MS) - Math.floor(a.modifiedMs / HOUR_MS);
	if (hours !== 0) return hours;
	return a.path < b.path ? -1 : 1;
}
