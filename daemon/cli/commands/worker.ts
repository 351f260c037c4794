import { resolve } from 'node:path';
import type { Command } from 'commander';
import type { ShownWorker } from '../../../shared/protocol/startedWorkers.ts';
import { connectOrStart, connectToRunning, using } from '../connect.ts';
import type { Context } from '../context.ts';
import { commandEnvironment } from '../parse/environment.ts';
import { given } from '../parse/given.ts';
import { collect, parseDuration } from '../parse/values.ts';
import { describeWorker, renderWorkers } from '../render/workers.ts';
import { examples, JSON_OPTION } from './help.ts';
import { assertNotALine } from './work.ts';

interface AddOptions {
	readonly type: string[];
	readonly idle?: number;
	readonly cwd?: string;
	readonly env?: string[];
	readonly shell?: boolean;
	readonly json?: boolean;
}

interface JsonOption {
	readonly json?: boolean;
}

const EXAMPLE = 'semantica worker add embed --type acme.embed -- node embed.js';

export function addWorkerCommand(program: Command, context: Context): void {
	const worker = program
		.command('worker')
		.summary('programs that do jobs as functions, started by the daemon')
		.description(
			'A worker does jobs of its types as functions of one program. The daemon starts it when there is work for it, ' +
				'ends it a while after, and starts it again where it dies.',
		);
	addAdd(worker, context);
	worker
		.command('list')
		.alias('ls')
		.summary('which there are, and how they are')
		.option(...JSON_OPTION)
		.action((options: JsonOption) =>
			using(connectToRunning(context.daemon), async (connection) => {
				const answer = await connection.request('worker/list', {});
				if (options.json === true) context.out.json(answer);
				else if (answer.workers.length > 0) {
					context.out.lines(renderWorkers(answer.workers, context.out.view()));
				} else context.err.say(`No workers yet. Try: ${EXAMPLE}`);
			}),
		);
	worker
		.command('remove')
		.summary('end it, and start it no more; its jobs wait')
		.argument('<name>', 'as worker list shows it')
		.option(...JSON_OPTION)
		.action((name: string, options: JsonOption) =>
			using(connectToRunning(context.daemon), async (connection) => {
				const answer = await connection.request('worker/remove', { name });
				if (options.json === true) context.out.json(answer);
				else context.err.say(`Worker ${name} is removed.`);
			}),
		);
	worker
		.command('restart')
		.summary('end its process; a broken one is tried again')
		.argument('<name>', 'as worker list shows it')
		.option(...JSON_OPTION)
		.action((name: string, options: JsonOption) =>
			using(connectToRunning(context.daemon), async (connection) => {
				const answer = await connection.request('worker/restart', { name });
				say(context, answer, answer.worker, options.json);
			}),
		);
}

function addAdd(worker: Command, context: Context): void {
	worker
		.command('add')
		.summary('have the daemon start this one when there is work')
		.description(
			'Options stand before the --, the command behind it. It connects with semantica/client (docs/sdk.md) and does ' +
				'exactly these types. One of that name is replaced.',
		)
		.argument('<name>', 'what it is called')
		.argument('<command...>', 'the program and its arguments, after --')
		.requiredOption(
			'--type <name>',
			'a type of jobs that it does, as acme.embed (repeatable)',
			collect,
		)
		.option(
			'--idle <duration>',
			'end it when it had nothing to do for so long (default: 1m)',
			parseDuration,
		)
		.option('-C, --cwd <folder>', 'run it there (default: here)')
		.option(
			'-e, --env <name[=value]>',
			'set a variable, or copy it from here (repeatable)',
			collect,
		)
		.option('--shell', 'hand the words, joined by spaces, to a shell')
		.option(...JSON_OPTION)
		.addHelpText('after', examples([EXAMPLE, 'one type'], ['semantica worker list', 'how it is']))
		.action((name: string, words: string[], options: AddOptions) =>
			add(context, name, words, options),
		);
}

async function add(
	context: Context,
	name: string,
	words: readonly string[],
	options: AddOptions,
): Promise<void> {
	const { type, idle, cwd, env, shell, json } = options;
	assertNotALine(context, `semantica worker add ${name}`, words, given({ cwd, shell }));
	const [program = '', ...args] = words;
	const command = {
		command: shell === true ? words.join(' ') : program,
		args: shell === true ? [] : args,
		cwd: resolve(context.cwd(), cwd ?? '.'),
		env: commandEnvironment(env ?? [], context.env),
		shell: shell === true,
	};
	await using(connectOrStart(context.daemon), async (connection) => {
		const entry = { name, types: type, command, ...given({ idleMs: idle }) };
		const answer = await connection.request('worker/add', entry);
		say(context, answer, answer.worker, json);
	});
}

function say(context: Context, answer: unknown, worker: ShownWorker, json?: boolean): void {
	if (json === true) context.out.json(answer);
	else context.out.lines([describeWorker(worker)]);
}
