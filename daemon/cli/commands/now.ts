import type { Command } from 'commander';
import { connectToRunning, using } from '../connect.ts';
import type { Context } from '../context.ts';
import { addTargets, reportChange, type TargetOptions, targetsOf } from './change.ts';
import { examples } from './help.ts';

export function addNowCommand(program: Command, context: Context): void {
	addTargets(
		program
			.command('now')
			.summary('start waiting jobs now')
			.description(
				'Starts waiting jobs at once: limits, pauses and start times do not count for this start. Two jobs of one subject still never run together.',
			),
		'every waiting job',
	)
		.addHelpText('after', examples(['semantica now 1a2b3c4d', 'one job']))
		.action((ids: string[], options: TargetOptions) =>
			using(connectToRunning(context.daemon), async (connection) => {
				const targets = await targetsOf(context, connection, ids, options);
				const result = await connection.request('job/runNow', targets);
				reportChange(context, result, 'Started', options, ids);
			}),
		);
}
