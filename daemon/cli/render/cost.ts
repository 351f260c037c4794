/** What work cost, for people. */
import type { Cost } from '../../../shared/cost.ts';
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
