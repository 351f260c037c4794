import { type Command, Option } from 'commander';
import { ConnectionClosed, type DaemonConnection } from '../../../shared/client/connection.ts';
import {
	type FollowOptions,
	followLog,
	type LogSink,
	readLog,
} from '../../../shared/client/followLog.ts';
import { connectToRunning, using } from '../connect.ts';
import type { Context } from '../context.ts';
import { usageError } from '../errors.ts';
import { asKept, writeLog } from '../follow/logOutput.ts';
import { RUNS_AGAIN, reconnect } from '../follow/reconnect.ts';
import { createTimestamps } from '../follow/timestamps.ts';
import { resolveId } from '../ids.ts';
import { integerFrom, parseCount, parseDuration } from '../parse/values.ts';
import { createPlainStream } from '../render/plainOutput.ts';
import { examples, ID_HINT } from './help.ts';
import { grepLog } from './logGrep.ts';
import { timeOption } from './work.ts';

interface Options {
	readonly follow?: boolean;
	readonly lines?: number;
	readonly since?: string;
	readonly timestamps?: boolean;
	readonly grep?: string;
	readonly fixed?: boolean;
	readonly ignoreCase?: boolean;
	readonly context?: number;
	readonly only?: 'stdout' | 'stderr';
	readonly raw?: boolean;
	readonly json?: boolean;
}

const READ_BYTES = 1024 * 1024;
const DAY_MS = 24 * 3_600_000;

export function addLogsCommand(program: Command, context: Context): void {
	program
		.command('logs')
		.alias('log')
		.summary('print the log of a job')
		.description(
			'Prints what a job wrote, byte for byte, all its runs one after another. What Semantica itself ' +
				'says in a log goes to standard error, unless standard output is a terminal. Of a job with a ' +
				'terminal of its own (--pty) what colours and moves is left out where it is not one.',
		)
		.argument('<id>', ID_HINT)
		.option('-f, --follow', 'go on until the job ends')
		.option('--no-follow', 'print what there is; so it is without -f')
		.option('-n, --lines <number>', 'begin with the last lines', parseCount)
		.option('--since <time>', 'begin with what was written in the last 10m, or since 18:30')
		.option('-t, --timestamps', 'when each line was written, in front of it')
		.addOption(
			new Option('-g, --grep <pattern>', "lines that match (RE2's regular expressions)").conflicts([
				'follow',
				'only',
			]),
		)
		.option('-F, --fixed', 'the pattern of --grep is plain text')
		.option('-i, --ignore-case', 'for --grep, large and small letters are the same')
		.option('-C, --context <lines>', 'with --grep, so many lines around', integerFrom(0, 10))
		.addOption(
			new Option('--only <stream>', 'of its two streams this one')
				.choices(['stdout', 'stderr'])
				.conflicts('json'),
		)
		.option('--raw', 'of a job with a terminal every byte, wherever it goes')
		.option('--json', 'print pieces of the log with their offsets, one JSON object per line')
		.addHelpText(
			'after',
			examples(
				['semantica logs 1a2b3c4d', 'all of it'],
				['semantica logs 1a2b3c4d -f', 'and what comes, until the job ends'],
				['semantica logs 1a2b3c4d -n 20', 'the last 20 lines'],
				["semantica logs 1a2b3c4d -g 'error|warn' -C 2", 'lines that match, and two around'],
				['semantica logs 1a2b3c4d -t --since 10m', 'what is new, with times'],
				['semantica logs 1a2b3c4d --only stdout > x.tar', 'what it wrote there, exactly'],
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
	const timestamps = options.timestamps === true;
	const from = await beginOf(connection, id, options);
	if (options.grep !== undefined) {
		await grepLog(context, connection, id, {
			pattern: options.grep,
			fixed: options.fixed === true,
			ignoreCase: options.ignoreCase === true,
			around: options.context ?? 0,
			timestamps,
			json: options.json === true,
			from,
		});
		return;
	}
	if (options.context !== undefined || options.fixed || options.ignoreCase) {
		throw usageError('--context, --fixed and --ignore-case go with --grep.');
	}
	const isPlain = !context.out.terminal && !options.json && !options.raw;
	const plain = isPlain && (await hasTerminal(connection, id)) ? createPlainStream() : undefined;
	const sink = sinkOf(context, options, plain);
	// What is printed as JSON is read as text.
	const how = { encoding: options.json ? 'utf8' : 'base64', timestamps } as const;
	if (options.follow === true) await follow(context, connection, id, from, sink, how);
	else await readLog(connection, id, from, sink, how);
	if (plain !== undefined) context.out.stream.write(plain.end());
}

/** A daemon of an older build does not tell. */
async function hasTerminal(connection: DaemonConnection, id: string): Promise<boolean> {
	const { job } = await connection.request('job/get', { id });
	return job.pty === true;
}

function sinkOf(
	context: Context,
	{ json, only, timestamps }: Options,
	plain: ReturnType<typeof createPlainStream> | undefined,
): LogSink {
	if (json === true) {
		return (chunk) => {
			context.out.stream.write(`${JSON.stringify(chunk)}\n`);
		};
	}
	const write = writeLog(context, asKept(context, only), undefined, (bytes, source) =>
		plain === undefined || source === 'semantica' ? bytes : plain.push(bytes),
	);
	if (timestamps !== true) return write;
	const stamped = createTimestamps(only);
	return (chunk) => write(stamped(chunk));
}

/** Follows the log to its end, on the next daemon too when this one is restarted or dies. */
async function follow(
	context: Context,
	first: DaemonConnection,
	id: string,
	from: number,
	sink: LogSink,
	how: FollowOptions,
): Promise<void> {
	let connection = first;
	let offset = from;
	for (;;) {
		try {
			const keep: LogSink = async (chunk) => {
				await sink(chunk);
				offset = chunk.nextOffset;
			};
			await followLog(connection, id, offset, keep, how);
			return;
		} catch (error) {
			if (!(error instanceof ConnectionClosed)) throw error;
		} finally {
			connection.dispose();
		}
		connection = await reconnect(context.daemon, id, connection.server);
		context.err.say(RUNS_AGAIN);
	}
}

/** Where --lines and --since begin, whichever is later. */
async function beginOf(
	connection: DaemonConnection,
	id: string,
	{ lines, since }: Options,
): Promise<number> {
	const bySince = since === undefined ? 0 : await firstSince(connection, id, sinceOf(since));
	if (lines === undefined) return bySince;
	const tail = { id, tailLines: lines, offset: bySince, maxBytes: 4 };
	return (await connection.request('log/read', { ...tail, encoding: 'base64' })).offset;
}

/** A duration ago, or a time; 18:30 is the last one. */
function sinceOf(text: string): number {
	const now = Date.now();
	try {
		return now - parseDuration(text);
	} catch {
		const time = timeOption('--since', text, now) ?? now;
		return time > now && /^\d{1,2}:\d{2}$/.test(text.trim()) ? time - DAY_MS : time;
	}
}

async function firstSince(connection: DaemonConnection, id: string, at: number): Promise<number> {
	let offset = 0;
	for (;;) {
		const asked = {
			id,
			offset,
			maxBytes: READ_BYTES,
			encoding: 'base64',
			timestamps: true,
		} as const;
		const chunk = await connection.request('log/read', asked);
		const first = (chunk.times ?? []).find((time) => time.at >= at);
		if (first !== undefined) return Math.max(first.offset, chunk.offset);
		if (chunk.eof || chunk.nextOffset === offset) return chunk.nextOffset;
		offset = chunk.nextOffset;
	}
}
