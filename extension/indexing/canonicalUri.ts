import { realpath } from 'node:fs/promises';
import { pathToFileURL } from 'node:url';
import { errorCode } from '../../shared/errors.ts';
import type { IndexedFolder } from './specs.ts';

/** The daemon names folders by their real path; what no longer exists keeps its name. */
export async function canonicalUri(folder: IndexedFolder): Promise<string> {
	try {
		return pathToFileURL(await realpath(folder.path)).href;
	} catch (error) {
		if (errorCode(error) === undefined) throw error;
		return folder.uri;
	}
}
