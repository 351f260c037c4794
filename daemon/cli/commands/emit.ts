import type { Command } from 'commander';
import { connectToRunning, using } from '../connect.ts';
import type { Context } from '../context.ts';
import { formatCount } from '../render/format.ts';
import { workspaceUri } from './filters.ts';
import { examples, JSON_OPTION } from './help.ts';

interface Options {
	readonly folder?: string;
	readonly json?: boolean;
}

export function addEmitCommand(program: Command, context: Context): void {
	program
		.command('emit')
		.summary('release the jobs that wait for an event')
		.description(
			'Tells the daemon that something has happened: every job enqueued before with --event NAME may start.',
		)
		.argument('<name>', 'the event, as the jobs name it')
		.option('-f, --folder <folder>', 'only jobs of this workspace folder, and of none')
		.option(...JSON_OPTION)
		.addHelpText(
			'after',
			examples(
				['semantica emit tests.green', 'from a script, say'],
				['semantica emit git.commit -f .', 'what waits for a commit in this folder'],
			),
		)
		.action((name: string, options: Options) =>
			using(connectToRunning(context.daemon), async (connection) => {
				const folder = options.folder;
				const where =
					folder === undefined ? {} : { workspace: await workspaceUri(context, folder) };
				const result = await connection.request('event/emit', { name, ...where });
				if (options.json) context.out.json(result);
				else {
					const jobs = result.released === 1 ? 'job' : 'jobs';
					context.out.lines([`Released ${formatCount(result.released)} ${jobs}.`]);
				}
			}),
		);
}
