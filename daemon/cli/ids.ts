/** Ids as people shorten them: any part from the beginning or the end, while it means one job. */
import type { DaemonConnection } from '../../shared/client/connection.ts';
import type { Job } from '../../shared/job.ts';
import { CliError, usageError } from './errors.ts';
import { oneLine } from './render/text.ts';

const FULL = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

export async function resolveId(connection: DaemonConnection, given: string): Promise<string> {
	const part = given.toLowerCase();
	if (FULL.test(part)) return part;
	if (!/^[0-9a-f-]+$/.test(part)) {
		throw usageError(`"${given}" is not a job id. Ids are shown by: semantica list`);
	}
	const { jobs } = await connection.request('job/list', { filter: { text: part }, limit: 200 });
	return theOne(
		jobs.filter((job) => job.id.endsWith(part) || job.id.startsWith(part)),
		given,
	).id;
}

function theOne(found: readonly Job[], given: string): Job {
	const [first, second] = found;
	if (first === undefined) {
		throw new CliError(`No job's id begins or ends with "${given}". See: semantica list --all`);
	}
	if (second !== undefined) {
		const some = found
			.slice(0, 4)
			.map((job) => `  ${job.id}  ${oneLine(job.title)}`)
			.join('\n');
		throw new CliError(`"${given}" could mean more than one job. Give more of the id:\n${some}`);
	}
	return first;
}

export async function resolveIds(
	connection: DaemonConnection,
	given: readonly string[],
): Promise<string[]> {
	const ids: string[] = [];
	for (const one of given) ids.push(await resolveId(connection, one));
	return [...new Set(ids)];
}
