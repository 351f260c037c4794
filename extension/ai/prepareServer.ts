/** Before the server runs: its launcher is there, and so is the leave to work in the folders of this window. */
import { readBuildInfo } from '../../shared/build.ts';
import { stageBuild } from '../../shared/client/builds.ts';
import { dataPaths } from '../../shared/paths.ts';
import { openFolders } from '../indexing/folders.ts';
import type { ServerPorts } from './server.ts';

export async function prepareServer({ link, home, distFolder }: ServerPorts): Promise<void> {
	const build = readBuildInfo(distFolder);
	await stageBuild({ paths: dataPaths(home()), distFolder, build });
	for (const { path } of openFolders()) await link.request('ai/folder', { root: path });
}
