/** The system's own keeper of services: where its file stands, and which commands make it look. */
import { createHash } from 'node:crypto';
import { join, win32 } from 'node:path';
import type { DataPaths } from '../../../shared/paths.ts';
import { launchdAgent, scheduledTask, systemdUnit } from './definitions.ts';
import { serviceFiles } from './script.ts';

export type Command = readonly [program: string, ...args: string[]];

export interface ServiceManager {
	/** For people. */
	readonly called: string;
	/** By which it knows the service. */
	readonly name: string;
	/** What it reads. */
	readonly file: string;
	readonly content: string | Buffer;
	/** Fails where it does not answer: then nothing is installed. */
	readonly answers: Command;
	readonly install: readonly Command[];
	/** Where one fails the next is tried all the same. */
	readonly uninstall: readonly Command[];
	/** After the file is gone. */
	readonly forget: readonly Command[];
	/** Ends well while the service is known to it. */
	readonly status: Command;
	/** What a person should know, in sentences. */
	readonly notes: readonly string[];
}

export interface ServiceFacts {
	readonly platform: NodeJS.Platform;
	readonly paths: DataPaths;
	/** Whether the data folder is that of everybody who names none. */
	readonly isUsual: boolean;
	/** Of the person. */
	readonly homeFolder: string;
	readonly env: Readonly<Record<string, string | undefined>>;
	readonly execPath: string;
	readonly uid: number;
}

/** Undefined where there is none that is known here. */
export function serviceManager(facts: ServiceFacts): ServiceManager | undefined {
	switch (facts.platform) {
		case 'linux':
			return systemd(facts);
		case 'darwin':
			return launchd(facts);
		case 'win32':
			return taskScheduler(facts);
		default:
			return undefined;
	}
}

/** Each data folder has a service of its own. */
function suffix({ isUsual, paths }: ServiceFacts): string {
	return isUsual ? '' : `-${createHash('sha256').update(paths.home).digest('hex').slice(0, 8)}`;
}

function systemd(facts: ServiceFacts): ServiceManager {
	const { paths, env, homeFolder } = facts;
	const name = `semantica${suffix(facts)}.service`;
	const config = env['XDG_CONFIG_HOME'] || join(homeFolder, '.config');
	const systemctl = (...args: string[]): Command => ['systemctl', '--user', ...args];
	return {
		called: 'systemd',
		name,
		file: join(config, 'systemd', 'user', name),
		content: systemdUnit(serviceFiles(paths).script, paths.home),
		answers: systemctl('show-environment'),
		install: [systemctl('daemon-reload'), systemctl('enable', '--now', name)],
		uninstall: [systemctl('disable', name)],
		forget: [systemctl('daemon-reload')],
		status: systemctl('is-enabled', '--quiet', name),
		notes: ['It starts when you log in. To have it start with the machine: loginctl enable-linger'],
	};
}

function launchd(facts: ServiceFacts): ServiceManager {
	const { paths, homeFolder, uid } = facts;
	const name = `dev.semantica.daemon${suffix(facts)}`;
	const file = join(homeFolder, 'Library', 'LaunchAgents', `${name}.plist`);
	return {
		called: 'launchd',
		name,
		file,
		content: launchdAgent(name, serviceFiles(paths).script, paths.daemonLog),
		answers: ['launchctl', 'print', `gui/${uid}`],
		install: [['launchctl', 'bootstrap', `gui/${uid}`, file]],
		uninstall: [['launchctl', 'bootout', `gui/${uid}/${name}`]],
		forget: [],
		status: ['launchctl', 'print', `gui/${uid}/${name}`],
		notes: ['It starts when you log in.'],
	};
}

function taskScheduler(facts: ServiceFacts): ServiceManager {
	const { paths, env, execPath } = facts;
	const name = `Semantica${suffix(facts)}`;
	const user = win32.join(env['USERDOMAIN'] ?? '.', env['USERNAME'] ?? '');
	const text = scheduledTask(user, execPath, [serviceFiles(paths).newest, 'start'], paths.home);
	const file = join(paths.bin, 'service.xml');
	return {
		called: 'the Task Scheduler',
		name,
		file,
		// It reads UTF-16 with its mark.
		content: Buffer.from(`\ufeff${text}`, 'utf16le'),
		answers: ['schtasks', '/Query', '/FO', 'LIST'],
		install: [['schtasks', '/Create', '/F', '/TN', name, '/XML', file]],
		uninstall: [['schtasks', '/Delete', '/F', '/TN', name]],
		forget: [],
		status: ['schtasks', '/Query', '/TN', name],
		notes: [
			'It starts when you log in. A daemon that only schedules keep here leaves after a minute, so install it where windows or terminals come by.',
		],
	};
}
