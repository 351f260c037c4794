import type { Command } from 'commander';
import type { DaemonConnection } from '../../../shared/client/connection.ts';
import type { Job } from '../../../shared/job.ts';
import { connectToRunning, using } from '../connect.ts';
import type { Context } from '../context.ts';
import { renderStatus } from '../render/status.ts';
import { examples, JSON_OPTION } from './help.ts';

/** So many of the jobs that took most CPU time this week are shown. */
const COSTLIEST = 3;
const WEEK_MS = 7 * 86_400_000;

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
				const [system, { indexes }, costliest] = await Promise.all([
					connection.request('system/status', {}),
					connection.request('index/status', {}),
					costliestJobs(connection),
				]);
				if (options.json) {
					context.out.json({ system, indexes, costliest });
					return;
				}
				const { build } = context.daemon;
				const data = { system, indexes, costliest, build };
				context.out.lines(renderStatus(data, Date.now(), context.out.view()));
			}),
		);
}

/** Most first. */
async function costliestJobs(connection: DaemonConnection): Promise<Job[]> {
	const asked = { createdAfter: Date.now() - WEEK_MS };
	return connection.request('job/list', { filter: asked, sort: '-cost', limit: COSTLIEST }).then(
		({ jobs }) => jobs,
		// A daemon of an older build knows no such order; the rest of its status is worth seeing.
		() => [],
	);
}
