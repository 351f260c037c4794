import { type Command, Option } from 'commander';
import type { DaemonConnection } from '../../../shared/client/connection.ts';
import { isResponseError } from '../../../shared/client/connection.ts';
import { ERROR_CODES } from '../../../shared/errors.ts';
import type { ParamsInput } from '../../../shared/protocol/requests.ts';
import type { Schedule } from '../../../shared/protocol/schedules.ts';
import { explainSchedule } from '../../../shared/scheduleText.ts';
import { connectOrStart, connectToRunning, using } from '../connect.ts';
import type { Context } from '../context.ts';
import { usageError } from '../errors.ts';
import { given } from '../parse/given.ts';
import { collect, durationUpTo, isAwaitable, parseDuration } from '../parse/values.ts';
import { renderSchedule, renderScheduleTable } from '../render/schedules.ts';
import { addConstraintOptions, type ConstraintOptions, constraintsOf } from './constraints.ts';
import { examples, JSON_OPTION } from './help.ts';
import { inputOf } from './input.ts';
import {
	addFailing,
	addNotify,
	addPlace,
	addSameWork,
	addWhatRuns,
	assertNotALine,
	folderOf,
	timeOption,
	type WorkOptions,
	workOf,
} from './work.ts';

interface AddOptions extends ConstraintOptions, WorkOptions {
	readonly cron?: string;
	readonly every?: number;
	readonly at?: string;
	readonly tz?: string;
	readonly missed?: NonNullable<ParamsInput<'schedule/put'>['missed']>;
	readonly overlap?: NonNullable<ParamsInput<'schedule/put'>['overlap']>;
	readonly jitter?: number;
	readonly start?: string;
	readonly end?: string;
	readonly after?: string[];
	readonly paused?: boolean;
	readonly json?: boolean;
}

interface JsonOption {
	readonly json?: boolean;
}

/** Which option says what the daemon may refuse. */
const OPTION_OF: Readonly<Record<string, string>> = {
	'when.cron': '--cron',
	'when.everyMs': '--every',
	'when.at': '--at',
	timezone: '--tz',
	startAt: '--start',
	endAt: '--end',
	missed: '--missed',
};

export function addScheduleCommand(program: Command, context: Context): void {
	const schedule = program
		.command('schedule')
		.summary('run commands again and again, or at a time')
		.description(
			'A schedule begins a job each time it is due. It outlives terminals and windows, and keeps the daemon there; ' +
				'what is missed while the machine sleeps or is off is made up for as you say.',
		);
	addAdd(schedule, context);
	schedule
		.command('list')
		.alias('ls')
		.summary('list schedules, or explain one')
		.argument('[name]', 'this one alone, with all that there is to say of it')
		.option(...JSON_OPTION)
		.action((name: string | undefined, options: JsonOption) =>
			using(connectToRunning(context.daemon), (connection) =>
				list(context, connection, name, options),
			),
		);
	change(schedule, context, 'run', 'begin a job of it now', async (connection, name, json) => {
		const begun = await connection.request('schedule/run', { name });
		if (json) context.out.json(begun);
		else context.out.lines([begun.id]);
	});
	for (const [word, enabled, summary] of [
		['pause', false, 'begin nothing until it is resumed'],
		['resume', true, 'go on; what was due meanwhile is not missed'],
	] as const) {
		change(schedule, context, word, summary, async (connection, name, json) => {
			const { schedule } = await connection.request('schedule/update', { name, enabled });
			tell(context, schedule, json);
		});
	}
	change(
		schedule,
		context,
		'remove',
		'forget it; its jobs stay',
		async (connection, name, json) => {
			const removed = await connection.request('schedule/remove', { name });
			if (json) context.out.json(removed);
			else context.err.say(`${name} is removed.`);
		},
	);
}

function change(
	schedule: Command,
	context: Context,
	word: string,
	summary: string,
	work: (connection: DaemonConnection, name: string, json: boolean) => Promise<void>,
): void {
	schedule
		.command(word)
		.summary(summary)
		.argument('<name>')
		.option(...JSON_OPTION)
		.action((name: string, options: JsonOption) =>
			using(connectToRunning(context.daemon), (connection) =>
				work(connection, name, options.json === true),
			),
		);
}

function addAdd(schedule: Command, context: Context): void {
	const command = schedule
		.command('add')
		.summary('make a schedule, or replace the one of that name')
		.description(
			'Begins a job of this command each time it is due, in this folder with this PATH. ' +
				'Options stand before the --, the command behind it.',
		)
		.argument('<name>', 'what it is called: letters, digits, ".", "_" and "-"')
		.argument('<command...>', 'the program and its arguments, after --')
		.optionsGroup('When it is due (one of these):')
		.option('--cron <fields>', 'minute hour day month weekday, or @daily, @hourly …')
		.option('--every <duration>', 'as in 30s, 15m, 1h30m', parseDuration)
		.option('--at <time>', 'once, as in 18:30, +2h, 2026-03-01T09:00')
		.optionsGroup('What else decides when:')
		.option('--tz <zone>', 'of cron, as in Europe/Berlin (default: this one)')
		.addOption(
			new Option(
				'--missed <what>',
				'of what was missed: run it once, all of it, or skip (default: once)',
			).choices(['once', 'skip', 'all']),
		)
		.addOption(
			new Option(
				'--overlap <what>',
				'while one is unfinished: skip, queue one more, or replace it (default: skip)',
			).choices(['skip', 'queue', 'replace']),
		)
		.option('--jitter <duration>', 'later by up to that much, always the same', durationUpTo('24h'))
		.option('--start <time>', 'not before then; --every counts from there')
		.option('--end <time>', 'not after that')
		.option(
			'--after <schedule[:ended|:ready]>',
			'each job waits for the newest one of that schedule, until it has succeeded (repeatable)',
			collect,
		)
		.option('--paused', 'begin nothing before it is resumed')
		.option(...JSON_OPTION);
	addWhatRuns(command, 'reads this one, now');
	addPlace(command.optionsGroup('How it runs:')).option(
		'--ttl <duration>',
		'give up a job that has not started that long after it was due',
		parseDuration,
	);
	addNotify(addFailing(addConstraintOptions(command)), 'never');
	addSameWork(command)
		.addHelpText(
			'after',
			examples(
				["semantica schedule add nightly --cron '0 3 * * *' -- npm test", 'at three every night'],
				['semantica schedule add sync --every 15m --idle -- ./sync.sh', 'when nobody minds'],
				[
					"semantica schedule add report --cron '0 3 * * *' --after nightly -- ./report",
					'after that',
				],
				['semantica schedule add once --at 18:30 -- ./report.sh', 'this evening'],
				[
					'semantica schedule add log --every 1h --missed all --overlap queue -- ./h.sh',
					'each hour, also those that were slept through',
				],
			),
		)
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
	assertNotALine(context, `semantica schedule add ${name}`, words, options);
	const now = Date.now();
	const params = given({
		name,
		when: whenOf(options, now),
		timezone: options.tz ?? Intl.DateTimeFormat().resolvedOptions().timeZone,
		missed: options.missed,
		overlap: options.overlap,
		jitterMs: options.jitter,
		startAt: timeOption('--start', options.start, now),
		endAt: timeOption('--end', options.end, now),
		enabled: options.paused === true ? false : undefined,
	});
	const after = options.after?.map(afterOf);
	const work = {
		...(await workOf(context, words, options)),
		...constraintsOf(options, folderOf(context, options), false),
		after,
	};
	const spec = given(work);
	const input = await inputOf(context, options.payload, false);
	await using(connectOrStart(context.daemon), async (connection) => {
		const request = { ...params, spec: { ...spec, ...input.spec } };
		const { schedule, created } = await connection
			.request('schedule/put', request)
			.catch((error: unknown) => {
				throw byOption(error);
			});
		if (options.json === true) context.out.json({ schedule, created });
		else tell(context, schedule, false);
	}).finally(() => input.dispose());
}

/** `NAME`, `NAME:ended` or `NAME:ready`. */
function afterOf(text: string) {
	const [schedule = '', on = 'succeeded', ...more] = text.split(':');
	if (more.length === 0 && isAwaitable(on)) return { schedule, on };
	throw usageError(
		`--after ${text}: write NAME, NAME:ended for whatever way it ends, or NAME:ready for a job that serves.`,
	);
}

function whenOf({ cron, every, at }: AddOptions, now: number): ParamsInput<'schedule/put'>['when'] {
	const given = [cron, every, at].filter((value) => value !== undefined);
	if (given.length !== 1)
		throw usageError('Say when it is due: --cron, --every or --at, one of them.');
	if (cron !== undefined) return { cron };
	if (every === undefined) return { at: timeOption('--at', at, now) ?? now };
	if (every < 1000) throw usageError('--every: it must be at least 1s.');
	return { everyMs: every };
}

/** What is wrong with an option is a mistake of whoever typed it, though only the daemon can tell. */
function byOption(error: unknown): unknown {
	if (!isResponseError(error) || error.code !== ERROR_CODES.VALIDATION) return error;
	const option = OPTION_OF[error.data?.path ?? ''];
	return option === undefined ? error : usageError(`${option}: ${error.message}`);
}

function tell(context: Context, schedule: Schedule, json: boolean): void {
	if (json) context.out.json({ schedule });
	else context.out.lines([`${schedule.name}: ${explainSchedule(schedule, Date.now())}`]);
}

async function list(
	context: Context,
	connection: DaemonConnection,
	name: string | undefined,
	{ json }: JsonOption,
): Promise<void> {
	const schedules: Schedule[] = [];
	for (let after: string | undefined; ; ) {
		const page = await connection.request('schedule/list', given({ name, after }));
		schedules.push(...page.schedules);
		if (page.next === null) break;
		after = page.next;
	}
	if (json === true) context.out.json({ schedules });
	else if (schedules.length === 0) {
		context.err.say(
			"No schedules yet. Try: semantica schedule add nightly --cron '0 3 * * *' -- npm test",
		);
	} else {
		const [only] = schedules;
		const lines =
			name !== undefined && only !== undefined
				? renderSchedule(only, Date.now(), context.out.view())
				: renderScheduleTable(schedules, Date.now(), context.out.view());
		context.out.lines(lines);
	}
}
