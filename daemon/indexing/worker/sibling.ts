/**
 * A worktree begins with what the index of another worktree of its repository holds: most files are the same, and the
 * walk finds by their hash which. They are read once, and neither divided into words nor parsed again.
 */
import {
	copyFileSync,
	existsSync,
	linkSync,
	mkdirSync,
	readdirSync,
	readFileSync,
	rmSync,
} from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { errorCode } from '../../../shared/errors.ts';
import { openSqlite } from '../../sqlite/open.ts';
import { type IndexHome, openIndexReadonly } from '../catalogue/database.ts';
import { DATABASE_FILE, folderPath, indexFolder, workspaceIn } from '../catalogue/location.ts';
import { NO_STAMP } from '../files/probe.ts';
import { gitTop } from '../files/rules.ts';
import { segmentFile } from '../segments/files.ts';

const COPY = `${DATABASE_FILE}.copy`;

/** Called before the index of `workspace` is opened. It may be killed at any moment: only the last step makes an index of the copy. */
export function beginWithSibling(
	home: IndexHome,
	workspace: string,
	log: (line: string) => void,
): void {
	const folder = indexFolder(home.paths, workspace);
	if (workspaceIn(folder) !== undefined || existsSync(join(folder, DATABASE_FILE))) return;
	const sibling = siblingOf(home, workspace);
	if (sibling === undefined) return;
	try {
		copy(home, sibling, folder);
		log(`Begins with the index of ${folderPath(sibling)}, another worktree of the repository.`);
	} catch (error) {
		// Whatever it is, the folder can be read from the beginning.
		rmSync(join(folder, COPY), { force: true });
		log(`The index of ${folderPath(sibling)} could not be copied (${errorCode(error) ?? error}).`);
	}
}

function copy(home: IndexHome, sibling: string, folder: string): void {
	const from = indexFolder(home.paths, sibling);
	const unfinished = join(folder, COPY);
	rmSync(unfinished, { force: true });
	mkdirSync(dirname(segmentFile(folder, 0)), { recursive: true, mode: 0o700 });
	const source = openIndexReadonly(home, from, sibling);
	if (source === undefined) return;
	try {
		source.prepare('VACUUM INTO ?').run(unfinished);
	} finally {
		source.close();
	}
	const db = openSqlite(unfinished, { nativeFolder: home.nativeFolder, busyTimeoutMs: 0 });
	try {
		db.transaction(() => {
			// Another folder: nothing is known of its files but what they held elsewhere. What was said of the repository's
			// folder holds for it, too, until somebody says otherwise.
			db.exec('DELETE FROM walk');
			db.prepare('UPDATE files SET stamp = ?').run(NO_STAMP);
		})();
		const ids = db.prepare<[], number>('SELECT id FROM segments').pluck().all();
		// Never changed, so one file serves both. What the sibling has merged away meanwhile is read again.
		for (const id of ids) share(segmentFile(from, id), segmentFile(folder, id));
	} finally {
		db.close();
	}
	// Unlike a rename it leaves alone what somebody else began meanwhile; strays of ours go with the next sweep.
	linkSync(unfinished, join(folder, DATABASE_FILE));
	rmSync(unfinished);
}

function share(from: string, to: string): void {
	try {
		linkSync(from, to);
	} catch (error) {
		if (errorCode(error) === 'ENOENT') return;
		copyFileSync(from, to);
	}
}

/** The folder URI of an index of the same place in another worktree. */
function siblingOf({ paths }: IndexHome, workspace: string): string | undefined {
	const place = placeOf(folderPath(workspace));
	if (place === undefined) return undefined;
	const others = existsSync(paths.indexes) ? readdirSync(paths.indexes) : [];
	return others
		.flatMap((name) => workspaceIn(join(paths.indexes, name)) ?? [])
		.find((other) => other !== workspace && placeOf(folderPath(other)) === place);
}

/** Names a folder in a repository, whichever worktree it is looked at in. */
function placeOf(folder: string): string | undefined {
	const top = gitTop(folder);
	const common = top === undefined ? undefined : commonFolder(top);
	return top === undefined || common === undefined
		? undefined
		: `${common}\0${relative(top, folder)}`;
}

function commonFolder(top: string): string | undefined {
	const git = join(top, '.git');
	try {
		const own = /^gitdir: (.+)$/m.exec(readFileSync(git, 'utf8'))?.[1];
		if (own === undefined) return undefined;
		const folder = resolve(top, own);
		return resolve(folder, readFileSync(join(folder, 'commondir'), 'utf8').trim());
	} catch (error) {
		// The repository's own worktree; a submodule has no others.
		return errorCode(error) === 'EISDIR' ? git : undefined;
	}
}
