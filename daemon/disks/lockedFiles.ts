/**
 * Files that this process holds by POSIX locks, as SQLite does. Whoever opens one of them here a second time and
 * closes it lets go of all its locks (fcntl(2)), after which another process takes the file for its own: what a user
 * names is compared with them before it is opened.
 */
import { statSync } from 'node:fs';
import type { DataPaths } from '../../shared/paths.ts';

export interface FileIdentity {
	readonly dev: number | bigint;
	readonly ino: number | bigint;
}

export type IsLocked = (about: FileIdentity) => boolean;

export function ownLockedFiles({
	database,
	lockFile,
}: Pick<DataPaths, 'database' | 'lockFile'>): string[] {
	return [database, `${database}-shm`, lockFile];
}

/** @param paths Absolute; one may not be there, or be replaced. */
export function lockedFiles(paths: readonly string[]): IsLocked {
	return ({ dev, ino }) =>
		paths.some((path) => {
			const held = statSync(path, { bigint: true, throwIfNoEntry: false });
			return held?.ino === BigInt(ino) && held.dev === BigInt(dev);
		});
}
