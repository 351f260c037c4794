import { constants } from 'node:fs';
import { access, readFile, realpath, stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { type Command, Option } from 'commander';
import { errorMessage } from '../../../shared/errors.ts';
import type { JobSpecInput } from '../../../shared/job.ts';
import type { Context } from '../context.ts';
import { CliError, usageError } from '../errors.ts';
import { commandEnvironment } from '../parse/environment.ts';
import { collect, durationUpTo, integerFrom, parseDuration, parseTime } from '../parse/values.ts';
import { formatBytes } from '../render/format.ts';
import { newKey, submit } from '../submit.ts';
import { addConstraintOptions, type ConstraintOptions, constraintsOf } from './constraints.ts';
import { finishEnqueue } from './enqueued.ts';
import { examples, JSON_OPTION } from './help.ts';

interface Options extends ConstraintOptions {
	readonly wait?: boolean;
	readonly title?: string;
	readonly queue?: string;
	readonly priority?: number;
	readonly tag?: string;
	readonly key?: string;
	readonly cwd?: string;
	readonly env?: string[];
	readonly shell?: boolean;
	readonly payload?: string;
	readonly timeout?: number;
	readonly grace?: number;
	readonly attempts?: number;
	readonly retryOn?: number[];
	readonly restartable?: boolean;
	readonly ttl?: number;
	readonly deadline?: string;
	readonly runAt?: string;
	readonly delay?: number;
	readonly subject?: string;
	readonly supersede?: NonNullable<JobSpecInput['supersede']>;
	readonly debounce?: number;
	readonly json?: boolean;
}

export function addRunCommand(program: Command, context: Context): void {
	const command = program
		.command('run')
		.summary('run a command as a job')
		.description(
			'Hands a command to the daemon and prints the id of its job. It runs in this folder with this PATH, ' +
				'and goes on when the terminal is closed. Options stand before the command.',
		)
		.argument('<command...>', 'the program and its arguments, best after --')
		.passThroughOptions()
		.option('-w, --wait', 'show its output until it ends; Ctrl-C leaves it running')
		.option(...JSON_OPTION)
		.optionsGroup('What runs:')
		.option('-C, --cwd <folder>', 'run it there')
		.option(
			'-e, --env <name[=value]>',
			'set a variable, or copy it from here (repeatable)',
			collect,
		)
		.option('--shell', 'hand the words, joined by spaces, to a shell')
		.option('--payload <file>', 'its standard input; - reads this one')
		.optionsGroup('What it is called:')
		.option('-t, --title <text>', 'in lists')
		.option('--tag <name>', 'to filter and cancel by')
		.option('--key <text>', 'the same key again means the same job, not another one')
		.optionsGroup('When it runs:')
		.option('-q, --queue <name>', 'the queue, which limits how many run at once')
		.option('-p, --priority <number>', '-100 to 100; higher runs first', integerFrom(-100, 100))
		.option('--delay <duration>', 'not before that much time has passed', parseDuration)
		.option('--run-at <time>', 'not before that time, as in 18:30, +2h, 2026-03-01T09:00')
		.option('--ttl <duration>', 'give up when it has not started by then', parseDuration)
		.option('--deadline <time>', 'give up at that time, running or not');
	addConstraintOptions(command)
		.optionsGroup('When it fails or hangs:')
		.option(
			'--timeout <duration>',
			'stop a run that takes longer, as in 30s, 5m, 1h30m',
			parseDuration,
		)
		.option(
			'--grace <duration>',
			'from asking it to stop to killing it (default: 5s, at most 1m)',
			durationUpTo('1m'),
		)
		.option(
			'--attempts <number>',
			'try so often when it fails, 1 to 100 (default: 1)',
			integerFrom(1, 100),
		)
		.option('--retry-on <codes>', 'retry only these exit codes, as in 1,75', parseCodes)
		.option('--restartable', 'start again after an interruption, such as a crash of the daemon')
		.optionsGroup('When the same work comes again:')
		.option('--subject <text>', 'what it works on: a newer job of a subject replaces waiting ones')
		.addOption(
			new Option('--supersede <what>', 'what it replaces; abort also stops a running one').choices([
				'queued',
				'abort',
				'none',
			]),
		)
		.option(
			'--debounce <duration>',
			'wait until no newer job of the subject came, at most 1h',
			durationUpTo('1h'),
		)
		.addHelpText(
			'after',
			examples(
				['semantica run -- make -j4', 'build in the background'],
				['semantica run --wait -- npm test', 'watch it; exit code 4 if it fails'],
				["semantica run --shell -- 'sort a | uniq > b'", 'through a shell'],
				['semantica run --attempts 3 --timeout 5m -- ./deploy.sh', 'try three times'],
				['semantica run --delay 1h --tag nightly -- ./backup.sh', 'later'],
				['semantica run --ac --idle --when-lost pause -- make world', 'when nobody minds'],
				['semantica run --payload data.json -- ./import', 'with standard input'],
			),
		)
		.action((words: string[], options: Options) => run(context, words, options));
}

async function run(context: Context, words: string[], options: Options): Promise<void> {
	const spec = await specOf(context, words, options);
	const submission = await submit(context.daemon, [spec]);
	await finishEnqueue(context, submission, {
		wait: options.wait === true,
		json: options.json === true,
		log: true,
	});
}

async function specOf(
	context: Context,
	words: readonly string[],
	options: Options,
): Promise<JobSpecInput & { key: string }> {
	const [program = '', ...args] = words;
	const now = Date.now();
	return given({
		type: 'command',
		key: options.key ?? newKey(),
		title: options.title,
		command: {
			command: options.shell === true ? words.join(' ') : program,
			args: options.shell === true ? [] : args,
			cwd: resolve(context.cwd, options.cwd ?? '.'),
			env: commandEnvironment(options.env ?? [], context.env),
			shell: options.shell === true,
		},
		...(options.payload === undefined ? {} : await payloadOf(context, options.payload)),
		queue: options.queue,
		priority: options.priority,
		tag: options.tag,
		timeoutMs: options.timeout,
		graceMs: options.grace,
		maxAttempts: options.attempts,
		retryOn: options.retryOn,
		restartable: options.restartable,
		...constraintsOf(options),
		ttlMs: options.ttl,
		deadlineAt: timeOption('--deadline', options.deadline, now),
		runAt: startTime(options, now),
		subject: options.subject,
		supersede: options.supersede,
		debounceMs: options.debounce,
	});
}

/** Leaves out what was not given: the daemon fills in defaults for what is absent. */
function given<T extends object>(fields: T): { [K in keyof T]: Exclude<T[K], undefined> } {
	return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as {
		[K in keyof T]: Exclude<T[K], undefined>;
	};
}

function startTime(options: Options, now: number): number | undefined {
	if (options.delay === undefined) return timeOption('--run-at', options.runAt, now);
	if (options.runAt !== undefined) throw usageError('Give --delay or --run-at, not both.');
	return now + options.delay;
}

function timeOption(name: string, text: string | undefined, now: number): number | undefined {
	if (text === undefined) return undefined;
	try {
		return parseTime(text, now);
	} catch (error) {
		throw usageError(`${name}: ${errorMessage(error)}`);
	}
}

const exitCode = integerFrom(0, 255);

function parseCodes(text: string): number[] {
	return text.split(',').map((code) => exitCode(code.trim()));
}

/** A file is read by the daemon, whatever its size and content; the rest can be sent only as text. */
async function payloadOf(
	context: Context,
	file: string,
): Promise<Pick<JobSpecInput, 'payload' | 'payloadFile'>> {
	if (file === '-') return { payload: textPayload(await buffer(context.stdin), 'Standard input') };
	const path = resolve(context.cwd, file);
	try {
		// A pipe, as in <(command), is ours alone.
		if (!(await stat(path)).isFile()) return { payload: textPayload(await readFile(path), file) };
		await access(path, constants.R_OK);
		return { payloadFile: await realpath(path) };
	} catch (error) {
		if (error instanceof CliError) throw error;
		throw new CliError(`Cannot read the payload: ${errorMessage(error)}.`);
	}
}

const LARGEST_TEXT = 16 * 1024 * 1024;

function textPayload(bytes: Buffer, source: string): string {
	const instead = 'Put it into a file and give that: --payload FILE.';
	if (bytes.length > LARGEST_TEXT) {
		const size = formatBytes(bytes.length);
		throw new CliError(`${source} is too large to be sent (${size}). ${instead}`);
	}
	try {
		return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
	} catch {
		throw new CliError(`${source} is not UTF-8 text and cannot be sent. ${instead}`);
	}
}
