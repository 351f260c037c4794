/** `fleet leave`: in order, and said how far it is; or at once. */
import type { Command } from 'commander';
import { ConnectionClosed, type DaemonConnection } from '../../../../shared/client/connection.ts';
import type { Result } from '../../../../shared/protocol/requests.ts';
import { connectOrStart } from '../../connect.ts';
import type { Context } from '../../context.ts';
import { CliError, usageError } from '../../errors.ts';
import { listenForInterrupt } from '../../follow/interrupt.ts';
import { plural } from '../../render/format.ts';
import { oneLine } from '../../render/text.ts';
import { examples, JSON_OPTION } from '../help.ts';

interface LeaveOptions {
	readonly now?: boolean;
	readonly stay?: boolean;
	readonly json?: boolean;
}

type Progress = Result<'fleet/leave'>;

export function addLeaveCommand(fleet: Command, context: Context): void {
	fleet
		.command('leave')
		.summary('leave the shared queue, when what runs here for others is done')
		.description(
			'Takes nothing new, hands back what has not begun, lets what runs here for others end, reports it, and then leaves. ' +
				'Ctrl-C ends the waiting, not the leaving: say it again to see how far it is.',
		)
		.option('--now', 'stop what runs here for others; what may be run again goes back')
		.option('--stay', 'do not leave after all')
		.option(...JSON_OPTION)
		.addHelpText(
			'after',
			examples(
				['semantica fleet leave', 'waits until what runs here has ended'],
				['semantica fleet leave --now', 'as before the lid is closed'],
			),
		)
		.action(async (options: LeaveOptions) => {
			if (options.now === true && options.stay === true)
				throw usageError('Say one of --now and --stay.');
			if (options.stay === true) return stay(context, options);
			const interrupt = listenForInterrupt();
			try {
				const left = await leave(context, options, interrupt.happened);
				if (left === undefined) {
					throw new CliError(
						'It goes on leaving. How far it is: semantica fleet leave; not to leave: semantica fleet leave --stay',
						130,
					);
				}
				if (options.json === true) context.out.json(left);
				else sayLeft(context, left);
			} finally {
				interrupt.stop();
			}
		});
}

async function stay(context: Context, { json }: LeaveOptions): Promise<void> {
	const connection = await connectOrStart(context.daemon);
	try {
		const answer = await connection.request('fleet/leave', { stay: true });
		if (json === true) context.out.json(answer);
		else context.out.say('This machine stays in the shared queue.');
	} finally {
		connection.dispose();
	}
}

/** Until it has left, over as many daemons as that takes; undefined when a person does not wait for it. */
async function leave(
	context: Context,
	{ now = false }: LeaveOptions,
	interrupted: Promise<undefined>,
): Promise<Progress | undefined> {
	let seen: string | undefined;
	for (let first = true; ; first = false) {
		const connection = await connectOrStart(context.daemon);
		try {
			// The one before may have left in the very moment in which it was killed.
			if (!first && (await hasLeft(connection))) return LEFT;
			for (;;) {
				const asked = { now, ...(seen === undefined ? {} : { seen }) };
				const answer = connection.request('fleet/leave', asked);
				const progress = await Promise.race([answer, interrupted]);
				if (progress === undefined) {
					// It ends with the connection.
					answer.catch(() => {});
					return undefined;
				}
				if (progress.left) return progress;
				seen = progress.state;
				for (const line of waitingLines(progress, now)) context.err.say(line);
			}
		} catch (error) {
			if (!(error instanceof ConnectionClosed)) throw error;
		} finally {
			connection.dispose();
		}
	}
}

const LEFT: Progress = {
	left: true,
	told: true,
	newKey: false,
	running: [],
	runningCount: 0,
	unreported: 0,
	undelivered: 0,
	unreachable: null,
	state: 'left',
};

async function hasLeft(connection: DaemonConnection): Promise<boolean> {
	return !(await connection.request('fleet/status', {})).joined;
}

function waitingLines(progress: Progress, now: boolean): string[] {
	const { running, runningCount, unreported, undelivered, unreachable } = progress;
	const lines: string[] = [];
	if (runningCount > 0) {
		const hint = now ? 'being stopped' : '--now stops them';
		lines.push(`Waits for ${plural(runningCount, 'job')} of others here (${hint}):`);
		for (const { id, title, paused } of running) {
			lines.push(`  ${id} ${oneLine(title)}${paused ? ' (paused)' : ''}`);
		}
	}
	if (unreported > 0) lines.push(`${plural(unreported, 'end')} not reported yet.`);
	if (undelivered > 0) lines.push(`${plural(undelivered, 'job')} not delivered yet.`);
	if (unreachable !== null) {
		const hint = now ? 'It leaves all the same.' : '--now leaves all the same.';
		lines.push(`${oneLine(unreachable)} ${hint}`);
	}
	return lines;
}

function sayLeft({ out }: Context, progress: Progress): void {
	const { told, newKey, unreported, undelivered } = progress;
	out.say('This machine has left the shared queue.');
	if (newKey) {
		out.say(
			'Another daemon goes on as the machine that this one was; this one has a new key when it joins again.',
		);
	} else if (!told) {
		out.say(
			'It could not say so there: this machine stays in the list until whoever owns the database says semantica fleet forget NAME.',
		);
		if (unreported > 0) {
			const stay = unreported === 1 ? 'stays' : 'stay';
			out.say(
				`${plural(unreported, 'job')} of others ${stay} held by it there until the lease runs out, and no end is reported.`,
			);
		}
	}
	if (undelivered > 0) {
		out.say(`${plural(undelivered, 'job')} that it asked for had not been delivered.`);
	}
}
