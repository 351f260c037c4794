import type { Command } from 'commander';
import { connectToRunning, using } from '../connect.ts';
import type { Context } from '../context.ts';
import { addTargets, reportChange, type TargetOptions, targetsOf } from './change.ts';
import { examples } from './help.ts';

export function addCancelCommand(program: Command, context: Context): void {
	addTargets(
		program
			.command('cancel')
			.summary('cancel jobs')
			.description('Cancels waiting jobs and stops running ones, with their children.'),
		'every job that is not finished',
	)
		.addHelpText(
			'after',
			examples(
				['semantica cancel 1a2b3c4d', 'one job'],
				['semantica cancel --tag nightly', 'all with this tag'],
				['semantica cancel --queue builds -s queued', 'what waits in a queue'],
			),
		)
		.action((ids: string[], options: TargetOptions) =>
			using(connectToRunning(context.daemon), async (connection) => {
				const targets = await targetsOf(context, connection, ids, options);
				const result = await connection.request('job/cancel', targets);
				reportChange(context, result, 'Cancelled', options, ids);
			}),
		);
}
