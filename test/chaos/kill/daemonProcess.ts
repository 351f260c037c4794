/** A daemon that can be killed at any moment, also while it starts. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { daemonEnvironment, READY_FD, type ReadyMessage } from '../../../shared/client/launch.ts';
import { daemonArguments } from '../../../shared/nodeArguments.ts';

export interface DaemonProcess {
	readonly pid: number;
	/** What it said when it was ready or gave up; undefined when it died before. */
	readonly ready: Promise<ReadyMessage | undefined>;
	/** SIGKILL; resolves when the process is gone. */
	kill(): Promise<void>;
	/** SIGTERM: it closes its files in order; resolves when it has. */
	leave(): Promise<void>;
}

/** @param nodeOptions of the Node that runs it */
export function spawnDaemon(
	dist: string,
	home: string,
	nodeOptions: readonly string[] = [],
): DaemonProcess {
	const log = openSync(join(home, 'daemon.log'), 'a', 0o600);
	const child = spawn(
		process.execPath,
		[...daemonArguments(process.execPath), ...nodeOptions, join(dist, 'daemon.js')],
		{
			cwd: home,
			detached: true,
			stdio: ['ignore', log, log, 'pipe'],
			env: {
				...daemonEnvironment(process.env, home, join(home, 'bin')),
				SEMANTICA_READY_FD: String(READY_FD),
			},
		},
	);
	closeSync(log);
	const gone = once(child, 'exit');
	return {
		pid: pidOf(child),
		ready: readyMessage(child.stdio[READY_FD] as Readable),
		async kill() {
			child.kill('SIGKILL');
			await gone;
		},
		async leave() {
			child.kill('SIGTERM');
			await gone;
		},
	};
}

function pidOf(child: ChildProcess): number {
	if (child.pid === undefined) throw new Error('The daemon could not be started at all.');
	return child.pid;
}

async function readyMessage(pipe: Readable): Promise<ReadyMessage | undefined> {
	const said = await text(pipe);
	return said === '' ? undefined : (JSON.parse(said) as ReadyMessage);
}
