import { resolve } from 'node:path';
import { type Command, Option } from 'commander';
import { WATCHED_ENDS, type WatchedEnd } from '../../../shared/jobTerms.ts';
import type { ShownHook } from '../../../shared/protocol/hooks.ts';
import { connectOrStart, connectToRunning, using } from '../connect.ts';
import type { Context } from '../context.ts';
import { commandEnvironment } from '../parse/environment.ts';
import { given } from '../parse/given.ts';
import { collect, integerFrom } from '../parse/values.ts';
import { describeHook, renderHooks } from '../render/hooks.ts';
import { filterOf } from './filters.ts';
import { examples, JSON_OPTION } from './help.ts';
import { assertNotALine } from './work.ts';

interface AddOptions {
	readonly on: WatchedEnd;
	readonly queue?: string[];
	readonly type?: string[];
	readonly tag?: string;
	readonly group?: string;
	readonly origin?: string[];
	readonly folder?: string;
	readonly cwd?: string;
	readonly env?: string[];
	readonly shell?: boolean;
	readonly json?: boolean;
}

interface JsonOption {
	readonly json?: boolean;
}

export function addHooksCommand(program: Command, context: Context): void {
	const hooks = program
		.command('hooks')
		.summary('run a command whenever a job ends')
		.description(
			'A hook is a command that runs as a job of the queue "hooks" when another job ends, once for each. ' +
				'Children of other jobs set off none, nor do jobs of hooks.',
		);
	hooks
		.command('list')
		.alias('ls')
		.summary('which there are')
		.option(...JSON_OPTION)
		.action((options: JsonOption) =>
			using(connectToRunning(context.daemon), async (connection) => {
				const answer = await connection.request('hooks/list', {});
				if (options.json === true) context.out.json(answer);
				else if (answer.hooks.length > 0) show(context, answer.hooks);
				else context.err.say(`No hooks yet. Try: ${EXAMPLE}`);
			}),
		);
	addAdd(hooks, context);
	hooks
		.command('remove')
		.summary('take hooks away; what they began stays')
		.argument('<number...>', 'as hooks list shows them', collectNumbers)
		.option(...JSON_OPTION)
		.action((remove: number[], options: JsonOption) =>
			using(connectToRunning(context.daemon), async (connection) => {
				const answer = await connection.request('hooks/update', { remove });
				if (options.json === true) context.out.json(answer);
				else context.err.say(removed(remove));
			}),
		);
}

const hookNumber = integerFrom(1, Number.MAX_SAFE_INTEGER);
const collectNumbers = (text: string, before: readonly number[] = []): number[] => [
	...before,
	hookNumber(text),
];

const EXAMPLE = `semantica hooks add --on failed --shell -- 'echo "$SEMANTICA_HOOK_TEXT" >> ~/failed'`;

function addAdd(hooks: Command, context: Context): void {
	hooks
		.command('add')
		.summary('run this command from now on')
		.description(
			'Runs the command whenever a job ends that is so. Options stand before the --, the command behind it.',
		)
		.argument('<command...>', 'the program and its arguments, after --')
		.passThroughOptions()
		.addOption(
			new Option('--on <what>', 'failed: a job failed or expired; ended: in whatever way')
				.choices(WATCHED_ENDS)
				.makeOptionMandatory(),
		)
		.optionsGroup('Of which jobs (all that is said has to be so):')
		.option('-q, --queue <name>', 'in this queue (repeatable)', collect)
		.option('--type <name>', 'of this type (repeatable)', collect)
		.option('--tag <name>', 'with this tag')
		.option('-g, --group <name>', 'of this group of jobs')
		.option(
			'--origin <name>',
			'that this one asked for: cli, vscode; schedule/ means all that begin so (repeatable)',
			collect,
		)
		.option('-f, --folder <folder>', 'of this workspace folder')
		.optionsGroup('What runs:')
		.option('-C, --cwd <folder>', 'run it there (default: here)')
		.option(
			'-e, --env <name[=value]>',
			'set a variable, or copy it from here (repeatable)',
			collect,
		)
		.option('--shell', 'hand the words, joined by spaces, to a shell')
		.option(...JSON_OPTION)
		.addHelpText(
			'after',
			examples(
				[
					`semantica hooks add --on failed --shell -- 'curl -d "$SEMANTICA_HOOK_TEXT" ntfy.sh/me'`,
					'to a phone',
				],
				['semantica hooks add --on ended --tag nightly -- ./report.sh', 'one kind of job'],
				[`semantica hooks add --on failed --origin schedule/ -- ./mail.sh`, 'schedules'],
				['semantica list queue:hooks', 'what the hooks did'],
			),
		)
		.addHelpText(
			'after',
			`
The command finds in its environment SEMANTICA_HOOK_TEXT, one line for people, and of the job that
ended SEMANTICA_HOOK_JOB_ID, _STATE, _STOP_REASON, _EXIT_CODE, _SIGNAL, _ERROR, _TITLE, _TYPE, _QUEUE,
_TAG, _WORKSPACE and _ORIGIN. A hook starts 30 times a minute at most; what ends beyond that is one
more run, which says how many in SEMANTICA_HOOK_COUNT and names the first of them.`,
		)
		.action((words: string[], options: AddOptions) => add(context, words, options));
}

async function add(context: Context, words: readonly string[], options: AddOptions): Promise<void> {
	const { on, cwd, env, shell, json, queue, type, tag, group, origin, folder } = options;
	assertNotALine(context, `semantica hooks add --on ${on}`, words, given({ cwd, shell }));
	const [program = '', ...args] = words;
	const command = {
		command: shell === true ? words.join(' ') : program,
		args: shell === true ? [] : args,
		cwd: resolve(context.cwd(), cwd ?? '.'),
		env: commandEnvironment(env ?? [], context.env),
		shell: shell === true,
	};
	await using(connectOrStart(context.daemon), async (connection) => {
		const filter = await filterOf(
			context,
			connection,
			given({ queue, type, tag, group, origin, folder }),
		);
		const answer = await connection.request('hooks/update', { add: [{ on, filter, command }] });
		const added = answer.hooks.find(({ n }) => answer.added.includes(n));
		if (json === true) context.out.json(answer);
		else if (added !== undefined) context.out.lines([describeHook(added)]);
	});
}

function show(context: Context, hooks: readonly ShownHook[]): void {
	context.out.lines(renderHooks(hooks, context.out.view()));
}

function removed(numbers: readonly number[]): string {
	return numbers.length === 1
		? `Hook ${numbers[0]} is removed.`
		: `Hooks ${numbers.join(', ')} are removed.`;
}
