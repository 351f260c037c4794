/** Paths that lie in folders, by their names alone: who asks has resolved links before. */
import { isAbsolute, relative, resolve, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Whether an absolute path is the folder itself or lies in it. */
export function isInside(path: string, folder: string): boolean {
	const way = relative(resolve(folder), resolve(path));
	return way !== '..' && !way.startsWith(`..${sep}`) && !isAbsolute(way);
}

/** The path of a local folder's URI; undefined for anything else. */
export function pathOfUri(uri: string): string | undefined {
	try {
		return fileURLToPath(uri);
	} catch {
		return undefined;
	}
}
