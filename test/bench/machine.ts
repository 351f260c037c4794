/** How busy the machine is with what is not ours, and what a process has used. Linux: /proc. */
import { readdirSync, readFileSync } from 'node:fs';
import { cpus } from 'node:os';

export interface BusyMeter {
	/** Share of all processors that others used since the meter began, 0 to 1. */
	others(): number;
}

/** Ours is this process with all its descendants that have ended and were waited for. */
export function startBusyMeter(): BusyMeter {
	const before = totalCpuMs();
	const ownBefore = ownCpuMs();
	const began = performance.now();
	return {
		others() {
			const wall = (performance.now() - began) * cpus().length;
			const others = totalCpuMs() - before - (ownCpuMs() - ownBefore);
			return Math.max(0, others / wall);
		},
	};
}

function totalCpuMs(): number {
	return cpus().reduce(
		(sum, { times }) => sum + times.user + times.nice + times.sys + times.irq,
		0,
	);
}

const TICKS_PER_SECOND = 100;

// utime, stime, and cutime and cstime: those of children that were waited for.
function ownCpuMs(): number {
	return ticksOf('/proc/self/stat', 11, 15);
}

function ticksOf(file: string, from: number, to: number): number {
	const stat = readFileSync(file, 'latin1');
	const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
	return fields
		.slice(from, to)
		.reduce((sum, ticks) => sum + Number(ticks) * (1000 / TICKS_PER_SECOND), 0);
}

/** More exact than clock ticks: what the scheduler counted for every thread, ms. */
export function scheduledMs(pid: number): number {
	return readdirSync(`/proc/${pid}/task`)
		.map((task) => readFileSync(`/proc/${pid}/task/${task}/schedstat`, 'latin1').split(' ')[0])
		.reduce((sum, nanoseconds) => sum + Number(nanoseconds) / 1e6, 0);
}

export function voluntarySwitches(pid: number): number {
	return readdirSync(`/proc/${pid}/task`)
		.map((task) => readFileSync(`/proc/${pid}/task/${task}/status`, 'latin1'))
		.reduce(
			(sum, status) => sum + Number(/^voluntary_ctxt_switches:\s+(\d+)/m.exec(status)?.[1]),
			0,
		);
}

/** Resident memory, MiB. */
export function residentMiB(pid: number): number {
	const status = readFileSync(`/proc/${pid}/status`, 'latin1');
	return Number(/^VmRSS:\s+(\d+)/m.exec(status)?.[1]) / 1024;
}

/** A process with everything below it that is alive. */
export function treeOf(root: number): number[] {
	const below = onlyAlive(() =>
		readdirSync(`/proc/${root}/task`).flatMap((task) =>
			readFileSync(`/proc/${root}/task/${task}/children`, 'latin1').split(' ').filter(Boolean),
		),
	);
	return [root, ...(below ?? []).flatMap((child) => treeOf(Number(child)))];
}

/** CPU time of a process and its descendants, those that have ended too, ms. */
export function treeCpuMs(root: number): number {
	const live = treeOf(root).map((pid) => onlyAlive(() => scheduledMs(pid)) ?? 0);
	return live.reduce((sum, ms) => sum + ms, 0) + (onlyAlive(() => reapedCpuMs(root)) ?? 0);
}

export function treeSwitches(root: number): number {
	return treeOf(root)
		.map((pid) => onlyAlive(() => voluntarySwitches(pid)) ?? 0)
		.reduce((sum, n) => sum + n, 0);
}

/** Resident memory of a process and its descendants, MiB; what they share is counted once. */
export function treeResidentMiB(root: number): number {
	const maps = treeOf(root).map(
		(pid) => onlyAlive(() => readFileSync(`/proc/${pid}/smaps_rollup`, 'latin1')) ?? '',
	);
	const own = maps.map((map) => kibibytes(map, 'Private_Clean') + kibibytes(map, 'Private_Dirty'));
	const shared = maps.map((map, i) => kibibytes(map, 'Rss') - (own[i] ?? 0));
	return (own.reduce((sum, n) => sum + n, 0) + Math.max(...shared)) / 1024;
}

function kibibytes(map: string, name: string): number {
	return Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(map)?.[1] ?? 0);
}

// cutime and cstime.
function reapedCpuMs(pid: number): number {
	return ticksOf(`/proc/${pid}/stat`, 13, 15);
}

/** Undefined when the process ended meanwhile. */
function onlyAlive<T>(read: () => T): T | undefined {
	try {
		return read();
	} catch (error) {
		const { code } = error as NodeJS.ErrnoException;
		if (code === 'ENOENT' || code === 'ESRCH') return undefined;
		throw error;
	}
}

export interface CpuMeter {
	/** CPU time since the meter began of this process and of the given ones with their descendants, µs. */
	usedMicros(): number;
}

export function startCpuMeter(roots: readonly number[]): CpuMeter {
	const total = () => {
		const { user, system } = process.cpuUsage();
		return user + system + roots.reduce((sum, root) => sum + treeCpuMs(root) * 1000, 0);
	};
	const before = total();
	return { usedMicros: () => total() - before };
}
