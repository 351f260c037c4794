/** Where runs find what the runs before them have left: a file each, gone with the run. */
import { rmSync } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

export interface CheckpointFiles {
	/** Resolves with its path. */
	lay(id: string, run: number, json: string): Promise<string>;
	remove(path: string): Promise<void>;
}

/** @param root A folder of ours alone; what earlier daemons left in it is removed. */
export function createCheckpointFiles(root: string): CheckpointFiles {
	rmSync(root, { recursive: true, force: true });
	return {
		async lay(id, run, json) {
			const path = join(root, `${id}-${run}.json`);
			await mkdir(root, { recursive: true, mode: 0o700 });
			await writeFile(path, `${json}\n`, { mode: 0o600 });
			return path;
		},
		remove: (path) => rm(path, { force: true }),
	};
}
