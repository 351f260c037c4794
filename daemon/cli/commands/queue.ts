import type { Command } from 'commander';
import type { DaemonConnection } from '../../../shared/client/connection.ts';
import { LIMITS } from '../../../shared/jobTerms.ts';
import type { ParamsInput } from '../../../shared/protocol/requests.ts';
import type { Rate } from '../../../shared/protocol/system.ts';
import { connectToRunning, using } from '../connect.ts';
import type { Context } from '../context.ts';
import { usageError } from '../errors.ts';
import { parseRate } from '../parse/rate.ts';
import { integerFrom, orDefault, parseCpus, parseMemory } from '../parse/values.ts';
import { renderQueues } from '../render/queues.ts';
import { examples, JSON_OPTION } from './help.ts';
import { limitsOf } from './work.ts';

interface Options {
	readonly concurrency?: number | 'default';
	readonly rate?: Rate | 'none';
	readonly memory?: number;
	readonly cpus?: number;
	readonly processes?: number;
	readonly limits?: boolean;
	readonly pause?: boolean;
	readonly resume?: boolean;
	readonly json?: boolean;
}

/** The name under which the limit and the pause of everything are kept. */
const EVERYTHING = '*';

export function addQueueCommand(program: Command, context: Context): void {
	program
		.command('queue')
		.summary('show queues, and change what they may do')
		.description(
			'Shows all queues, or one. With options it changes that one: how many of its jobs run at once, how many may ' +
				"begin in a time, whether any begins at all. The name '*' stands for all queues together.",
		)
		.argument('[name]', "of a queue, or '*'")
		.option(
			'-c, --concurrency <number>',
			'run so many at once, 1 to 1024; default takes it back',
			orDefault(1, 1024),
		)
		.option(
			'--rate <number/period>',
			'let so many begin in so long, as in 10/1m or 5/s; none takes it back',
			parseRate,
		)
		.option('--memory <size>', 'what its jobs may hold that say nothing themselves', parseMemory)
		.option('--cpus <number>', 'the same of CPUs', parseCpus)
		.option(
			'--processes <number>',
			'the same of processes and threads',
			integerFrom(1, LIMITS.mostProcesses),
		)
		.option('--no-limits', 'take all of these back')
		.option('--pause', 'let none begin; what runs goes on')
		.option('--resume', 'let them begin again')
		.option(...JSON_OPTION)
		.addHelpText(
			'after',
			examples(
				['semantica queue', 'all of them'],
				['semantica queue builds --concurrency 2', 'two builds at once'],
				['semantica queue api --rate 100/1h', 'a hundred calls an hour, retries too'],
				['semantica queue builds --memory 4G --cpus 2', 'what each of them may take'],
				["semantica queue '*' --pause", 'nothing begins any more'],
			),
		)
		.action((name: string | undefined, options: Options) =>
			using(connectToRunning(context.daemon), (connection) =>
				queue(context, connection, name, options),
			),
		);
}

async function queue(
	context: Context,
	connection: DaemonConnection,
	name: string | undefined,
	options: Options,
): Promise<void> {
	const change = changeOf(options);
	if (change !== undefined) {
		if (name === undefined) throw usageError("Name the queue to change, or '*' for all together.");
		if (name === EVERYTHING && options.rate !== undefined) {
			throw usageError('--rate: it belongs to one queue; say its name.');
		}
		if (name === EVERYTHING && change.limits !== undefined) {
			throw usageError('--memory, --cpus, --processes: they belong to one queue; say its name.');
		}
		const changed = await connection.request('queue/update', { name, ...change });
		if (options.json) {
			context.out.json(changed);
			return;
		}
	}
	const { global, queues } = await connection.request('queue/list', {});
	const shown = name === undefined ? queues : queues.filter((one) => one.name === name);
	if (options.json) {
		context.out.json(name === undefined ? { global, queues } : { global, queues: shown });
		return;
	}
	const everything = name === undefined || name === EVERYTHING;
	if (shown.length === 0 && !everything) {
		context.out.say(`Nothing is set for queue ${name}, and no job is in it: the defaults hold.`);
		return;
	}
	context.out.lines(renderQueues(shown, everything ? global : undefined, context.out.view()));
}

function changeOf(options: Options): Omit<ParamsInput<'queue/update'>, 'name'> | undefined {
	const { concurrency, rate, pause, resume } = options;
	if (pause && resume) throw usageError('Give --pause or --resume, not both.');
	const paused = pause ? true : resume ? false : undefined;
	const limits = options.limits === false ? null : limitsOf(options);
	const change = {
		...(limits === undefined ? {} : { limits }),
		...(concurrency === undefined
			? {}
			: { concurrency: concurrency === 'default' ? null : concurrency }),
		...(rate === undefined ? {} : { rate: rate === 'none' ? null : rate }),
		...(paused === undefined ? {} : { paused }),
	};
	return Object.keys(change).length === 0 ? undefined : change;
}
