import type { Command } from 'commander';
import { ConnectionClosed, type DaemonConnection } from '../../../shared/client/connection.ts';
import { connectToRunning, using } from '../connect.ts';
import type { Context } from '../context.ts';
import { followLog, type LogSink, readLog } from '../follow/log.ts';
import { writeLogTo } from '../follow/logOutput.ts';
import { RUNS_AGAIN, reconnect } from '../follow/reconnect.ts';
import { resolveId } from '../ids.ts';
import { parseCount } from '../parse/values.ts';
import { examples, ID_HINT } from './help.ts';

interface Options {
	readonly follow?: boolean;
	readonly lines?: number;
	readonly json?: boolean;
}

/** How far from its end the log is searched for the last lines. Bytes. */
const TAIL_BYTES = 1024 * 1024;

export function addLogsCommand(program: Command, context: Context): void {
	program
		.command('logs')
		.alias('log')
		.summary('print the log of a job')
		.description('Prints what a job wrote, all its runs one after another.')
		.argument('<id>', ID_HINT)
		.option('-f, --follow', 'go on until the job ends')
		.option('-n, --lines <number>', 'begin with the last lines', parseCount)
		.option('--json', 'print pieces of the log with their offsets, one JSON object per line')
		.addHelpText(
			'after',
			examples(
				['semantica logs 1a2b3c4d', 'all of it'],
				['semantica logs 1a2b3c4d -f', 'and what comes, until the job ends'],
				['semantica logs 1a2b3c4d -n 20', 'the last 20 lines'],
			),
		)
		.action((id: string, options: Options) =>
			using(connectToRunning(context.daemon), (connection) =>
				logs(context, connection, id, options),
			),
		);
}

async function logs(
	context: Context,
	connection: DaemonConnection,
	given: string,
	options: Options,
): Promise<void> {
	const id = await resolveId(connection, given);
	const sink: LogSink = options.json
		? (chunk) => {
				context.out.stream.write(`${JSON.stringify(chunk)}\n`);
			}
		: writeLogTo(context);
	const from =
		options.lines === undefined ? 0 : await offsetOfLastLines(connection, id, options.lines);
	if (options.follow) await follow(context, connection, id, from, sink);
	else await readLog(connection, id, from, sink);
}

/** Follows the log to its end, on the next daemon too when this one is restarted or dies. */
async function follow(
	context: Context,
	first: DaemonConnection,
	id: string,
	from: number,
	sink: LogSink,
): Promise<void> {
	let connection = first;
	let offset = from;
	for (;;) {
		try {
			await followLog(connection, id, offset, async (chunk) => {
				await sink(chunk);
				offset = chunk.nextOffset;
			});
			return;
		} catch (error) {
			if (!(error instanceof ConnectionClosed)) throw error;
		} finally {
			connection.dispose();
		}
		connection = await reconnect(context.daemon, id);
		context.err.say(RUNS_AGAIN);
	}
}

/** Where the last `count` lines begin, as far as they stand in the last part of the log. */
async function offsetOfLastLines(
	connection: DaemonConnection,
	id: string,
	count: number,
): Promise<number> {
	const { job } = await connection.request('job/get', { id });
	const offset = Math.max(0, job.logBytes - TAIL_BYTES);
	const chunk = await connection.request('log/read', { id, offset, maxBytes: TAIL_BYTES });
	const bytes = Buffer.from(chunk.text);
	let at = bytes.length - (bytes.at(-1) === 0x0a ? 1 : 0);
	for (let found = 0; found < count && at >= 0; found++) {
		at = at === 0 ? -1 : bytes.lastIndexOf(0x0a, at - 1);
	}
	return chunk.offset + at + 1;
}
