/** Seeing, from outside, which processes of a test are alive. */
import { randomInt } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';

/** Appears in the command line of every process that a test's jobs start, and nowhere else. */
export function newMarker(): string {
	return `97${randomInt(1e12)}`;
}

/** Pids of living processes whose command line holds the marker. */
export function marked(marker: string): number[] {
	return livingProcesses().filter((pid) => read(pid, 'cmdline').includes(marker));
}

export function livingProcesses(): number[] {
	return readdirSync('/proc')
		.filter((name) => /^\d+$/.test(name))
		.map(Number)
		.filter((pid) => {
			const state = stateOf(pid);
			return state !== undefined && state !== 'Z' && state !== 'X';
		});
}

/** One letter, as in /proc; undefined when there is no such process. */
export function stateOf(pid: number): string | undefined {
	const stat = read(pid, 'stat');
	return stat === '' ? undefined : stat.slice(stat.lastIndexOf(')') + 2)[0];
}

export function parentOf(pid: number): number {
	const stat = read(pid, 'stat');
	return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
}

/** Processor time used so far, in clock ticks. */
export function processorTime(pid: number): number {
	const stat = read(pid, 'stat');
	const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
	return Number(fields[11]) + Number(fields[12]);
}

export function environmentOf(pid: number): string {
	return read(pid, 'environ');
}

export function commandLineOf(pid: number): string {
	return read(pid, 'cmdline').replaceAll('\0', ' ');
}

/** Undertaker and watchers of a daemon, which the test may kill. */
export function helpersOf(daemon: number): number[] {
	const children = livingProcesses().filter((pid) => parentOf(pid) === daemon);
	const undertakers = children.filter((pid) => commandLineOf(pid).includes('undertaker'));
	const supervisors = children.filter((pid) => commandLineOf(pid).includes(' semantica '));
	const watchers = livingProcesses().filter(
		(pid) => supervisors.includes(parentOf(pid)) && commandLineOf(pid).includes(' semantica '),
	);
	return [...undertakers, ...watchers];
}

/**
 * Looks again and again until no marker is left or the limit has passed. Resolves, per marker, with how many
 * are left and the milliseconds until none was.
 */
export async function untilNone(
	markers: readonly string[],
	limitMs: number,
): Promise<Map<string, { left: number; ms: number | undefined }>> {
	const began = performance.now();
	for (const found = new Map<string, { left: number; ms: number | undefined }>(); ; ) {
		const lines = livingProcesses().map(commandLineOf);
		const ms = performance.now() - began;
		for (const marker of markers) {
			const left = lines.filter((line) => line.includes(marker)).length;
			if (left > 0) found.set(marker, { left, ms: undefined });
			else if (found.get(marker)?.ms === undefined) found.set(marker, { left, ms });
		}
		if (lines.length > 0 && [...found.values()].every(({ left }) => left === 0)) return found;
		if (ms > limitMs) return found;
		await delay(2);
	}
}

/** Resolves once the condition holds. For what the system does not tell by an event. */
export async function until(condition: () => boolean, what: string, limitMs = 30_000) {
	const end = performance.now() + limitMs;
	while (!condition()) {
		if (performance.now() > end) throw new Error(`Not within ${limitMs} ms: ${what}`);
		await delay(5);
	}
}

function read(pid: number, file: string): string {
	try {
		return readFileSync(`/proc/${pid}/${file}`, 'latin1');
	} catch {
		return '';
	}
}
