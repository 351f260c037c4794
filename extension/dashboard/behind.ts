/** Which jobs are behind a figure. */
import { isFunctionType } from '../../shared/functionTypes.ts';
import type { Job } from '../../shared/job.ts';
import type { ParamsInput } from '../../shared/protocol/requests.ts';
import type { WaitReason } from '../../shared/waiting.ts';
import type { Link } from '../connection/link.ts';
import { isEarly } from '../jobs/store/groups.ts';
import type { JobsBehind } from './messages.ts';

/** So many at most. */
export const MOST = 200;

export async function jobsBehind(
	link: Pick<Link, 'request'>,
	{ states, queue, type, text, reason, since }: JobsBehind,
): Promise<Job[]> {
	const filter: ParamsInput<'job/list'>['filter'] = { state: [...states] };
	if (queue !== undefined) filter.queue = [queue];
	if (type !== undefined) filter.type = [type];
	if (text !== undefined) filter.text = text;
	const sort = since === undefined ? 'createdAt' : '-finishedAt';
	const { jobs } = await link.request('job/list', { filter, sort, limit: MOST });
	const paused = reason === undefined ? new Set<string>() : await pausedQueues(link);
	return jobs.filter(
		(job) =>
			(since === undefined || (job.finishedAt ?? 0) >= since) &&
			(reason === undefined || waitsFor(job, reason, paused)),
	);
}

async function pausedQueues(link: Pick<Link, 'request'>): Promise<ReadonlySet<string>> {
	const { global, queues } = await link.request('queue/list', {});
	return new Set(queues.filter(({ paused }) => global.paused || paused).map(({ name }) => name));
}

/** As far as the job itself tells: the daemon counts each for the first thing that it waits for. */
function waitsFor(job: Job, reason: WaitReason, paused: ReadonlySet<string>): boolean {
	const { constraints } = job;
	const early = isEarly(job, Date.now());
	switch (reason) {
		case 'held':
			return job.held;
		case 'delayed':
			return early && job.attempt === 0;
		case 'backoff':
			return early && job.attempt > 0;
		case 'dependency':
			return job.after.some(({ holds }) => holds === null);
		case 'event':
			return constraints?.event !== undefined;
		case 'power':
			return constraints?.power === 'ac' || constraints?.minBattery !== undefined;
		case 'idle':
			return constraints?.idle === true;
		case 'memory':
			return constraints?.freeMemoryMB !== undefined;
		case 'disk':
			return constraints?.freeDisk !== undefined;
		case 'network':
			return constraints?.unmetered === true;
		case 'room':
			return job.limits?.memoryMB !== undefined;
		case 'group':
			return job.group !== null;
		case 'worker':
			return isFunctionType(job.type);
		case 'subject':
			return job.subject !== null;
		case 'paused':
			return paused.has(job.queue);
		default:
			return !job.held && !early && !paused.has(job.queue);
	}
}
