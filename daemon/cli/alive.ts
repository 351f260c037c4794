/** Whether a process that is not our child still runs. Nothing tells us about its end. */
import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { errorCode } from '../../shared/errors.ts';

export function isAlive(pid: number): boolean {
	try {
		process.kill(pid, 0);
	} catch (error) {
		// Somebody else's process is alive all the same.
		return errorCode(error) === 'EPERM';
	}
	return !isZombie(pid);
}

/** Ended, but not yet noticed by its parent: in a container without a proper init that may never happen. */
function isZombie(pid: number): boolean {
	if (process.platform !== 'linux') return false;
	try {
		const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
		return /^[ZX]/.test(stat.slice(stat.lastIndexOf(')') + 2));
	} catch {
		// It ended between the two looks.
		return true;
	}
}

/** Whether the process is gone before the time is up. */
export async function waitUntilGone(pid: number, timeoutMs: number): Promise<boolean> {
	const deadline = Date.now() + timeoutMs;
	while (isAlive(pid)) {
		if (Date.now() > deadline) return false;
		await delay(20);
	}
	return true;
}
