import type { Command } from 'commander';
import { connectToRunning, using } from '../connect.ts';
import type { Context } from '../context.ts';
import { examples, JSON_OPTION } from './help.ts';

interface MaintainOptions {
	readonly vacuum: boolean;
	readonly json?: boolean;
}

export function addMaintainCommand(program: Command, context: Context): void {
	program
		.command('maintain')
		.summary('clean up the data folder')
		.description(
			'Removes what is past its keeping time, gives free space back and checks the database, while everything goes on.',
		)
		.option('--vacuum', 'also rewrite the database to its smallest size', false)
		.option(...JSON_OPTION)
		.addHelpText('after', examples(['semantica maintain --vacuum', 'after a large clean-up']))
		.action((options: MaintainOptions) =>
			using(connectToRunning(context.daemon), async (connection) => {
				const result = await connection.request('system/maintain', { vacuum: options.vacuum });
				if (options.json) context.out.json(result);
				else for (const sentence of result.report) context.out.say(sentence);
			}),
		);
}
