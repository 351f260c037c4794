/** Before the server runs: its launcher is there, and so is the leave to work in the folders of this window. */
import { readBuildInfo } from '../../shared/build.ts';
import { stageBuild } from '../../shared/client/builds.ts';
import { ERROR_CODES, errorMessage } from '../../shared/errors.ts';
import { dataPaths } from '../../shared/paths.ts';
import { openFolders } from '../indexing/folders.ts';
import { showWarning } from '../messages.ts';
import type { ServerPorts } from './server.ts';

export async function prepareServer({ link, home, distFolder }: ServerPorts): Promise<void> {
	const build = readBuildInfo(distFolder);
	await stageBuild({ paths: dataPaths(home()), distFolder, build });
	for (const { path } of openFolders()) {
		try {
			await link.request('ai/folder', { root: path });
		} catch (error) {
			// A config.json that a person has to mend: tools that need no leave work all the same.
			if (!isConflict(error)) throw error;
			void showWarning(errorMessage(error));
			return;
		}
	}
}

const isConflict = (error: unknown): boolean =>
	error instanceof Error && 'code' in error && error.code === ERROR_CODES.CONFLICT;
