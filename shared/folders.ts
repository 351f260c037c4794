/** Making folders of our own. */
import { existsSync, mkdirSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { errorCode } from './errors.ts';

/**
 * Makes the folder, and what leads to it. Node's own way never ends where the system denies that a folder is
 * there which is, as Linux does under /proc.
 */
export function makeFolder(folder: string): void {
	try {
		mkdirSync(folder, { mode: 0o700 });
	} catch (error) {
		const parent = dirname(folder);
		if (errorCode(error) === 'ENOENT' && parent !== folder && !existsSync(parent)) {
			makeFolder(parent);
			makeFolder(folder);
		} else if (!isFolder(folder)) {
			throw error;
		}
	}
}

function isFolder(path: string): boolean {
	return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}
