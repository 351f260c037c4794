/** What a job says about its progress, in words. */
import type { Job, Progress } from '../../../shared/job.ts';
import { formatBytes, formatCount, formatPercent } from './format.ts';
import { oneLine } from './text.ts';

const isBytes = (unit: string | undefined): boolean => unit === 'bytes' || unit === 'B';

/** `1,234 of 3,640 files`, `48 MB of 1.2 GB`, `1,234 files` while the total is not known. */
export function progressAmount(progress: Progress): string {
	const { current, total, unit } = progress;
	if (isBytes(unit)) {
		return total === undefined
			? formatBytes(current)
			: `${formatBytes(current)} of ${formatBytes(total)}`;
	}
	const amount =
		total === undefined ? formatCount(current) : `${formatCount(current)} of ${formatCount(total)}`;
	return unit === undefined || unit === '' ? amount : `${amount} ${oneLine(unit)}`;
}

/** `512 files/s`, `48 MB/s`. */
export function progressRate(perSecond: number, unit: string | undefined): string {
	if (isBytes(unit)) return `${formatBytes(perSecond)}/s`;
	return `${formatCount(perSecond >= 10 ? Math.round(perSecond) : perSecond)} ${oneLine(unit ?? '')}/s`.replace(
		' /s',
		'/s',
	);
}

export function progressFraction(progress: Progress | null): number | undefined {
	if (progress === null || progress.total === undefined || progress.total <= 0) return undefined;
	return Math.min(1, progress.current / progress.total);
}

export function progressPercent(progress: Progress): string {
	return progress.total === undefined ? '' : formatPercent(progress.current, progress.total);
}

/** `3 running, 12 waiting, 40 done`, without what is zero. */
export function childrenSummary(children: Job['children']): string {
	const { queued = 0, running = 0, paused = 0, failed = 0, cancelled = 0, expired = 0 } = children;
	const done = (children.succeeded ?? 0) + (children.superseded ?? 0);
	const parts: [number, string][] = [
		[running, 'running'],
		[queued, 'waiting'],
		[paused, 'paused'],
		[done, 'done'],
		[failed, 'failed'],
		[cancelled, 'cancelled'],
		[expired, 'expired'],
	];
	return parts
		.filter(([count]) => count > 0)
		.map(([count, word]) => `${formatCount(count)} ${word}`)
		.join(', ');
}
