/** Folders as tools are given them: absolute and there. Whether they may be used the daemon says. */
import { realpath, stat } from 'node:fs/promises';
import { isAbsolute } from 'node:path';
import { pathToFileURL } from 'node:url';
import { errorCode, errorMessage } from '../../../../shared/errors.ts';
import { ToolError } from './context.ts';

/** @returns the folder with every link resolved */
export async function folderOf(argument: string, given: string): Promise<string> {
	if (!isAbsolute(given)) {
		throw new ToolError(`${argument}: "${given}" is not absolute. Give the whole path.`);
	}
	try {
		const path = await realpath(given);
		if ((await stat(path)).isDirectory()) return path;
	} catch (error) {
		const why = errorCode(error) === 'ENOENT' ? 'there is no such folder' : errorMessage(error);
		throw new ToolError(`${argument}: ${given}: ${why}.`);
	}
	throw new ToolError(`${argument}: ${given} is a file, not a folder.`);
}

export const uriOf = (folder: string): string => pathToFileURL(folder).href;
