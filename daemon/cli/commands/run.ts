import type { Command } from 'commander';
import type { JobSpecInput } from '../../../shared/job.ts';
import { connectToRunning, using } from '../connect.ts';
import type { Context } from '../context.ts';
import { usageError } from '../errors.ts';
import { resolveId } from '../ids.ts';
import { given } from '../parse/given.ts';
import { collect, durationUpTo, isAwaitable, parseDuration } from '../parse/values.ts';
import { newKey, submit } from '../submit.ts';
import { addConstraintOptions, type ConstraintOptions, constraintsOf } from './constraints.ts';
import { finishEnqueue } from './enqueued.ts';
import {
	addElsewhere,
	assertHere,
	type ElsewhereOptions,
	isElsewhere,
	submitElsewhere,
} from './fleet/elsewhere.ts';
import { examples, JSON_OPTION } from './help.ts';
import { inputOf } from './input.ts';
import { startTime } from './times.ts';
import {
	addFailing,
	addNotify,
	addPlace,
	addSameWork,
	addWhatRuns,
	assertNotALine,
	folderOf,
	notifyOf,
	timeOption,
	type WorkOptions,
	workOf,
} from './work.ts';

interface Options extends ConstraintOptions, ElsewhereOptions, WorkOptions {
	readonly wait?: boolean;
	readonly key?: string;
	readonly deadline?: string;
	readonly runAt?: string;
	readonly after?: string[];
	readonly delay?: number;
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
		.argument('[command...]', 'the program and its arguments, best after --')
		.passThroughOptions()
		.option('-w, --wait', 'show its output until it ends; Ctrl-C leaves it running')
		.option(...JSON_OPTION);
	addWhatRuns(command, 'reads this one, as --wait does when something is piped')
		.option('--key <text>', 'the same key again means the same job, not another one')
		.optionsGroup('When it runs:');
	addPlace(command)
		.option('--delay <duration>', 'not before that much time has passed', parseDuration)
		.option(
			'--after <id[:ended|:ready]>',
			'only after that job has succeeded, has ended in whatever way, or is ready (repeatable)',
			collect,
		)
		.option('--run-at <time>', 'not before that time, as in 18:30, +2h, 2026-03-01T09:00')
		.option('--ttl <duration>', 'give up when it has not started by then', parseDuration)
		.option('--deadline <time>', 'give up at that time, running or not');
	addNotify(addFailing(addConstraintOptions(command)), 'failed at a terminal, never with --wait');
	addSameWork(command).option(
		'--debounce <duration>',
		'wait until no newer job of the subject came, at most 1h',
		durationUpTo('1h'),
	);
	addElsewhere(command)
		.addHelpText(
			'after',
			examples(
				['semantica run -- make -j4', 'build in the background'],
				['semantica run --wait -- npm test', 'watch it; exit code 4 if it fails'],
				["semantica run --shell -- 'sort a | uniq > b'", 'through a shell'],
				['semantica run --attempts 3 --timeout 5m -- ./deploy.sh', 'try three times'],
				['semantica run --group my-tests -- npm test', 'never two of them at once'],
				['semantica run --delay 1h --tag nightly -- ./backup.sh', 'later'],
				['semantica run --ac --idle --when-lost pause -- make world', 'when nobody minds'],
				["semantica run --skip-unchanged 'src/**' -- npm test", 'only if those changed'],
				['semantica run --after 1a2b3c4d -- npm test', 'once that job has succeeded'],
				["semantica run --ready 'listening on' -- ./serve", 'ready once it says so'],
				[
					'semantica run --ready-port 3000 --restart always -- npm run dev',
					'a server that is kept up',
				],
				['semantica run --after 1a2b3c4d:ready -- npm test', 'once that is ready'],
				['semantica run --notify -- make', 'hear of its end, good or bad'],
				['semantica run --payload data.json -- ./import', 'with standard input'],
				['semantica run --on box --repo -- npm test', 'on another machine'],
			),
		)
		.action((words: string[], options: Options) => run(context, words, options));
}

async function run(context: Context, words: string[], options: Options): Promise<void> {
	if (words.length === 0 && options.recipe === undefined) {
		throw usageError("missing required argument 'command'");
	}
	if (isElsewhere(options)) return runElsewhere(context, words, options);
	assertHere(options);
	assertNotALine(context, 'semantica run', words, options);
	const after = await afterOf(context, options.after);
	const spec = { ...(await specOf(context, words, options)), ...after };
	const input = await inputOf(context, options.payload, options.wait === true);
	const jobs = [{ ...spec, ...input.spec }];
	const hold = options.wait === true && options.json !== true && !context.out.terminal;
	const submission = await submit(context.daemon, jobs, { hold }).finally(() => input.dispose());
	await finishEnqueue(context, submission, {
		wait: options.wait === true,
		json: options.json === true,
		log: true,
	});
}

/** On another machine: nothing of this one but the words, what is piped in, and what was asked for goes with it. */
async function runElsewhere(context: Context, words: string[], options: Options): Promise<void> {
	if (options.after !== undefined) throw usageError('--after names jobs of this machine only.');
	const input = await inputOf(context, options.payload, options.wait === true);
	const spec = { ...(await specOf(context, words, options)), ...input.spec };
	const submission = await submitElsewhere(context, words, spec, options).finally(() =>
		input.dispose(),
	);
	await finishEnqueue(context, submission, {
		wait: options.wait === true,
		json: options.json === true,
		log: true,
	});
}

/** `ID`, `ID:ended` or `ID:ready`, where an id may be shortened: the daemon that knows the job runs. */
async function afterOf(
	context: Context,
	given: readonly string[] | undefined,
): Promise<Pick<JobSpecInput, 'after'>> {
	if (given === undefined) return {};
	const wanted = given.map((text) => {
		const [id = '', on = 'succeeded', ...more] = text.split(':');
		if (more.length > 0 || !isAwaitable(on)) {
			throw usageError(
				`--after ${text}: write ID, ID:ended for whatever way it ends, or ID:ready for a job that serves.`,
			);
		}
		return { id, on };
	});
	return using(connectToRunning(context.daemon), async (connection) => {
		const after: NonNullable<JobSpecInput['after']> = [];
		for (const { id, on } of wanted) after.push({ id: await resolveId(connection, id), on });
		return { after };
	});
}

async function specOf(
	context: Context,
	words: readonly string[],
	options: Options,
): Promise<JobSpecInput & { key: string }> {
	const now = Date.now();
	const runAt = startTime(options, now);
	const deadlineAt = timeOption('--deadline', options.deadline, now);
	assertCanRun(options, now, runAt, deadlineAt);
	return given({
		key: options.key ?? newKey(),
		...(await workOf(context, words, options)),
		notify: notifyOf(context, options),
		...constraintsOf(options, folderOf(context, options)),
		deadlineAt,
		runAt,
		debounceMs: options.debounce,
	});
}

function assertCanRun(
	options: Options,
	now: number,
	runAt: number | undefined,
	deadlineAt: number | undefined,
): void {
	const start = runAt ?? now;
	if (deadlineAt !== undefined && deadlineAt <= start) {
		throw usageError('--deadline: it is over before the job may start.');
	}
	if (options.ttl !== undefined && runAt !== undefined && now + options.ttl <= runAt) {
		throw usageError('--ttl: the job would be given up before it may start.');
	}
}
