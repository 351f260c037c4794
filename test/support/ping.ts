/**
 * `node ping.ts HOME`: a client that asks a daemon for next to nothing, again and again, as others would who share it.
 * Prints `ready`, and at SIGTERM the longest round trip in ms.
 */
import { connectOver } from '../../shared/client/connection.ts';
import { openSocket, readStateFile, readToken } from '../../shared/client/endpoint.ts';
import { dataPaths } from '../../shared/paths.ts';

const paths = dataPaths(process.argv[2] ?? '');
const state = await readStateFile(paths);
const connection = await connectOver(await openSocket(state?.endpoint ?? ''), {
	token: await readToken(paths),
	client: 'ping',
	version: '0',
});
let longest = 0;
let asked = 0;
process.once('SIGTERM', () => {
	process.stdout.write(`${longest}\n`);
	process.exit(0);
});
for (;;) {
	const began = performance.now();
	await connection.request('settings/get', {});
	// The first ones find code that has never run.
	if (++asked > 100) longest = Math.max(longest, performance.now() - began);
	if (asked === 100) process.stdout.write('ready\n');
}
