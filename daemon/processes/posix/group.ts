/** Process groups: is anybody left, and making sure that nobody is. */
import { setTimeout as delay } from 'node:timers/promises';
import { errorCode } from '../../../shared/errors.ts';
import { findProcesses } from './procfs.ts';

/** Sends a signal; false when there is no such process or group (negative pid) any more. */
export function signal(target: number, name: NodeJS.Signals | 0): boolean {
	try {
		process.kill(target, name);
		return true;
	} catch (error) {
		// EPERM: it is there but not ours to signal, which for us is the same as not ours at all.
		if (errorCode(error) === 'ESRCH' || errorCode(error) === 'EPERM') return false;
		throw error;
	}
}

/**
 * Kills the group until it is empty. Resolves true when it is, false when members survive `limitMs`
 * (stuck in the kernel, as on a dead network disk).
 */
export async function killGroup(pgid: number, limitMs = 5000): Promise<boolean> {
	const end = Date.now() + limitMs;
	for (let wait = 1; signal(-pgid, 'SIGKILL'); wait = Math.min(wait * 2, 100)) {
		// A zombie still answers signals where pid 1 does not reap; it is dead all the same.
		if (wait > 1 && !(await hasLivingMember(pgid))) return true;
		if (Date.now() > end) return false;
		await delay(wait);
	}
	return true;
}

async function hasLivingMember(pgid: number): Promise<boolean> {
	if (process.platform !== 'linux') return true;
	return (await findProcesses(({ group }) => group === pgid)).length > 0;
}
