/** What this machine lets a test do. Under CI everything must be there: what cannot run is a failure. */
import { spawnSync } from 'node:child_process';
import { accessSync, constants, readFileSync } from 'node:fs';
import type { TestContext } from 'vitest';

export const isRoot = process.getuid?.() === 0;

export function canUnshare(...flags: string[]): boolean {
	return spawnSync('unshare', [...flags, 'true']).status === 0;
}

/** Whether the daemon will find a cgroup v2 that it may arrange. */
export function hasCgroups(): boolean {
	try {
		const mount = / \/ (\S+) [^-]*- cgroup2 /.exec(
			readFileSync('/proc/self/mountinfo', 'utf8'),
		)?.[1];
		const own = /^0::(.*)$/m.exec(readFileSync('/proc/self/cgroup', 'utf8'))?.[1];
		accessSync(`${mount}${own}`, constants.W_OK);
		return true;
	} catch {
		return false;
	}
}

/** Skips the test, saying so, where a capability is missing; under CI on root it fails instead. */
export function need(context: TestContext, there: boolean, what: string): void {
	if (there) return;
	if (process.env['CI'] && isRoot) throw new Error(`${what} is missing, and must not be under CI.`);
	context.skip(`not proved here: ${what} is missing`);
}
