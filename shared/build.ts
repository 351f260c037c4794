/** dist/build.json: what a build is called and which files a daemon needs to run from a copy. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

export interface BuildInfo {
	readonly version: string;
	/** Hash of the built files; names the daemon's copy under bin/. */
	readonly buildId: string;
	/** Relative to the folder of build.json. */
	readonly daemonFiles: readonly string[];
}

export function readBuildInfo(distFolder: string): BuildInfo {
	return JSON.parse(readFileSync(join(distFolder, 'build.json'), 'utf8')) as BuildInfo;
}
