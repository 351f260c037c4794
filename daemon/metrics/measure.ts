/** What the daemon and its data folder take at this moment. */
import { statSync } from 'node:fs';

/** Of the daemon itself, without its jobs, microseconds. */
export function ownCpu(): number {
	const { user, system } = process.cpuUsage();
	return user + system;
}

export function residentBytes(): number {
	try {
		return process.memoryUsage.rss();
	} catch {
		// Linux without /proc tells only the most that it ever was.
		return process.resourceUsage().maxRSS * 1024;
	}
}

/** 0 where there is none. */
export function sizeOf(file: string): number {
	return statSync(file, { throwIfNoEntry: false })?.size ?? 0;
}
