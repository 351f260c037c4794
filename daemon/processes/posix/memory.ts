/**
 * Linux: the memory that a run holds just now, summed over its processes. A page that several of them share
 * counts once (PSS); where that is not ours to read, only what no file stands behind counts.
 */
import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { MemoryUse } from '../containment.ts';
import { findProcesses, type ProcessInfo } from './procfs.ts';

/** @param cgroup of the run, which knows whoever left its session too; undefined where there is none */
export async function memoryOf(
	cgroup: string | undefined,
	isMember: (process: ProcessInfo) => boolean,
): Promise<MemoryUse | undefined> {
	const pids = await membersOf(cgroup, isMember);
	let bytes = 0;
	let largest: MemoryUse['largest'] | undefined;
	for (const pid of pids) {
		const held = await heldBy(pid);
		bytes += held;
		if (largest === undefined || held > largest.bytes) largest = { pid, name: '', bytes: held };
	}
	return largest && { bytes, largest: { ...largest, name: await nameOf(largest.pid) } };
}

/** @param cgroup as above */
export async function membersOf(
	cgroup: string | undefined,
	isMember: (process: ProcessInfo) => boolean,
): Promise<number[]> {
	const inGroup = cgroup === undefined ? undefined : inGroupOf(cgroup);
	return inGroup ?? (await findProcesses(isMember)).map(({ pid }) => pid);
}

/** Undefined where the group has subgroups, of which it does not tell, or is gone. */
function inGroupOf(cgroup: string): number[] | undefined {
	try {
		const own = readFileSync(join(cgroup, 'cgroup.procs'), 'utf8');
		const inAll = /^nr_descendants (\d+)$/m.exec(readFileSync(join(cgroup, 'cgroup.stat'), 'utf8'));
		if (inAll?.[1] !== '0') return undefined;
		return own.split('\n').filter(Boolean).map(Number);
	} catch {
		return undefined;
	}
}

// Not synchronously: the kernel goes through all pages of the process for it.
async function heldBy(pid: number): Promise<number> {
	const rollup = await textOf(`/proc/${pid}/smaps_rollup`);
	if (rollup !== '') return memoryIn(rollup);
	return memoryIn(await textOf(`/proc/${pid}/status`));
}

/** Of smaps_rollup, else of status; 0 where neither says anything, as of what has ended. */
export function memoryIn(text: string): number {
	const pss = /^Pss: +(\d+) kB$/m.exec(text)?.[1];
	if (pss !== undefined) return Number(pss) * 1024;
	const parts = [...text.matchAll(/^(?:RssAnon|RssShmem):\s+(\d+) kB$/gm)];
	return parts.reduce((sum, [, kilobytes]) => sum + Number(kilobytes) * 1024, 0);
}

async function nameOf(pid: number): Promise<string> {
	return (await textOf(`/proc/${pid}/comm`)).trimEnd();
}

const textOf = (file: string): Promise<string> => readFile(file, 'utf8').catch(() => '');
