import type { Command } from 'commander';
import { connectToRunning, using } from '../connect.ts';
import type { Context } from '../context.ts';
import { shortId } from '../render/state.ts';
import { addTargets, reportChange, type TargetOptions, targetsOf } from './change.ts';
import { examples } from './help.ts';

interface RetryOptions extends TargetOptions {
	readonly dependents: boolean;
}

export function addRetryCommand(program: Command, context: Context): void {
	addTargets(
		program
			.command('retry')
			.summary('run jobs again')
			.description(
				'Runs finished jobs again, each as a new job, and with them those that could not run because of them. ' +
					'A job that waits between two attempts starts at once.',
			),
		'every job that failed, was cancelled or expired',
	)
		.option('--no-dependents', 'leave alone what could not run because of them')
		.addHelpText(
			'after',
			examples(
				['semantica retry 1a2b3c4d', 'one job'],
				['semantica retry -s failed --since 1d', 'what failed today'],
			),
		)
		.action((ids: string[], options: RetryOptions) =>
			using(connectToRunning(context.daemon), async (connection) => {
				const targets = await targetsOf(context, connection, ids, options);
				const result = await connection.request('job/retry', {
					...targets,
					...(options.dependents ? {} : { dependents: false }),
				});
				reportChange(context, result, 'Retrying', options, ids);
				if (options.json || !context.out.stream.isTTY) return;
				const { style } = context.out;
				context.out.lines(
					result.jobs
						.slice(0, 20)
						.map(({ id, retryOf }) =>
							style.dim(`  ${shortId(retryOf)} ${style.symbols.arrow} ${shortId(id)}`),
						),
				);
			}),
		);
}
