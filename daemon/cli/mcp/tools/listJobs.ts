import type { JobState } from '../../../../shared/jobTerms.ts';
import { isFinished, JOB_STATES } from '../../../../shared/jobTerms.ts';
import type { Result } from '../../../../shared/protocol/requests.ts';
import { plural } from '../../render/format.ts';
import { row } from '../answers/job.ts';
import type { ToolArguments } from './arguments.ts';
import type { Answer, ToolContext } from './context.ts';
import { folderOf, uriOf } from './folders.ts';

type Arguments = ToolArguments<'list_jobs'>;

export async function listJobs(args: Arguments, context: ToolContext): Promise<Answer> {
	const { link } = context;
	const filter = {
		...(args.state === undefined ? {} : { state: statesOf(args.state) }),
		...(args.folder === undefined
			? {}
			: { workspace: uriOf(await folderOf('folder', args.folder)) }),
		...(args.text === undefined ? {} : { text: args.text }),
		...(args.mine ? { origin: [await link.origin()] } : {}),
	};
	const [page, queues] = await Promise.all([
		link.request('job/list', { filter, limit: args.limit }),
		link.request('queue/list', {}),
	]);
	return { text: [...limits(queues), ...rows(page, context.now()), nextOf(page, args)].join('\n') };
}

export function statesOf(state: NonNullable<Arguments['state']>): JobState[] {
	if (state === 'open') return JOB_STATES.filter((one) => !isFinished(one));
	if (state === 'finished') return JOB_STATES.filter(isFinished);
	return [state];
}

/** What keeps jobs waiting, whichever they are. */
export function limits({ global, queues }: Result<'queue/list'>): string[] {
	const lines = [`${global.running} of at most ${global.concurrency} jobs run.`];
	if (global.paused) lines.push('PAUSED: a person has paused everything; nothing new starts.');
	const paused = queues.filter((queue) => queue.paused).map(({ name }) => name);
	if (paused.length > 0) lines.push(`PAUSED queues: ${paused.slice(0, 10).join(', ')}.`);
	return lines;
}

function rows({ jobs, total }: Result<'job/list'>, now: number): string[] {
	if (jobs.length === 0) return ['No such jobs.'];
	const all = `${total.exact ? '' : 'more than '}${total.value}`;
	const heading = `${plural(jobs.length, 'job')} of ${all}, newest first:`;
	return [heading, ...jobs.map((job) => row(job, now))];
}

function nextOf({ jobs, nextCursor }: Result<'job/list'>, { folder }: Arguments): string {
	const open = jobs.filter(({ state }) => !isFinished(state)).length;
	if (jobs.length === 0 && folder !== undefined) {
		return 'Next: without folder, or with the one around it: a job belongs to the folder that a person opened, not to one in it.';
	}
	if (jobs.length === 0) return 'Next: nothing to look at.';
	if (nextCursor !== null) return 'Next: for others narrow it by state, folder or text.';
	return open > 0
		? 'Next: wait_job with the ids of what runs, or read_log.'
		: 'Next: get_job or read_log with one of the ids.';
}
