import type { Command } from 'commander';
import { connectToRunning, using } from '../connect.ts';
import type { Context } from '../context.ts';
import { addTargets, reportChange, type TargetOptions, targetsOf } from './change.ts';
import { examples } from './help.ts';

export function addResumeCommand(program: Command, context: Context): void {
	addTargets(
		program
			.command('resume')
			.summary('let paused jobs go on')
			.description('Lets paused jobs go on where they were, as soon as there is a free slot.'),
		'every paused job',
	)
		.addHelpText(
			'after',
			examples(['semantica resume 1a2b3c4d', 'one job'], ['semantica resume --all', 'everything']),
		)
		.action((ids: string[], options: TargetOptions) =>
			using(connectToRunning(context.daemon), async (connection) => {
				const targets = await targetsOf(context, connection, ids, options);
				const result = await connection.request('job/resume', targets);
				reportChange(context, result, 'Resumed', options, ids);
			}),
		);
}
