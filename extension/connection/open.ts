/** Connecting to a daemon that runs already: what a window does at its start. */
import { type BuildStamp, readBuildInfo } from '../../shared/build.ts';
import { findDaemon } from '../../shared/client/launch.ts';
import { reachDaemon } from '../../shared/client/reach.ts';
import { dataPaths } from '../../shared/paths.ts';
import type { OpenedSocket } from './ports.ts';

/** Of this window; undefined where its installation cannot be read. */
export function ownBuild(distFolder: string): BuildStamp | undefined {
	try {
		return readBuildInfo(distFolder);
	} catch {
		return undefined;
	}
}

/** Connects to a daemon that runs already. */
export async function openRunningDaemon(home: string): Promise<OpenedSocket | undefined> {
	const paths = dataPaths(home);
	const daemon = await findDaemon(paths);
	if (daemon === undefined) return undefined;
	return reachDaemon(paths, daemon);
}
