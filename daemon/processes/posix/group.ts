/** Process groups: is anybody left, and making sure that nobody is. */
import { setTimeout as delay } from 'node:timers/promises';
import { errorCode } from '../../../shared/errors.ts';
import { findProcesses, readProcess } from './procfs.ts';

/** Whose pid is the number of its group. */
export interface Leader {
	readonly pid: number;
	/** By which it is told from a stranger; undefined where it could not be read. */
	readonly startTime: string | undefined;
}

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
 * Whether the group is another one by now: its number is free once nobody is left in it, and then goes to a process
 * of another start time. While there are members, nobody else gets it.
 */
export function isStrangers({ pid, startTime }: Leader): boolean {
	const leader = startTime === undefined ? undefined : readProcess(pid);
	return leader !== undefined && leader.startTime !== startTime;
}

/** Signals a group of ours; false when there is none any more. */
export function signalGroup(leader: Leader, name: NodeJS.Signals): boolean {
	return !isStrangers(leader) && signal(-leader.pid, name);
}

/**
 * Kills the group until it is empty. Resolves true when it is, false when members survive `limitMs`
 * (stuck in the kernel, as on a dead network disk).
 */
export async function killGroup(leader: Leader, limitMs = 5000): Promise<boolean> {
	const end = Date.now() + limitMs;
	for (let wait = 1; killNow(leader); wait = Math.min(wait * 2, 100)) {
		// A zombie still answers signals where pid 1 does not reap; it is dead all the same.
		if (wait > 1 && !(await hasLivingMember(leader.pid))) return true;
		if (Date.now() > end) return false;
		await delay(wait);
	}
	return true;
}

function killNow(leader: Leader): boolean {
	try {
		return signalGroup(leader, 'SIGKILL');
	} catch {
		// Without a descriptor its leader cannot be seen: the next look may.
		return true;
	}
}

async function hasLivingMember(pgid: number): Promise<boolean> {
	if (process.platform !== 'linux') return true;
	try {
		return (await findProcesses(({ group }) => group === pgid)).length > 0;
	} catch {
		// Without a descriptor nobody can be seen, and the signal said that somebody is there.
		return true;
	}
}
