/** How this program reaches the daemon, by its environment. */
import { readBuildInfo } from '../../shared/build.ts';
import { dataFolder, dataPaths } from '../../shared/paths.ts';
import type { DaemonAccess } from './connect.ts';

type Environment = Readonly<Record<string, string | undefined>>;

export function daemonAccess(
	env: Environment,
	distFolder: string,
	notice: DaemonAccess['notice'],
): DaemonAccess {
	return {
		paths: dataPaths(dataFolder(env)),
		distFolder,
		build: readBuildInfo(distFolder),
		execPath: process.execPath,
		env,
		caller: callingJob(env),
		notice,
	};
}

export function callingJob(env: Environment): DaemonAccess['caller'] {
	const { SEMANTICA_JOB_ID: jobId, SEMANTICA_TOKEN: token } = env;
	return jobId && token ? { jobId, token } : undefined;
}
