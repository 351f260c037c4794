/** What `run` and `index` do with an enqueued job: print its id, or follow it. */
import type { Context } from '../context.ts';
import { CliError } from '../errors.ts';
import { waitForJob } from '../follow/wait.ts';
import { plural } from '../render/format.ts';
import { shortId } from '../render/state.ts';
import type { Submission } from '../submit.ts';

export interface EnqueuedOptions {
	readonly wait: boolean;
	readonly json: boolean;
	/** With `wait`: show the job's log on standard output. */
	readonly log: boolean;
}

export async function finishEnqueue(
	context: Context,
	{ connection, answer }: Submission,
	options: EnqueuedOptions,
): Promise<void> {
	const [job] = answer.jobs;
	if (job === undefined) throw new CliError('The daemon answered without a job.');
	if (options.wait) {
		if (!options.json) noteOthers(context, job);
		await waitForJob(context, connection, job.id, options);
		return;
	}
	connection.dispose();
	if (options.json) {
		context.out.json(answer);
		return;
	}
	// The id alone on standard output, so that scripts can catch it.
	context.out.lines([job.id]);
	noteOthers(context, job);
	if (context.err.stream.isTTY) {
		const { style } = context.err;
		context.err.say(`Follow it with: semantica logs ${shortId(job.id)} -f`, style.dim);
	}
}

function noteOthers(
	context: Context,
	job: {
		readonly existing: boolean;
		readonly state: string;
		readonly superseded: readonly string[];
	},
): void {
	if (job.existing) {
		context.err.say(`A job with this key exists already (${job.state}); nothing new was enqueued.`);
	}
	if (job.superseded.length > 0) {
		context.err.say(`It replaces ${plural(job.superseded.length, 'older job')}.`);
	}
}
