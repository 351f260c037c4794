/** Linux: the processes of this machine, as /proc tells them. Elsewhere, and without /proc, there are none. */
import { closeSync, openSync, readdirSync, readFileSync, readSync } from 'node:fs';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { errorCode } from '../../../shared/errors.ts';

export interface ProcessInfo {
	readonly pid: number;
	readonly parent: number;
	readonly group: number;
	readonly session: number;
	/** One letter: T is stopped, Z and X are dead. */
	readonly state: string;
	/** In clock ticks since boot: with the pid, it names a process for good. */
	readonly startTime: string;
}

/** A reader yields to the event loop after this many processes: about a third of a millisecond. */
const PER_TURN = 32;
const buffer = Buffer.alloc(4096);
/** Errors that are ours, not the process's. */
const NOT_SEEN = new Set(['EMFILE', 'ENFILE', 'ENOMEM', 'EIO']);

/**
 * Undefined when there is no such process. Throws where it cannot be seen, as without a descriptor: that is no
 * reason to take it for dead.
 * Synchronous, because a thread hop costs more than the read; /proc does not wait for a disk.
 */
export function readProcess(pid: number | string): ProcessInfo | undefined {
	const stat = readSmall(`/proc/${pid}/stat`);
	return stat === undefined ? undefined : parseStat(stat);
}

/** The name in field 2 may hold spaces and parentheses, so fields are counted from its end. */
export function parseStat(stat: string): ProcessInfo | undefined {
	const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
	const [state, parent, group, session] = fields;
	const startTime = fields[19];
	if (state === undefined || startTime === undefined) return undefined;
	return {
		pid: Number.parseInt(stat, 10),
		parent: Number(parent),
		group: Number(group),
		session: Number(session),
		state,
		startTime,
	};
}

export function isDead({ state }: ProcessInfo): boolean {
	return state === 'Z' || state === 'X';
}

/** Every living process that `wanted` picks, looked at in turns so that nothing else waits. */
export async function findProcesses(
	wanted: (process: ProcessInfo) => boolean,
): Promise<ProcessInfo[]> {
	const found: ProcessInfo[] = [];
	let looked = 0;
	for (const pid of processIds()) {
		if (++looked % PER_TURN === 0) await nextTurn();
		const info = readProcess(pid);
		// Session 0: a thread of the kernel, or from outside of our container.
		if (info === undefined || isDead(info) || info.session === 0) continue;
		if (wanted(info)) found.push(info);
	}
	return found;
}

/** The environment that the process was started with; undefined when it is gone or not ours to read. */
export function readEnvironment(pid: number): string | undefined {
	try {
		return readFileSync(`/proc/${pid}/environ`, 'latin1');
	} catch (error) {
		if (NOT_SEEN.has(errorCode(error) ?? '')) throw error;
		return undefined;
	}
}

export function isProcfsThere(): boolean {
	return processIds().length > 0;
}

function processIds(): string[] {
	try {
		return readdirSync('/proc').filter((name) => /^\d+$/.test(name));
	} catch (error) {
		if (errorCode(error) === 'ENOENT') return [];
		throw error;
	}
}

function readSmall(file: string): string | undefined {
	let fd: number;
	try {
		fd = openSync(file, 'r');
	} catch (error) {
		if (NOT_SEEN.has(errorCode(error) ?? '')) throw error;
		return undefined;
	}
	try {
		const length = readSync(fd, buffer, 0, buffer.length, 0);
		return buffer.toString('latin1', 0, length);
	} catch {
		// It ended between opening and reading.
		return undefined;
	} finally {
		closeSync(fd);
	}
}
