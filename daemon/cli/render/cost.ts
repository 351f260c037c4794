/** What work cost, and what it may take, for people. */
import type { Cost } from '../../../shared/cost.ts';
import type { Limits } from '../../../shared/jobFields.ts';
import { formatBytes, formatDuration } from './format.ts';

/** `2.4s CPU, up to 48 MB, read 1.2 MB, wrote 3.0 MB`. Undefined where nothing is known; a daemon of an older build tells nothing. */
export function costText(cost: Cost | null | undefined): string | undefined {
	if (!cost) return undefined;
	const { cpuMs, peakMemoryBytes, readBytes, writtenBytes } = cost;
	const parts = [
		cpuMs === null ? '' : `${formatDuration(cpuMs)} CPU`,
		peakMemoryBytes === null ? '' : `up to ${formatBytes(peakMemoryBytes)}`,
		readBytes ? `read ${formatBytes(readBytes)}` : '',
		writtenBytes ? `wrote ${formatBytes(writtenBytes)}` : '',
	];
	return parts.filter((part) => part !== '').join(', ') || undefined;
}

/** `2048 MB of memory, 1.5 CPUs, 100 processes` */
export function describeLimits({ memoryMB, cpus, processes }: Limits): string {
	const parts = [
		memoryMB === undefined ? '' : `${memoryMB} MB of memory`,
		cpus === undefined ? '' : `${cpus} ${cpus === 1 ? 'CPU' : 'CPUs'}`,
		processes === undefined ? '' : `${processes} ${processes === 1 ? 'process' : 'processes'}`,
	];
	return parts.filter((part) => part !== '').join(', ');
}
