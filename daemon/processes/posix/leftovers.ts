/** Before any work: killing what earlier daemons of this data folder left, and nothing else. */

import { performance } from 'node:perf_hooks';
import { setTimeout as delay } from 'node:timers/promises';
import type { ProcessIdentity } from '../../queue/ports/runs.ts';
import type { Cookies } from '../cookie.ts';
import { isStrangers, killGroup, signal } from './group.ts';
import { isSameProcess, type PidWorld } from './identity.ts';
import { findProcesses, readEnvironment } from './procfs.ts';

const LIMIT_MS = 5000;

/**
 * @param spared cookies of runs whose processes were allowed to stay
 *
 * Kills groups whose recorded leader is still that very process, and whoever holds a cookie of an earlier
 * daemon. Resolves with the number of processes killed.
 */
export async function killLeftovers(
	recorded: readonly ProcessIdentity[],
	world: PidWorld,
	cookies: Cookies,
	spared: ReadonlySet<string> = new Set(),
): Promise<number> {
	const groups = new Map<number, string>();
	for (const identity of recorded) {
		const { pgid, startTime } = identity;
		if (pgid !== null && (await isSameProcess(identity, world))) groups.set(pgid, startTime);
	}
	if (process.platform !== 'linux') {
		for (const [pid, startTime] of groups) await killGroup({ pid, startTime });
		return groups.size;
	}
	// Asked anew each time: while the rest is hunted a group may end, and a stranger get its number.
	const isGroupOfOurs = (pid: number): boolean => {
		const startTime = groups.get(pid);
		return startTime !== undefined && !isStrangers({ pid, startTime });
	};
	const killed = new Set<string>();
	const end = performance.now() + LIMIT_MS;
	for (let clean = 0; clean < 2 && performance.now() < end; ) {
		const found = await findProcesses(({ pid, group, session }) => {
			if (pid === process.pid) return false;
			const cookie = cookies.earlier(readEnvironment(pid) ?? '');
			if (cookie !== undefined && spared.has(cookie)) return false;
			const isOurs = isGroupOfOurs(group) || isGroupOfOurs(session) || cookie !== undefined;
			return isOurs && signal(pid, 'SIGKILL');
		});
		for (const { pid, startTime } of found) killed.add(`${pid}:${startTime}`);
		clean = found.length === 0 ? clean + 1 : 0;
		if (found.length > 0) await delay(2);
	}
	return killed.size;
}
