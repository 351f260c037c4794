/** What a command is told of the work that it starts, now or by a schedule. */
import { existsSync } from 'node:fs';
import { delimiter, resolve } from 'node:path';
import { type Command, Option } from 'commander';
import { errorMessage } from '../../../shared/errors.ts';
import type { JobSpecInput } from '../../../shared/job.ts';
import { LIMITS, NOTIFY, type Notify } from '../../../shared/jobTerms.ts';
import { shellSurroundings } from '../../../shared/surroundings.ts';
import type { Context } from '../context.ts';
import { usageError } from '../errors.ts';
import { commandEnvironment, ownPath } from '../parse/environment.ts';
import { given } from '../parse/given.ts';
import { matchersOf } from '../parse/matchers.ts';
import {
	collect,
	durationUpTo,
	integerFrom,
	parseCpus,
	parseDuration,
	parseMemory,
	parsePort,
	parseRestart,
	parseTime,
} from '../parse/values.ts';

export interface WorkOptions {
	readonly title?: string;
	readonly queue?: string;
	readonly priority?: number;
	readonly group?: string;
	readonly groupLimit?: number;
	readonly tag?: string;
	readonly cwd?: string;
	readonly env?: string[];
	readonly shell?: boolean;
	readonly payload?: string;
	readonly timeout?: number;
	readonly grace?: number;
	readonly memory?: number;
	readonly cpus?: number;
	readonly processes?: number;
	readonly ready?: string;
	readonly readyPort?: { readonly port: number; readonly host?: string };
	readonly readyFile?: string;
	readonly readyTimeout?: number;
	readonly restart?: JobSpecInput['restart'];
	readonly attempts?: number;
	readonly retryOn?: number[];
	readonly restartable?: boolean;
	readonly leaveBehind?: boolean;
	readonly pty?: boolean;
	readonly ttl?: number;
	readonly subject?: string;
	readonly supersede?: NonNullable<JobSpecInput['supersede']>;
	readonly notify?: Notify;
	readonly errors?: string[];
	readonly skipUnchanged?: string[];
	readonly skipEnv?: string[];
}

/** @param payload what `-` means */
export function addWhatRuns(command: Command, payload: string): Command {
	return command
		.optionsGroup('What runs:')
		.option('-C, --cwd <folder>', 'run it there')
		.option(
			'-e, --env <name[=value]>',
			'set a variable, or copy it from here (repeatable)',
			collect,
		)
		.option('--shell', 'hand the words, joined by spaces, to a shell')
		.option('--pty', 'give it a terminal, of 120 columns unless --env COLUMNS says otherwise')
		.option(
			'--errors <matcher>',
			'how errors are found in what it prints: tsc, eslint-stylish, eslint-compact, gcc, go, msCompile, pytest, a file with a matcher of tasks.json, or none (repeatable; default: by the command)',
			collect,
		)
		.option('--payload <file>', `its standard input; - ${payload}`)
		.optionsGroup('What it is called:')
		.option('-t, --title <text>', 'in lists')
		.option('--tag <name>', 'to filter and cancel by');
}

export function addPlace(command: Command): Command {
	return command
		.option('-q, --queue <name>', 'the queue, which limits how many run at once')
		.option('-g, --group <name>', 'at most one of a group at once, in whatever queue and folder')
		.option(
			'--group-limit <number>',
			'at most so many of it; the smallest that one of its jobs asks for counts',
			integerFrom(1, LIMITS.groupLimit),
		)
		.option('-p, --priority <number>', '-100 to 100; higher runs first', integerFrom(-100, 100));
}

export function addFailing(command: Command): Command {
	return command
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
			'--memory <size>',
			'end a run whose processes hold more memory together, as in 500M or 2G, at least 16M',
			parseMemory,
		)
		.option('--cpus <number>', 'let them use so many CPUs together, as in 0.5 or 2', parseCpus)
		.option(
			'--processes <number>',
			'let it have so many processes and threads at once',
			integerFrom(1, LIMITS.mostProcesses),
		)
		.option(
			'--ready <pattern>',
			'it serves, and is ready when a line of its output matches (or it prints ::semantica ready)',
		)
		.option(
			'--ready-port <[host:]port>',
			'or when one of its processes listens there, as in 3000',
			parsePort,
		)
		.option('--ready-file <file>', 'or when that file is written')
		.option(
			'--ready-timeout <duration>',
			'a run that is not ready by then has failed',
			parseDuration,
		)
		.option(
			'--restart <when[:max]>',
			'begin anew when it ends: on-failure or always, 10 times in a row or as often as said, as in always:100',
			parseRestart,
		)
		.option(
			'--attempts <number>',
			'try so often when it fails, 1 to 100 (default: 1)',
			integerFrom(1, 100),
		)
		.option('--retry-on <codes>', 'retry only these exit codes, as in 1,75', parseCodes)
		.option(
			'--leave-behind',
			'what outlives the command lives on, as daemons of build tools do; cancel ends it',
		)
		.option('--restartable', 'start again after an interruption, such as a crash of the daemon');
}

/** @param usual what is so without it */
export function addNotify(command: Command, usual: string): Command {
	return command
		.optionsGroup('How you hear of its end:')
		.addOption(
			new Option(
				'--notify [when]',
				`in VS Code, else on the desktop: never, failed, long (as failed, and any end of what took longer than the setting notifyLongMs) or ended; alone it is ended (default: ${usual})`,
			)
				.choices(NOTIFY)
				.preset('ended'),
		);
}

export function addSameWork(command: Command): Command {
	return command
		.optionsGroup('When the same work comes again:')
		.option(
			'--skip-unchanged <glob>',
			'run nothing where these files are as they were when the same command last succeeded here (repeatable)',
			collect,
		)
		.option('--skip-env <name>', 'nor has this variable changed (repeatable)', collect)
		.option('--subject <text>', 'what it works on: a newer job of a subject replaces waiting ones')
		.addOption(
			new Option('--supersede <what>', 'what it replaces; abort also stops a running one').choices([
				'queued',
				'abort',
				'none',
			]),
		);
}

export const folderOf = (context: Context, { cwd }: Pick<WorkOptions, 'cwd'>): string =>
	resolve(context.cwd(), cwd ?? '.');

/** The part of a specification that these options say. */
export async function workOf(context: Context, words: readonly string[], options: WorkOptions) {
	if (options.groupLimit !== undefined && options.group === undefined) {
		throw usageError('--group-limit: say of which group, with --group NAME.');
	}
	if (options.restart !== undefined && (options.attempts ?? 1) > 1) {
		throw usageError('--restart, --attempts: it is either begun anew or tried again; give one.');
	}
	const [program = '', ...args] = words;
	const cwd = folderOf(context, options);
	return {
		type: 'command',
		title: options.title,
		command: {
			command: options.shell === true ? words.join(' ') : program,
			args: options.shell === true ? [] : args,
			cwd,
			env: commandEnvironment(options.env ?? [], context.env),
			shell: options.shell === true,
		},
		surroundings: shellSurroundings(context.env),
		queue: options.queue,
		priority: options.priority,
		group: options.group,
		groupLimit: options.groupLimit,
		tag: options.tag,
		timeoutMs: options.timeout,
		limits: limitsOf(options),
		ready: readyOf(options, cwd),
		restart: options.restart,
		graceMs: options.grace,
		maxAttempts: options.attempts,
		retryOn: options.retryOn,
		restartable: options.restartable,
		leaveBehind: options.leaveBehind,
		pty: options.pty,
		ttlMs: options.ttl,
		subject: options.subject,
		supersede: options.supersede,
		notify: options.notify,
		skipIfUnchanged: skipOf(options),
		errors: await matchersOf(options.errors, context.cwd()),
	};
}

/** Undefined where none is given. */
export function limitsOf({
	memory,
	cpus,
	processes,
}: Pick<WorkOptions, 'memory' | 'cpus' | 'processes'>): JobSpecInput['limits'] {
	const limits = given({ memoryMB: memory, cpus, processes });
	return Object.keys(limits).length === 0 ? undefined : limits;
}

function skipOf({ skipUnchanged, skipEnv }: WorkOptions): JobSpecInput['skipIfUnchanged'] {
	if (skipUnchanged !== undefined) return given({ inputs: skipUnchanged, env: skipEnv });
	if (skipEnv === undefined) return undefined;
	throw usageError('--skip-env: say which files it depends on, too, with --skip-unchanged.');
}

function readyOf(options: WorkOptions, cwd: string): JobSpecInput['ready'] {
	const { ready, readyPort, readyFile, readyTimeout } = options;
	const signs = [ready, readyPort, readyFile].filter((sign) => sign !== undefined);
	if (signs.length > 1) {
		throw usageError('--ready, --ready-port, --ready-file: give the one by which it is ready.');
	}
	if (signs.length === 0 && readyTimeout === undefined) return undefined;
	const file = readyFile === undefined ? undefined : resolve(cwd, readyFile);
	return given({ pattern: ready, ...readyPort, file, timeoutMs: readyTimeout });
}

/** `semantica run "npm test"`, as a shell's own run would take it. `start`: how the command begins. */
export function assertNotALine(
	context: Context,
	start: string,
	words: readonly string[],
	options: WorkOptions,
): void {
	const [word = '', ...others] = words;
	if (options.shell === true || others.length > 0 || !/\S\s+\S/.test(word)) return;
	const cwd = folderOf(context, options);
	const path = Object.values(ownPath(context.env))[0] ?? '';
	const places = word.includes('/') ? [word] : path.split(delimiter).map((at) => `${at}/${word}`);
	if (places.some((place) => existsSync(resolve(cwd, place)))) return;
	throw usageError(
		`"${word}" is one word here, and there is no program of that name. ` +
			`Write: ${start} -- ${word}\nor, for a shell to read it: ${start} --shell -- '${word}'`,
	);
}

/** @throws CliError, usage */
export function timeOption(
	name: string,
	text: string | undefined,
	now: number,
): number | undefined {
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

/** Whoever starts work at a terminal and does not wait for it hears that it failed; scripts and jobs ask for it. */
export function notifyOf(
	context: Context,
	{ notify, wait }: { readonly notify?: Notify; readonly wait?: boolean },
): Notify | undefined {
	return notify ?? (context.err.stream.isTTY && wait !== true ? 'failed' : undefined);
}
