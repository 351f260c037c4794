/** A desktop of a test's own: a D-Bus with a server that takes notifications. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { onTestFinished } from 'vitest';
import { until } from './processes.ts';

export interface Told {
	readonly app: string;
	readonly summary: string;
	readonly body: string;
	/** 0 low, 1 normal, 2 critical. */
	readonly urgency: number;
}

/** Debian's: what else is on the PATH may have no D-Bus. */
const PYTHON = '/usr/bin/python3';

/** Why there can be none here; undefined where there can. */
export function whyNoDesktop(): string | undefined {
	const works = (command: string, ...args: string[]) =>
		spawnSync(command, args, { stdio: 'ignore' }).status === 0;
	if (!works('notify-send', '--version')) return 'notify-send (libnotify-bin) is not installed';
	if (!works('dbus-daemon', '--version')) return 'dbus-daemon is not installed';
	if (!works(PYTHON, '-c', 'import dbus, gi'))
		return 'python3-dbus and python3-gi are not installed';
	return undefined;
}

export async function openDesktop() {
	const bus = start('dbus-daemon', ['--session', '--nofork', '--print-address']);
	const [address = ''] = await lines(bus, 1);
	const env = { ...process.env, DBUS_SESSION_BUS_ADDRESS: address };
	const server = start(PYTHON, [join(import.meta.dirname, 'notificationServer.py')], env);
	const said: string[] = [];
	createInterface({ input: server.stdout ?? process.stdin }).on('line', (line) => said.push(line));
	await until(() => said.length > 0, 'the server of notifications owns its name');
	return {
		/** For the daemon. */
		env: { DBUS_SESSION_BUS_ADDRESS: address },
		told: (): Told[] => said.slice(1).map((line) => JSON.parse(line) as Told),
	};
}

function start(command: string, args: readonly string[], env = process.env): ChildProcess {
	const child = spawn(command, args, { env, stdio: ['ignore', 'pipe', 'inherit'] });
	onTestFinished(() => void child.kill('SIGKILL'));
	return child;
}

async function lines(child: ChildProcess, count: number): Promise<string[]> {
	const found: string[] = [];
	for await (const line of createInterface({ input: child.stdout ?? process.stdin })) {
		found.push(line);
		if (found.length === count) break;
	}
	return found;
}
