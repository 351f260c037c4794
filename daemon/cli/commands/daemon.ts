import type { Command } from 'commander';
import type { DaemonConnection } from '../../../shared/client/connection.ts';
import { findDaemon } from '../../../shared/client/launch.ts';
import type { Result } from '../../../shared/protocol/requests.ts';
import { STOPPED_FROM } from '../../../shared/stopped.ts';
import { waitUntilGone } from '../alive.ts';
import { connectOrStart, connectToRunning, using } from '../connect.ts';
import type { Context } from '../context.ts';
import { CliError, usageError } from '../errors.ts';
import { parseDuration } from '../parse/values.ts';
import { formatDuration, plural } from '../render/format.ts';
import { renderDaemon } from '../render/status.ts';
import { examples, JSON_OPTION } from './help.ts';

interface StopOptions {
	readonly finish?: boolean;
	readonly whenIdle?: boolean;
	readonly timeout?: number;
	readonly json?: boolean;
}

type Drain = Result<'system/drain'>;

/** For running work to end when it is told to; it gets TERM, its grace time, then KILL. */
const STOP_MS = 60_000;
/** When running work may finish, it may take its time. */
const FINISH_MS = 86_400_000;
/** Beyond the drain's own time: closing the database and leaving. */
const LEAVE_MS = 15_000;

export function addDaemonCommand(program: Command, context: Context): void {
	const daemon = program
		.command('daemon')
		.summary('start, stop, restart or look at the daemon')
		.description('The daemon runs the jobs. It starts by itself when a command needs it.');
	daemon
		.command('start')
		.summary('start it, unless it runs')
		.option(...JSON_OPTION)
		.action((options: { json?: boolean }) => start(context, options.json === true, 'runs already'));
	addStopOptions(
		daemon
			.command('stop')
			.summary('stop it; jobs that wait are kept')
			.description(
				'Stops the daemon and waits until it has gone. Waiting jobs are kept and go on with the next start. ' +
					'Running jobs are stopped: those that may be restarted are queued again, the others end as interrupted.',
			),
	)
		.addHelpText(
			'after',
			examples(
				['semantica daemon stop', 'now'],
				['semantica daemon stop --finish', 'after what is running now'],
				['semantica daemon stop --finish --timeout 10m', 'but not later than that'],
			),
		)
		.action((options: StopOptions) => stopCommand(context, options));
	addStopOptions(
		daemon
			.command('restart')
			.summary('stop it and start it again')
			.description('Stops the daemon, if one runs, and starts the newest build of it.'),
	).action((options: StopOptions) => restart(context, options));
	daemon
		.command('status')
		.summary('say whether it runs')
		.option(...JSON_OPTION)
		.action((options: { json?: boolean }) =>
			using(connectToRunning(context.daemon, { anyProtocol: true }), (connection) =>
				status(context, connection, options.json === true),
			),
		);
}

function addStopOptions(command: Command): Command {
	return command
		.option('--finish', 'let running jobs finish first')
		.option('--when-idle', 'wait for a moment when nothing runs; until then new jobs start too')
		.option(
			'--timeout <duration>',
			'with --finish: stop what still runs after that time',
			parseDuration,
		)
		.option(...JSON_OPTION);
}

async function start(context: Context, json: boolean, already: string): Promise<void> {
	const before = await findDaemon(context.daemon.paths);
	await using(connectOrStart(context.daemon), async (connection) => {
		const system = await connection.request('system/status', {});
		if (json) {
			context.out.json(system);
			return;
		}
		const verb = before?.pid === system.pid ? already : 'started';
		context.out.say(
			`The Semantica daemon ${verb} (pid ${system.pid}, version ${system.version}, ${system.home}).`,
		);
	});
}

async function status(
	context: Context,
	connection: DaemonConnection,
	json: boolean,
): Promise<void> {
	const system = await connection.request('system/status', {});
	if (json) {
		context.out.json(system);
		return;
	}
	const { build } = context.daemon;
	context.out.lines(renderDaemon(system, build, Date.now(), context.out.view()));
}

async function stopCommand(context: Context, options: StopOptions): Promise<void> {
	const drain = await stop(context, options, STOPPED_FROM.commandLine);
	if (options.json) context.out.json(drain);
	else context.out.say('The Semantica daemon has stopped.');
}

async function restart(context: Context, options: StopOptions): Promise<void> {
	if ((await findDaemon(context.daemon.paths)) !== undefined) {
		await stop(context, options, 'restarted from the command line');
	}
	await start(context, options.json === true, 'was started by somebody else meanwhile');
}

/** Asks the daemon to leave and waits until it has. @throws CliError 3 when none runs. */
async function stop(context: Context, options: StopOptions, reason: string): Promise<Drain> {
	const mode = modeOf(options);
	const timeoutMs = options.timeout ?? (mode === 'stop' ? STOP_MS : FINISH_MS);
	const opening = connectToRunning(context.daemon, { anyProtocol: true });
	const { drain, pid } = await using(opening, async (connection) => {
		const system = await connection.request('system/status', {});
		if (!options.json) for (const line of announce(system.counts, mode)) context.err.say(line);
		const answer = await connection.request('system/drain', { reason, mode, timeoutMs });
		await connection.closed;
		return { drain: answer, pid: system.pid };
	});
	if (!(await waitUntilGone(pid, LEAVE_MS))) {
		throw new CliError(
			`The Semantica daemon closed its connections but process ${pid} is still there after ${formatDuration(LEAVE_MS)}. See ${context.daemon.paths.daemonLog}.`,
		);
	}
	return drain;
}

function modeOf({
	finish,
	whenIdle,
}: StopOptions): Drain['mode'] & ('stop' | 'finish' | 'whenIdle') {
	if (finish && whenIdle) throw usageError('Give --finish or --when-idle, not both.');
	return finish ? 'finish' : whenIdle ? 'whenIdle' : 'stop';
}

function announce(
	counts: { readonly running?: number; readonly paused?: number; readonly queued?: number },
	mode: 'stop' | 'finish' | 'whenIdle',
): string[] {
	const active = (counts.running ?? 0) + (counts.paused ?? 0);
	const waiting = counts.queued ?? 0;
	const lines: string[] = [];
	if (active > 0) {
		const jobs = plural(active, 'running job');
		lines.push(
			mode === 'stop'
				? `${jobs} will be stopped: queued again where a restart is allowed, else ended as interrupted.`
				: `Waiting for ${jobs} to finish. Ctrl-C stops waiting; the daemon goes on and leaves then.`,
		);
	}
	if (waiting > 0 && mode !== 'whenIdle') {
		lines.push(`${plural(waiting, 'waiting job')} will be kept for the next start.`);
	}
	return lines;
}
