/** CPU time of the daemon and everything it runs. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Linux counts in ticks of 1/100 s towards programs, whatever the kernel uses inside. */
const TICK_MS = 10;

/** Milliseconds so far, or undefined where it cannot be told. */
export type OwnCpu = () => number | undefined;

/**
 * Linux: counts the daemon, what it has waited for, and the sessions of its children: every run leads a
 * session of its own. Windows counts it for us. macOS does not tell what ended children have used, so there
 * it is unknown while jobs run.
 * @param contained What the containment of runs counts, if it does.
 */
export function createOwnCpu(
	platform: NodeJS.Platform,
	daemon: number,
	activeRuns: () => number,
	contained: OwnCpu,
	proc = '/proc',
): OwnCpu {
	if (platform !== 'linux') return () => contained() ?? (activeRuns() === 0 ? 0 : undefined);
	return () => {
		try {
			const self = readStat(proc, daemon);
			if (self === undefined) return undefined;
			return activeRuns() === 0 ? self.cpuMs : self.cpuMs + cpuOfRuns(proc, daemon);
		} catch {
			return undefined;
		}
	};
}

function cpuOfRuns(proc: string, daemon: number): number {
	const all = readdirSync(proc)
		.filter((name) => /^\d+$/.test(name))
		.map((name) => readStat(proc, Number(name)))
		.filter((stat) => stat !== undefined);
	const sessions = new Set(all.filter(({ parent }) => parent === daemon).map((s) => s.session));
	return all
		.filter(({ pid, session }) => pid !== daemon && sessions.has(session))
		.reduce((sum, { cpuMs }) => sum + cpuMs, 0);
}

interface Stat {
	readonly pid: number;
	readonly parent: number;
	readonly session: number;
	readonly cpuMs: number;
}

// Undefined when the process ended before it was read.
function readStat(proc: string, pid: number): Stat | undefined {
	let text: string;
	try {
		text = readFileSync(join(proc, String(pid), 'stat'), 'latin1');
	} catch {
		return undefined;
	}
	// The name in parentheses may hold anything; after it: state ppid pgrp session … utime stime cutime cstime.
	const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
	const ticks = fields.slice(11, 15).reduce((sum, field) => sum + Number(field), 0);
	return { pid, parent: Number(fields[1]), session: Number(fields[3]), cpuMs: ticks * TICK_MS };
}
