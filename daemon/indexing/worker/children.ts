/** Handing shards to the daemon as children of the job that runs us. */
import { connectOver } from '../../../shared/client/connection.ts';
import { readStateFile } from '../../../shared/client/endpoint.ts';
import { openProven } from '../../../shared/client/reach.ts';
import { SemanticaError } from '../../../shared/errors.ts';
import type { JobSpecInput } from '../../../shared/job.ts';
import { LIMITS } from '../../../shared/jobTerms.ts';
import type { DataPaths } from '../../../shared/paths.ts';

/** Well below what a frame may hold. */
const REQUEST_BYTES = 8 * 1024 * 1024;

/** `token` is the run's own: with it the daemon makes every job that we enqueue a child of ours. */
export async function enqueueChildren(
	paths: DataPaths,
	token: string | undefined,
	jobs: Iterable<JobSpecInput>,
): Promise<void> {
	const state = await readStateFile(paths);
	if (state === undefined || token === undefined) {
		throw new SemanticaError(
			'SYSTEM',
			'This program indexes on behalf of the Semantica daemon, which is not there. Run `semantica index` instead.',
		);
	}
	const connection = await connectOver(await openProven(paths, state), {
		token,
		client: 'indexer',
		version: state.version,
	});
	try {
		for (const batch of batchesOf(jobs)) await connection.request('job/enqueue', { jobs: batch });
	} finally {
		connection.dispose();
	}
}

function* batchesOf(jobs: Iterable<JobSpecInput>): Generator<JobSpecInput[]> {
	let batch: JobSpecInput[] = [];
	let bytes = 0;
	for (const job of jobs) {
		const size = Buffer.byteLength(JSON.stringify(job));
		if (
			batch.length === LIMITS.jobsPerRequest ||
			(batch.length > 0 && bytes + size > REQUEST_BYTES)
		) {
			yield batch;
			batch = [];
			bytes = 0;
		}
		batch.push(job);
		bytes += size;
	}
	yield batch;
}
