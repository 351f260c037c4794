/** The daemon of a test's data folder, seen from outside. */
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { PATIENCE_MS } from './patience.ts';

export interface DaemonState {
	readonly pid: number;
	readonly instance: string;
	readonly version: string;
}

export function daemonState(home: string): DaemonState | undefined {
	try {
		return JSON.parse(readFileSync(join(home, 'run/daemon.json'), 'utf8')) as DaemonState;
	} catch {
		return undefined;
	}
}

export function isAlive(pid: number): boolean {
	try {
		process.kill(pid, 0);
		// A zombie is dead: in a container pid 1 may never collect it.
		return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
	} catch {
		return false;
	}
}

/** Resolves when the condition holds; looks again whenever the process table had time to change. */
export async function until(what: string, holds: () => boolean, ms = PATIENCE_MS): Promise<void> {
	const deadline = Date.now() + ms;
	while (!holds()) {
		if (Date.now() > deadline) throw new Error(`Not within ${ms} ms: ${what}.`);
		await new Promise((resolve) => setTimeout(resolve, 20));
	}
}

/** Ends the daemon of a finished test; its jobs end with it. */
export async function ensureGone(home: string): Promise<void> {
	const state = daemonState(home);
	if (state === undefined || !isAlive(state.pid)) return;
	process.kill(state.pid, 'SIGTERM');
	await until('the daemon leaves', () => !isAlive(state.pid)).catch(() => {
		process.kill(state.pid, 'SIGKILL');
	});
}

/** Ends a process and all that it started, but for what detached itself from it. */
export function killFamily(pid: number): void {
	for (const member of family(pid)) {
		try {
			process.kill(member, 'SIGKILL');
		} catch {
			// It ended by itself, or with its parent.
		}
	}
}

function family(pid: number): number[] {
	const children = globSync(`/proc/${pid}/task/*/children`).flatMap((file) =>
		readFileSync(file, 'utf8').split(' ').filter(Boolean).map(Number),
	);
	return [pid, ...children.flatMap(family)];
}
