/**
 * `newest.js`, a copy of which stands in bin/: says which build a service is to start. It knows no more of builds
 * than stays understood between all of them (docs/decisions/0007-version-handover.md).
 */
import { dirname } from 'node:path';
import { newestBuild } from '../../../shared/client/builds.ts';
import { prepareSuccessor } from '../../../shared/client/launch.ts';
import { dataPaths } from '../../../shared/paths.ts';
import { assertOwnProgram } from '../../../shared/trust.ts';

async function say(): Promise<void> {
	const paths = dataPaths(dirname(__dirname));
	const newest = await newestBuild(paths);
	if (newest === undefined) throw new Error('There is no whole build of its daemon under bin/.');
	assertOwnProgram(newest.folder);
	// Where nothing can become the daemon it is started as by one that hands over.
	if (process.argv[2] === 'start')
		(await prepareSuccessor(paths, process.execPath, process.env))?.();
	else process.stdout.write(`${newest.folder}\n`);
}

say().catch((error: unknown) => {
	const why = error instanceof Error ? error.message : String(error);
	console.error(`Semantica's service starts nothing: ${why} Run: semantica service install`);
	process.exitCode = 1;
});
