/** A client of its own that loads 100,000 small jobs in bulk, some requests at a time, and prints the ids' count. */
import { connectOver } from '../../../shared/client/connection.ts';
import { openSocket, readStateFile, readToken } from '../../../shared/client/endpoint.ts';
import { dataPaths } from '../../../shared/paths.ts';
import { inParallel } from '../parallel.ts';
import { sampleJobs } from '../sample.ts';

const JOBS = 100_000;
const BULK = 1000;

const paths = dataPaths(process.argv[2] ?? '');
const state = await readStateFile(paths);
const connection = await connectOver(await openSocket(state?.endpoint ?? ''), {
	token: await readToken(paths),
	client: 'bench-load',
	version: '0',
});
const ids = new Set<string>();
await inParallel(JOBS / BULK, 4, async (n) => {
	const answer = await connection.request('job/enqueue', { jobs: sampleJobs(n * BULK, BULK) });
	for (const { id } of answer.jobs) ids.add(id);
});
process.stdout.write(`${ids.size}\n`);
process.exit(0);
