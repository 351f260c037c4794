/** Which files of a job's errors this window shows: what it has open, and what its own jobs name. */
import { realpath, stat } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { isInside, pathOfUri } from '../../shared/inside.ts';
import type { Job } from '../../shared/job.ts';
import type { Problem } from '../../shared/problems.ts';

interface Folder {
	readonly path: string;
	/** With every link resolved. */
	readonly real: string;
}

/**
 * Problems by the path under which the window knows their file. Left out are files that are not there, and such as
 * were changed since: of them they may not be true any more.
 */
export async function shownFiles(
	job: Pick<Job, 'command' | 'workspace' | 'finishedAt'>,
	problems: readonly Problem[],
	open: readonly string[],
	now: number,
): Promise<Map<string, Problem[]>> {
	const folders = await Promise.all(
		open.map(
			async (path): Promise<Folder> => ({
				path,
				real: await realpath(path).catch(() => path),
			}),
		),
	);
	const place = job.command?.cwd ?? (job.workspace === null ? undefined : pathOfUri(job.workspace));
	const isOwn = place !== undefined && folderOf(place, folders) !== undefined;
	const shown = new Map<string, Problem[]>();
	for (const problem of problems) {
		if (problem.file === undefined) continue;
		const folder = folderOf(problem.file, folders);
		if (folder === undefined && !isOwn) continue;
		const path = folder === undefined ? problem.file : pathIn(folder, problem.file);
		shown.set(path, [...(shown.get(path) ?? []), problem]);
	}
	const finishedAt = job.finishedAt ?? Number.POSITIVE_INFINITY;
	// Of a clock that was set back, files were changed at times to come.
	const isChanged = (mtimeMs: number) => mtimeMs > finishedAt && mtimeMs <= now;
	await Promise.all(
		[...shown.keys()].map(async (path) => {
			const about = await stat(path).catch(() => undefined);
			if (about?.isFile() !== true || isChanged(about.mtimeMs)) shown.delete(path);
		}),
	);
	return shown;
}

function folderOf(path: string, folders: readonly Folder[]): Folder | undefined {
	return folders.find((folder) => isInside(path, folder.path) || isInside(path, folder.real));
}

function pathIn({ path, real }: Folder, file: string): string {
	return isInside(file, path) ? file : join(path, relative(real, file));
}
