import type { Command } from 'commander';
import type { DaemonConnection } from '../../../shared/client/connection.ts';
import type { JobUpdate } from '../../../shared/job.ts';
import { connectToRunning, using } from '../connect.ts';
import type { Context } from '../context.ts';
import { usageError } from '../errors.ts';
import { resolveIds } from '../ids.ts';
import { integerFrom, parseDuration } from '../parse/values.ts';
import { reportChange } from './change.ts';
import { addFilterOptions, type FilterOptions, filterOf } from './filters.ts';
import { examples, ID_HINT, JSON_OPTION } from './help.ts';
import { startTime } from './times.ts';

interface Options extends FilterOptions {
	readonly priority?: number;
	readonly runAt?: string;
	readonly delay?: number;
	readonly setQueue?: string;
	readonly setTag?: string;
	readonly setTitle?: string;
	/** False: none any more. */
	readonly timeout?: number | false;
	readonly json?: boolean;
}

export function addUpdateCommand(program: Command, context: Context): void {
	addFilterOptions(
		program
			.command('update')
			.summary('change jobs that wait')
			.description(
				'Changes jobs that wait: their priority, start time, queue, title, tag or time limit. What has ' +
					'started stays as it is, and is said. Beside ids, --queue and --tag are what the jobs get; ' +
					'otherwise they choose jobs.',
			)
			.argument('[ids...]', ID_HINT)
			.option('-p, --priority <number>', '-100 to 100; higher runs first', integerFrom(-100, 100))
			.option('--run-at <time>', 'not before 18:30, 2026-03-01T09:00, +10m')
			.option('--delay <duration>', 'not before this long from now', parseDuration)
			.option('--set-queue <name>', 'move them to this queue')
			.option('--set-title <text>', 'call them so')
			.option('--set-tag <name>', 'give them this tag; "" takes it away')
			.option('--timeout <duration>', 'the longest that a run may take', parseDuration)
			.option('--no-timeout', 'a run may take as long as it likes'),
	)
		.option(...JSON_OPTION)
		.addHelpText(
			'after',
			examples(
				['semantica update 1a2b3c4d -p 50', 'before others'],
				['semantica update 1a2b3c4d --run-at 22:00', 'tonight'],
				['semantica update 1a2b3c4d --queue slow', 'to another queue'],
				['semantica update --tag nightly --delay 2h', 'all with this tag, later'],
			),
		)
		.action((ids: string[], options: Options) =>
			using(connectToRunning(context.daemon), (connection) =>
				update(context, connection, ids, options),
			),
		);
}

async function update(
	context: Context,
	connection: DaemonConnection,
	given: readonly string[],
	options: Options,
): Promise<void> {
	const named = given.length > 0;
	const { queue, tag, ...others } = options;
	const filter = await filterOf(context, connection, named ? others : options);
	if (named && Object.keys(filter).length > 0) {
		throw usageError('Name jobs in one way only: by id, or by a filter.');
	}
	if (!named && Object.keys(filter).length === 0) {
		throw usageError('Name jobs by id, or by a filter such as --tag.');
	}
	const change = changeOf(options, named);
	if (Object.keys(change).length === 0) {
		throw usageError('Say what is to change: --priority, --run-at, --set-queue …');
	}
	const targets = named ? { ids: await resolveIds(connection, given) } : { filter };
	const result = await connection.request('job/update', { ...targets, ...change });
	reportChange(context, result, 'Changed', { json: options.json === true }, given);
}

function changeOf(options: Options, named: boolean): JobUpdate {
	const [queue, ...more] = named ? (options.queue ?? []) : [];
	if (more.length > 0) throw usageError('A job is in one queue: give --queue one name.');
	const tag = options.setTag ?? (named ? options.tag : undefined);
	const runAt = startTime(options, Date.now());
	const moved = options.setQueue ?? queue;
	const { priority, setTitle, timeout } = options;
	return {
		...(priority === undefined ? {} : { priority }),
		...(runAt === undefined ? {} : { runAt }),
		...(moved === undefined ? {} : { queue: moved }),
		...(setTitle === undefined ? {} : { title: setTitle }),
		...(tag === undefined ? {} : { tag: tag === '' ? null : tag }),
		...(timeout === undefined ? {} : { timeoutMs: timeout === false ? null : timeout }),
	};
}
