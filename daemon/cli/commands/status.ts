import type { Command } from 'commander';
import { connectToRunning, using } from '../connect.ts';
import type { Context } from '../context.ts';
import { renderStatus } from '../render/status.ts';
import { examples, JSON_OPTION } from './help.ts';

export function addStatusCommand(program: Command, context: Context): void {
	program
		.command('status')
		.summary('show the daemon, its queues and indexes')
		.option(...JSON_OPTION)
		.addHelpText(
			'after',
			examples(
				['semantica status', 'at a glance'],
				['semantica status --json | jq .system.counts', 'for scripts'],
			),
		)
		.action((options: { json?: boolean }) =>
			using(connectToRunning(context.daemon), async (connection) => {
				const [system, { indexes }] = await Promise.all([
					connection.request('system/status', {}),
					connection.request('index/status', {}),
				]);
				if (options.json) {
					context.out.json({ system, indexes });
					return;
				}
				const { build } = context.daemon;
				const data = { system, indexes, build };
				context.out.lines(renderStatus(data, Date.now(), context.out.view()));
			}),
		);
}
