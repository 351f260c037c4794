/** Telling our process from a stranger that got its pid (docs/processes.md section 5). */

import { readFileSync, readlinkSync } from 'node:fs';
import type { ProcessIdentity } from '../../queue/ports/runs.ts';
import { readProcess } from './procfs.ts';

/** The world in which a pid means something. */
export interface PidWorld {
	/** Changes with every boot of the machine. */
	readonly boot: string;
	/** Pids of another container mean other processes. */
	readonly pidNamespace: string;
}

const UNKNOWN = 'unknown';

export function readPidWorld(): PidWorld {
	return {
		boot: attempt(() => readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()),
		pidNamespace: attempt(() => readlinkSync('/proc/self/ns/pid')),
	};
}

// macOS has neither file: its start times are dates and differ across boots by themselves.
function attempt(read: () => string): string {
	try {
		return read();
	} catch {
		return process.platform === 'linux' ? UNKNOWN : process.platform;
	}
}

/** When the process began, as the system counts it; undefined when there is no such process. */
export async function processStartTime(pid: number): Promise<string | undefined> {
	if (process.platform === 'linux') return readProcess(pid)?.startTime;
	if (process.platform === 'win32') return undefined;
	const { execa } = await import('execa');
	const { stdout } = await execa('/bin/ps', ['-o', 'lstart=', '-p', String(pid)], {
		reject: false,
		// The date must read the same whoever starts the daemon.
		env: { LC_ALL: 'C', TZ: 'UTC' },
		extendEnv: false,
	});
	return stdout?.trim() || undefined;
}

/** Whether the process that was recorded is the one that has this pid now; in doubt it is not. */
export async function isSameProcess(recorded: ProcessIdentity, world: PidWorld): Promise<boolean> {
	if (recorded.boot !== world.boot || recorded.pidNamespace !== world.pidNamespace) return false;
	if (world.boot === UNKNOWN || world.pidNamespace === UNKNOWN) return false;
	return (await processStartTime(recorded.pid)) === recorded.startTime;
}
