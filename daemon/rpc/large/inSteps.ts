/** A request of many jobs, checked against its schema so that others have turns of the event loop meanwhile. */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { LIMITS } from '../../../shared/jobTerms.ts';
import { requests } from '../../../shared/protocol/requests.ts';
import type { Message } from '../../../shared/rpc/messages.ts';
import { CheckedParams } from './outcome.ts';

const JOBS_AT_ONCE = 20;
const STEP_MS = 4;

/** Undefined where it is nothing of the kind. What is not valid comes back unchecked: read whole, it says where. */
export function checkInSteps(
	message: Message & { params?: unknown },
): Promise<Message> | undefined {
	const { params } = message;
	if (message['method'] !== 'job/enqueue' || !hasJobs(params)) return undefined;
	const { length } = params.jobs;
	if (length <= JOBS_AT_ONCE || length > LIMITS.jobsPerRequest) return undefined;
	return checked(message, params);
}

async function checked(message: Message, params: { jobs: unknown[] }): Promise<Message> {
	const schema = requests['job/enqueue'].params;
	const jobs: unknown[] = [];
	let until = performance.now() + STEP_MS;
	while (jobs.length < params.jobs.length) {
		const some = params.jobs.slice(jobs.length, jobs.length + JOBS_AT_ONCE);
		const parsed = schema.safeParse({ ...params, jobs: some });
		if (!parsed.success) return message;
		jobs.push(...parsed.data.jobs);
		if (jobs.length === params.jobs.length) {
			return { ...message, params: new CheckedParams({ ...parsed.data, jobs }) } as Message;
		}
		if (performance.now() < until) continue;
		await nextTurn();
		until = performance.now() + STEP_MS;
	}
	return message;
}

function hasJobs(params: unknown): params is { jobs: unknown[] } {
	return (
		typeof params === 'object' && params !== null && 'jobs' in params && Array.isArray(params.jobs)
	);
}
