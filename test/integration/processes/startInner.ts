/** A job that starts a daemon in the data folder it is given, as a tool run by a job may. */
import { resolve } from 'node:path';
import { readBuildInfo } from '../../../shared/build.ts';
import { ensureDaemon } from '../../../shared/client/launch.ts';
import { dataPaths } from '../../../shared/paths.ts';

const dist = resolve(import.meta.dirname, '../../../dist');
const { pid } = await ensureDaemon({
	paths: dataPaths(process.argv[2] ?? ''),
	distFolder: dist,
	build: readBuildInfo(dist),
	execPath: process.execPath,
	env: process.env,
	timeoutMs: 60_000,
});
console.log(`::semantica result ${JSON.stringify({ pid })}`);
