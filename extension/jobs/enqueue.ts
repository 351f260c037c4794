/** Hands a job to the daemon. The key makes a repeated request harmless when a connection is lost meanwhile. */
import { randomUUID } from 'node:crypto';
import type { JobSpecInput } from '../../shared/job.ts';
import type { Link } from '../connection/link.ts';

/** What a person starts runs at any charge, and they hear of it when it fails, in whatever window they are then. */
export const BY_HAND = { constraints: { minBattery: 0 }, notify: 'failed' } as const;
/** Of a command they hear too when it ends well, if that took long: by then they look at something else. */
export const COMMAND_BY_HAND = { ...BY_HAND, notify: 'long' } as const;

export async function enqueue(
	link: Pick<Link, 'request'>,
	spec: JobSpecInput,
	key: string = randomUUID(),
): Promise<string> {
	const { jobs } = await link.request('job/enqueue', { jobs: [{ ...spec, key }] });
	const [job] = jobs;
	if (job === undefined) throw new Error('The daemon accepted the job but did not name it.');
	return job.id;
}
