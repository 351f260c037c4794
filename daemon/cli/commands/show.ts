import type { Command } from 'commander';
import type { DaemonConnection } from '../../../shared/client/connection.ts';
import type { Job } from '../../../shared/job.ts';
import { connectToRunning, using } from '../connect.ts';
import type { Context } from '../context.ts';
import { resolveId } from '../ids.ts';
import { renderJob } from '../render/show.ts';
import { examples, ID_HINT, JSON_OPTION } from './help.ts';

/** How much of the log's end `show` looks at for its last lines. Bytes. */
const TAIL_BYTES = 4096;
const TAIL_LINES = 5;

export function addShowCommand(program: Command, context: Context): void {
	program
		.command('show')
		.summary('show everything about a job')
		.description(
			'Shows everything about one job: what it does, how it went, its runs, why it waits.',
		)
		.argument('<id>', ID_HINT)
		.option(...JSON_OPTION)
		.addHelpText('after', examples(['semantica show 1a2b3c4d', 'the short id that lists show']))
		.action((id: string, options: { json?: boolean }) =>
			using(connectToRunning(context.daemon), (connection) =>
				show(context, connection, id, options.json === true),
			),
		);
}

async function show(
	context: Context,
	connection: DaemonConnection,
	given: string,
	json: boolean,
): Promise<void> {
	const id = await resolveId(connection, given);
	const answer = await connection.request('job/get', { id });
	if (json) {
		context.out.json(answer);
		return;
	}
	const tail = await readTail(connection, answer.job);
	context.out.lines(renderJob({ ...answer, tail }, Date.now(), context.out.view()));
}

async function readTail(connection: DaemonConnection, { id, logBytes }: Job): Promise<string[]> {
	if (logBytes === 0) return [];
	const offset = Math.max(0, logBytes - TAIL_BYTES);
	const { text } = await connection.request('log/read', { id, offset, maxBytes: TAIL_BYTES });
	// The daemon's line about each run says nothing that the table of runs does not.
	const lines = text
		.split('\n')
		.filter((line) => line.trim() !== '' && !line.startsWith('[semantica] run '));
	return lines.slice(-TAIL_LINES);
}
