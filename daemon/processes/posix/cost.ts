/**
 * What a run cost, from text that the system and its supervisor leave: its control group's files where it has
 * one, and what the supervisor wrote when the job had ended, which knows only whom somebody waited for.
 */
import { appendFileSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Cost } from '../../../shared/cost.ts';

/** Beside the status file, under the same name. */
export const COST = '.cost';

/** Undefined where nothing is told. */
export function costIn(text: string): Cost | undefined {
	const usage = numberIn(/^usage_usec (\d+)$/m, text);
	const io = sumsOf(text);
	const cost = {
		cpuMs: usage === null ? timesIn(text) : Math.round(usage / 1000),
		peakMemoryBytes: numberIn(/^peak (\d+)$/m, text),
		readBytes: io?.read ?? numberIn(/^read_bytes: (\d+)$/m, text),
		writtenBytes: io?.written ?? writtenIn(text),
	};
	return Object.values(cost).some((value) => value !== null) ? cost : undefined;
}

/** Who was left in the run's control group when the job's own process had ended, as people know them. */
export function leftIn(text: string): string[] {
	const left = text.matchAll(/^left (\d+) (.*)$/gm);
	return [...left].map(([, pid, name = '']) => `${name.replace(/[^ -~]/g, '?')} (pid ${pid})`);
}

/** What a run's control group tells, as text for `costIn`; empty where there is none. */
export function groupAccounts(folder: string): string {
	const peak = textOf(join(folder, 'memory.peak'));
	return [
		textOf(join(folder, 'cpu.stat')),
		peak === '' ? '' : `peak ${peak}`,
		textOf(join(folder, 'io.stat')),
	].join('\n');
}

/** Keeps it for the daemon that asks how the run ended. Without it the cost is unknown, no more. */
export function keepAccounts(statusFile: string, folder: string): void {
	try {
		appendFileSync(statusFile + COST, groupAccounts(folder), { mode: 0o600 });
	} catch {
		// A full disk, mostly.
	}
}

/** Empty where it cannot be read. */
export function textOf(file: string): string {
	try {
		return readFileSync(file, 'latin1');
	} catch {
		return '';
	}
}

// The second line of times(1): minutes and seconds of all children that were waited for, user and system.
function timesIn(text: string): number | null {
	const line = /^\d+m[\d.,]+s \d+m[\d.,]+s\n(\d+)m([\d.,]+)s (\d+)m([\d.,]+)s$/m.exec(text);
	if (line === null) return null;
	const [, userMinutes, userSeconds, minutes, seconds] = line.map((part) =>
		Number(part.replace(',', '.')),
	) as [number, number, number, number, number];
	return Math.round((userMinutes + minutes) * 60_000 + (userSeconds + seconds) * 1000);
}

// What was written and thrown away before it came to the disk cost nothing.
function writtenIn(text: string): number | null {
	const written = numberIn(/^write_bytes: (\d+)$/m, text);
	const cancelled = numberIn(/^cancelled_write_bytes: (\d+)$/m, text) ?? 0;
	return written === null ? null : Math.max(0, written - cancelled);
}

/** io.stat has a line for each disk. */
function sumsOf(text: string): { read: number; written: number } | undefined {
	const found = text.matchAll(/^(\d+:\d+) rbytes=(\d+) wbytes=(\d+)/gm);
	// Whoever cleans up behind a daemon may have written it down twice.
	const disks = [...new Map([...found].map((disk) => [disk[1], disk])).values()];
	if (disks.length === 0) return undefined;
	const sum = (at: 2 | 3) => disks.reduce((all, disk) => all + Number(disk[at]), 0);
	return { read: sum(2), written: sum(3) };
}

function numberIn(pattern: RegExp, text: string): number | null {
	const found = pattern.exec(text)?.[1];
	return found === undefined ? null : Number(found);
}
