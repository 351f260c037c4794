/** What an indexer says to the daemon, and through the job's log to people. */
import type { Progress } from '../../../shared/job.ts';

export interface Reporter {
	/** A line of the job's log. */
	log(line: string): void;
	/** At most ten a second get through, except those that must. */
	progress(progress: Progress, must?: boolean): void;
	result(result: Readonly<Record<string, unknown>>): void;
}

const PROGRESS_INTERVAL_MS = 100;

export function createReporter(write: (line: string) => void, now: () => number): Reporter {
	return sparing(
		{
			log: (line) => write(line),
			progress: (progress) => write(`::semantica progress ${JSON.stringify(progress)}`),
			result: (result) => write(`::semantica result ${JSON.stringify(result)}`),
		},
		now,
	);
}

/** Lets through what a person can follow. */
export function sparing(to: Reporter, now: () => number): Reporter {
	let last = Number.NEGATIVE_INFINITY;
	return {
		...to,
		progress(progress, must = false) {
			if (!must && now() - last < PROGRESS_INTERVAL_MS) return;
			last = now();
			to.progress(progress);
		},
	};
}

const LINES_PER_KIND = 200;

/** Lists paths in the log, up to a number of each kind. */
export interface Lister {
	add(kind: string, path: string): void;
	/** Tells how many more there were. */
	finish(): void;
}

export function createLister(log: (line: string) => void): Lister {
	const counts = new Map<string, number>();
	return {
		add(kind, path) {
			const count = (counts.get(kind) ?? 0) + 1;
			counts.set(kind, count);
			if (count <= LINES_PER_KIND) log(`${kind}: ${printable(path)}`);
		},
		finish() {
			for (const [kind, count] of counts) {
				if (count > LINES_PER_KIND) log(`${kind}: ${count - LINES_PER_KIND} more`);
			}
		},
	};
}

/** Names may hold line breaks and worse, the log is lines. */
function printable(path: string): string {
	return /\p{Cc}/u.test(path) ? JSON.stringify(path) : path;
}

export const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(1)} MB`;

export const counted = (count: number, noun: string): string =>
	`${count} ${noun}${count === 1 ? '' : 's'}`;

/** Such as `4 skipped (3 binary, 1 too-large)`; empty when nothing was. */
export function skippedText(skipped: Readonly<Record<string, number>>): string {
	const reasons = Object.entries(skipped);
	if (reasons.length === 0) return '';
	const total = reasons.reduce((sum, [, count]) => sum + count, 0);
	return `${total} skipped (${reasons.map(([reason, count]) => `${count} ${reason}`).join(', ')})`;
}
