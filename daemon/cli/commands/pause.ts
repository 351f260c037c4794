import type { Command } from 'commander';
import { connectToRunning, using } from '../connect.ts';
import type { Context } from '../context.ts';
import { addTargets, reportChange, type TargetOptions, targetsOf } from './change.ts';
import { examples } from './help.ts';

export function addPauseCommand(program: Command, context: Context): void {
	addTargets(
		program
			.command('pause')
			.summary('pause jobs')
			.description(
				'Holds waiting jobs back and stops the processes of running ones where they are, with their children. A paused job gives its slot back.',
			),
		'every job that is not finished',
	)
		.addHelpText(
			'after',
			examples(
				['semantica pause 1a2b3c4d', 'one job'],
				['semantica pause --all', 'everything, before a video call'],
			),
		)
		.action((ids: string[], options: TargetOptions) =>
			using(connectToRunning(context.daemon), async (connection) => {
				const targets = await targetsOf(context, connection, ids, options);
				const result = await connection.request('job/pause', targets);
				reportChange(context, result, 'Paused', options, ids);
			}),
		);
}
