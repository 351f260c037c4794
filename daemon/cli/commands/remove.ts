import type { Command } from 'commander';
import { connectToRunning, using } from '../connect.ts';
import type { Context } from '../context.ts';
import { addTargets, reportChange, type TargetOptions, targetsOf } from './change.ts';
import { examples } from './help.ts';

export function addRemoveCommand(program: Command, context: Context): void {
	addTargets(
		program
			.command('remove')
			.alias('rm')
			.summary('remove finished jobs')
			.description(
				'Removes finished jobs with their logs and payloads. What waits or runs stays: cancel it first.',
			),
		'every finished job',
	)
		.addHelpText(
			'after',
			examples(
				['semantica remove 1a2b3c4d', 'one job and its log'],
				['semantica remove -s succeeded', 'what went well'],
			),
		)
		.action((ids: string[], options: TargetOptions) =>
			using(connectToRunning(context.daemon), async (connection) => {
				const targets = await targetsOf(context, connection, ids, options);
				const result = await connection.request('job/remove', targets);
				reportChange(context, result, 'Removed', options, ids);
			}),
		);
}
