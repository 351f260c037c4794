/** The indexes there are, and a few of them open. */
import { existsSync, readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { isShortage } from '../../../shared/errors.ts';
import type { Sqlite } from '../../sqlite/open.ts';
import { type IndexHome, openIndexReadonly } from '../catalogue/database.ts';
import { DATABASE_FILE, indexFolder, workspaceIn } from '../catalogue/location.ts';
import { segmentBytes } from '../segments/files.ts';

export interface Indexes {
	/** The workspaces that have an index, in a stable order. */
	workspaces(): string[];
	/**
	 * Undefined where there is no index. The connection stays open until others take its place: do
	 * not keep it.
	 * @throws SemanticaError STORE when the index must be built anew.
	 */
	open(workspace: string): Sqlite | undefined;
	/** Closes what is open of an index: where it is, an open file cannot be deleted. */
	drop(workspace: string): void;
	/** Whether there was one to delete. */
	delete(workspace: string): boolean;
	/** Of the database, its log and the segments on disk. */
	bytes(workspace: string): number;
	close(): void;
}

/** Each keeps up to 16 MB of its database in memory. */
const OPEN_AT_ONCE = 4;

export function createIndexes(home: IndexHome): Indexes {
	// In order of use, the latest last.
	const open = new Map<string, { readonly db: Sqlite; readonly inode: number }>();

	const drop = (workspace: string): void => {
		open.get(workspace)?.db.close();
		open.delete(workspace);
	};
	const folderOf = (workspace: string): string => indexFolder(home.paths, workspace);
	const fileOf = (workspace: string): string => join(folderOf(workspace), DATABASE_FILE);

	return {
		drop,
		workspaces() {
			let names: string[];
			try {
				names = readdirSync(home.paths.indexes).sort();
			} catch (error) {
				if (isShortage(error)) throw error;
				// Nothing was ever indexed.
				return [];
			}
			return names.flatMap((name) => workspaceIn(join(home.paths.indexes, name)) ?? []);
		},
		open(workspace) {
			const inode = statSync(fileOf(workspace), { throwIfNoEntry: false })?.ino;
			const known = open.get(workspace);
			if (known !== undefined && known.inode === inode) {
				open.delete(workspace);
				open.set(workspace, known);
				return known.db;
			}
			// Built anew since, or gone.
			drop(workspace);
			if (inode === undefined) return undefined;
			const db = openIndexReadonly(home, indexFolder(home.paths, workspace), workspace);
			if (db === undefined) return undefined;
			open.set(workspace, { db, inode });
			for (const oldest of open.keys()) {
				if (open.size <= OPEN_AT_ONCE) break;
				drop(oldest);
			}
			return db;
		},
		delete(workspace) {
			const folder = indexFolder(home.paths, workspace);
			if (!existsSync(folder)) return false;
			drop(workspace);
			rmSync(folder, { recursive: true });
			return true;
		},
		bytes(workspace) {
			const sizes = ['', '-wal'].map(
				(suffix) => statSync(fileOf(workspace) + suffix, { throwIfNoEntry: false })?.size ?? 0,
			);
			return sizes.reduce((sum, size) => sum + size, 0) + segmentBytes(folderOf(workspace));
		},
		close() {
			for (const workspace of [...open.keys()]) drop(workspace);
		},
	};
}
