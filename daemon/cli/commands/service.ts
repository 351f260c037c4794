import type { Command } from 'commander';
import { dataFolder, homeFolder } from '../../../shared/paths.ts';
import type { Context } from '../context.ts';
import { CliError } from '../errors.ts';
import { installService, runCommand, serviceState, uninstallService } from '../service/install.ts';
import { type ServiceManager, serviceManager } from '../service/manager.ts';
import { examples, JSON_OPTION } from './help.ts';

export function addServiceCommand(program: Command, context: Context): void {
	const service = program
		.command('service')
		.summary('have the daemon start by itself, so that schedules live through a reboot')
		.description(
			'Without a service the daemon starts when a command, an editor or a tool needs it. With one your system ' +
				'starts it when you log in (systemd, launchd, Task Scheduler) and again when it was killed. It still ' +
				'leaves when nothing runs, waits or is scheduled. Nothing is installed unless you ask for it here.',
		)
		.addHelpText(
			'after',
			examples(
				['semantica service install', 'from now on'],
				['semantica service status', 'is there one?'],
				['semantica service uninstall', 'not any more; what runs goes on'],
			),
		);
	service
		.command('install')
		.summary('install it, or bring it up to date')
		.option(...JSON_OPTION)
		.action(async ({ json }: { json?: boolean }) => {
			const manager = managerOf(context);
			const { daemon, out } = context;
			await installService(manager, daemon, daemon.execPath, runCommand);
			if (json) out.json(await serviceState(manager, runCommand));
			else for (const line of [installedSentence(manager), ...manager.notes]) out.say(line);
		});
	service
		.command('uninstall')
		.summary('take it away; a daemon that runs goes on')
		.option(...JSON_OPTION)
		.action(async ({ json }: { json?: boolean }) => {
			const manager = managerOf(context);
			const was = await uninstallService(manager, context.daemon, runCommand);
			if (json) context.out.json(await serviceState(manager, runCommand));
			else context.out.say(was ? 'The service is gone.' : 'There was no service.');
		});
	service
		.command('status')
		.summary('say whether it is installed')
		.option(...JSON_OPTION)
		.action(async ({ json }: { json?: boolean }) => {
			const manager = managerOf(context);
			const state = await serviceState(manager, runCommand);
			if (json) {
				context.out.json(state);
				return;
			}
			const outdated = 'It is of another version. Bring it up to date: semantica service install';
			if (!state.installed) {
				context.out.say('No service is installed. To have one: semantica service install');
			} else context.out.say(installedSentence(manager) + (state.current ? '' : ` ${outdated}`));
		});
}

const installedSentence = ({ called, name, file }: ServiceManager): string =>
	`The service ${name} of ${called} is installed (${file}).`;

/** @throws CliError where this system has none that is known. */
function managerOf(context: Context): ServiceManager {
	const manager = serviceManagerHere(context.daemon);
	if (manager !== undefined) return manager;
	throw new CliError(
		`There is no service for ${process.platform}: only systemd, launchd and the Task Scheduler.`,
	);
}

export function serviceManagerHere({
	paths,
	execPath,
	env,
}: Pick<Context['daemon'], 'paths' | 'execPath' | 'env'>): ServiceManager | undefined {
	const { SEMANTICA_HOME: _, ...others } = env;
	return serviceManager({
		platform: process.platform,
		paths,
		isUsual: paths.home === dataFolder(others),
		homeFolder: homeFolder(env),
		env,
		execPath,
		// Not userInfo(), which wants an entry in passwd.
		uid: process.getuid?.() ?? 0,
	});
}
