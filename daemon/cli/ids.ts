/** Ids as people shorten them: any part from the beginning or the end, while it means one job. */
import type { DaemonConnection } from '../../shared/client/connection.ts';
import type { Job } from '../../shared/job.ts';
import type { Result } from '../../shared/protocol/requests.ts';
import { CliError, usageError } from './errors.ts';
import { oneLine } from './render/text.ts';

type Asking = Pick<DaemonConnection, 'request'>;

const PAGE = 200;
/** Of the jobs that a part could mean. */
const SHOWN = 4;
const FULL = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

export async function resolveId(connection: Asking, given: string): Promise<string> {
	const part = given.toLowerCase();
	if (FULL.test(part)) return part;
	if (!/^[0-9a-f-]+$/.test(part)) {
		throw usageError(`"${given}" is not a job id. Ids are shown by: semantica list`);
	}
	return theOne(await findByPart(connection, part), given).id;
}

/** The search also finds the part in titles and in the middle of ids, so that it takes all its pages. */
async function findByPart(connection: Asking, part: string): Promise<Job[]> {
	const found: Job[] = [];
	let cursor: string | undefined;
	do {
		const page: Result<'job/list'> = await connection.request('job/list', {
			filter: { text: part },
			limit: PAGE,
			...(cursor === undefined ? {} : { cursor }),
		});
		found.push(...page.jobs.filter(({ id }) => id.endsWith(part) || id.startsWith(part)));
		cursor = page.nextCursor ?? undefined;
	} while (cursor !== undefined && found.length < SHOWN);
	return found;
}

function theOne(found: readonly Job[], given: string): Job {
	const [first, second] = found;
	if (first === undefined) {
		throw new CliError(`No job's id begins or ends with "${given}". See: semantica list --all`);
	}
	if (second !== undefined) {
		const some = found
			.slice(0, SHOWN)
			.map((job) => `  ${job.id}  ${oneLine(job.title)}`)
			.join('\n');
		throw new CliError(`"${given}" could mean more than one job. Give more of the id:\n${some}`);
	}
	return first;
}

export async function resolveIds(connection: Asking, given: readonly string[]): Promise<string[]> {
	const ids: string[] = [];
	for (const one of given) ids.push(await resolveId(connection, one));
	return [...new Set(ids)];
}
