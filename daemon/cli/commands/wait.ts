import type { Command } from 'commander';
import type { DaemonConnection } from '../../../shared/client/connection.ts';
import { isFinished } from '../../../shared/jobTerms.ts';
import type { Result } from '../../../shared/protocol/requests.ts';
import { connectToRunning } from '../connect.ts';
import type { Context } from '../context.ts';
import { EXIT } from '../errors.ts';
import { createEnds, type Ended } from '../follow/ends.ts';
import { listenForInterrupt } from '../follow/interrupt.ts';
import { resolveIds } from '../ids.ts';
import { parseDuration } from '../parse/values.ts';
import { plural } from '../render/format.ts';
import { renderSummary } from '../render/summary.ts';
import { examples, ID_HINT, JSON_OPTION } from './help.ts';

type Waited = Result<'job/wait'>;

interface Options {
	readonly any?: boolean;
	readonly ready?: boolean;
	readonly timeout?: number;
	readonly followRetries?: boolean;
	readonly json?: boolean;
}

export function addWaitCommand(program: Command, context: Context): void {
	program
		.command('wait')
		.summary('wait until jobs have ended, or are ready')
		.description(
			'Waits until all of these jobs have ended, and says how as they do. Ends with 0 if all succeeded, ' +
				'with 4 if one did not or the time is over; with --ready, if all are ready, or one ended before it was. ' +
				'Ctrl-C stops the waiting, not the jobs.',
		)
		.argument('<ids...>', ID_HINT)
		.option('--any', 'until one of them has ended; the first decides the exit code')
		.option('--ready', 'until they are ready, which jobs are that run with --ready')
		.option('--timeout <duration>', 'wait so long at most, as in 30s, 5m, 2h', parseDuration)
		.option(
			'--follow-retries',
			'a job that was retried by hand is not over: wait for its successor',
		)
		.option(...JSON_OPTION)
		.addHelpText(
			'after',
			examples(
				['semantica wait 1a2b3c4d', 'one job'],
				['semantica wait 1a2b3c4d 5e6f7a8b && ./deploy', 'go on if both succeed'],
				['semantica wait --any 1a2b3c4d 5e6f7a8b', 'the first of two'],
				['semantica wait --ready 1a2b3c4d && npm test', 'once that server is ready'],
				['semantica wait --timeout 10m $(semantica run -- make)', 'not longer than that'],
			),
		)
		.action(async (given: string[], options: Options) => {
			const connection = await connectToRunning(context.daemon);
			let ids: string[];
			try {
				ids = await resolveIds(connection, given);
			} catch (error) {
				connection.dispose();
				throw error;
			}
			await wait(context, connection, ids, options);
		});
}

async function wait(
	context: Context,
	connection: DaemonConnection,
	ids: readonly string[],
	options: Options,
): Promise<void> {
	const { out, err } = context;
	const say = (sentence: string) => {
		if (options.json !== true) err.say(sentence, err.style.dim);
	};
	const ends = createEnds(context.daemon, connection, {
		any: options.any === true,
		until: options.ready === true ? 'ready' : 'ended',
		followRetries: options.followRetries === true,
		timeout: options.timeout ?? Number.POSITIVE_INFINITY,
		told: (job) => {
			if (options.json !== true) out.lines(summary(job, out));
		},
		again: () => say('The Semantica daemon ended and runs again; waiting there.'),
	});
	const interrupt = listenForInterrupt();
	// However waiting ends before the jobs do, a script must not take it for success.
	process.exitCode = EXIT.interrupted;
	try {
		const answer = await Promise.race([ends.wait(ids), interrupt.happened]);
		if (answer === undefined) {
			say('Not waiting any more; what runs goes on. Look again with: semantica list');
			return;
		}
		if (options.json) out.json(answer);
		const ready = options.ready === true;
		if (!answer.satisfied) say(ready ? notReady(answer) : timeIsOver(answer));
		process.exitCode =
			ready && answer.satisfied ? EXIT.done : exitCodeOf(answer, options.any === true);
	} finally {
		interrupt.stop();
		ends.dispose();
	}
}

function summary(job: Ended, out: Context['out']): string[] {
	if ('title' in job) return renderSummary(job, undefined, out.view());
	return [`${job.state}  ${job.id}, removed since`];
}

function timeIsOver({ jobs }: Waited): string {
	const open = jobs.filter((job) => !isFinished(job.state));
	const many = `${plural(open.length, 'job')} ${open.length === 1 ? 'has' : 'have'}`;
	return `The time is over and ${many} not ended: ${open.length === 1 ? 'it goes' : 'they go'} on.`;
}

function notReady({ jobs, removed = [] }: Waited): string {
	const ended = [...jobs, ...removed].filter(({ state }) => isFinished(state));
	const open = jobs.filter((job) => !isFinished(job.state) && job.readyAt === null);
	if (open.length === 0) return `${plural(ended.length, 'job')} ended before being ready.`;
	return `The time is over and ${plural(open.length, 'job')} ${open.length === 1 ? 'is' : 'are'} not ready.`;
}

/** With --any the one that ended first decides. */
function exitCodeOf({ satisfied, jobs, removed = [] }: Waited, any: boolean): number {
	if (!satisfied) return EXIT.jobFailed;
	const ended = jobs.filter((job) => isFinished(job.state));
	const first = ended.sort((a, b) => (a.finishedAt ?? 0) - (b.finishedAt ?? 0)).slice(0, 1);
	const decisive = any && first.length > 0 ? first : [...jobs, ...removed];
	return decisive.every(({ state }) => state === 'succeeded') ? EXIT.done : EXIT.jobFailed;
}
