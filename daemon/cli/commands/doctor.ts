import type { Command } from 'commander';
import type { BuildStamp } from '../../../shared/build.ts';
import { type DaemonConnection, isResponseError } from '../../../shared/client/connection.ts';
import { RPC_CODES } from '../../../shared/errors.ts';
import type { Result } from '../../../shared/protocol/requests.ts';
import { connectToRunning, using } from '../connect.ts';
import type { Context } from '../context.ts';
import { EXIT } from '../errors.ts';
import { plural } from '../render/format.ts';
import { versionsNote } from '../render/status.ts';
import type { View } from '../render/style.ts';
import { oneLine, padEnd, wrap } from '../render/text.ts';
import { runCommand, serviceState } from '../service/install.ts';
import { examples, JSON_OPTION } from './help.ts';
import { serviceManagerHere } from './service.ts';

export function addDoctorCommand(program: Command, context: Context): void {
	program
		.command('doctor')
		.summary('look for what could be wrong')
		.description(
			'Checks the daemon, its data folder, its database and how it keeps processes together.',
		)
		.option(...JSON_OPTION)
		.addHelpText('after', examples(['semantica doctor', 'exit code 1 when something is wrong']))
		.action((options: { json?: boolean }) =>
			using(connectToRunning(context.daemon), async (connection) => {
				const { checks } = await connection.request('system/diagnose', {});
				const versions = versionsCheck(connection.server, context.daemon.build);
				const service = await serviceChecks(connection, context.daemon);
				const result = { checks: [versions, ...checks, ...service] };
				if (result.checks.some((check) => !check.ok)) process.exitCode = EXIT.error;
				if (options.json) {
					context.out.json(result);
					return;
				}
				const view = context.out.view();
				context.out.lines(result.checks.flatMap((check) => renderCheck(check, view)));
			}),
		);
}

type Check = Result<'system/diagnose'>['checks'][number];

/** The daemon cannot know which one asks. */
function versionsCheck(daemon: BuildStamp, build: BuildStamp): Check {
	const same = daemon.buildId === build.buildId;
	const message = same
		? `The daemon and this command line are ${build.version}.`
		: versionsNote(daemon, build);
	return { name: 'versions', ok: same, message };
}

/** Schedules go on after a reboot where something starts the daemon then. */
async function serviceChecks(
	connection: DaemonConnection,
	access: Context['daemon'],
): Promise<Check[]> {
	const enabled = await enabledSchedules(connection).catch((error: unknown) => {
		// A daemon of an older build has none.
		if (isResponseError(error) && error.code === RPC_CODES.methodNotFound) return 0;
		throw error;
	});
	const manager = enabled === 0 ? undefined : serviceManagerHere(access);
	if (manager === undefined) return [];
	const { installed } = await serviceState(manager, runCommand);
	const message = installed
		? `The service ${manager.name} starts the daemon at login, so schedules live through a reboot.`
		: `${plural(enabled, 'schedule is', 'schedules are')} enabled, and after a reboot nothing starts the daemon before ` +
			'a command, an editor or a tool needs it. To have it start at login, run: semantica service install';
	// It is a choice, not a fault.
	return [{ name: 'service', ok: true, message }];
}

async function enabledSchedules(connection: DaemonConnection): Promise<number> {
	let enabled = 0;
	let after: string | null = null;
	do {
		const page: Result<'schedule/list'> = await connection.request(
			'schedule/list',
			after === null ? {} : { after },
		);
		enabled += page.schedules.filter((one) => one.enabled && one.nextAt !== null).length;
		after = page.next;
	} while (after !== null);
	return enabled;
}

const LABEL = 'problem  '.length;

function renderCheck({ name, ok, message }: Check, { style, width }: View): string[] {
	const label = ok ? style.green('ok') : style.red('problem');
	const [first = '', ...rest] = wrap(
		`${style.bold(`${name}:`)} ${oneLine(message)}`,
		width - LABEL,
	);
	return [padEnd(label, LABEL) + first, ...rest.map((line) => ' '.repeat(LABEL) + line)];
}
