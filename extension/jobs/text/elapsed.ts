/** How long a job has been running, in steps that a person can read, beside what it usually takes. */
import type { Job } from '../../../shared/job.ts';
import type { JobText, Translate } from './text.ts';

/** What takes less is over before anybody reads it. */
export const LEAST_MS = 5_000;
const MINUTE_MS = 60_000;

/** Undefined where there is nothing to say. */
export type ElapsedText = (job: Job, usualMs: number | undefined) => string | undefined;

export function createElapsedText(
	t: Translate,
	duration: JobText['duration'],
	now: () => number,
): ElapsedText {
	return (job, usualMs) => {
		const elapsed = elapsedMs(job, now());
		if (elapsed === undefined) return undefined;
		const words =
			elapsed >= MINUTE_MS && elapsed % MINUTE_MS === 0 && elapsed < 60 * MINUTE_MS
				? t('{0} min', elapsed / MINUTE_MS)
				: duration(elapsed);
		return usualMs === undefined ? words : t('{0}, usually {1}', words, duration(usualMs));
	};
}

/** Rounded down to whole steps; undefined for what does not run, or not for long yet, or as of a clock set back. */
export function elapsedMs(
	{ state, startedAt, stopping }: Pick<Job, 'state' | 'startedAt' | 'stopping'>,
	now: number,
): number | undefined {
	if (state !== 'running' || stopping !== null || startedAt === null) return undefined;
	const ms = now - startedAt;
	if (ms < LEAST_MS) return undefined;
	const step = stepOf(ms);
	return Math.floor(ms / step) * step;
}

/** Until `elapsedMs` is another one. */
export function untilNextStep({ startedAt }: Pick<Job, 'startedAt'>, now: number): number {
	const ms = now - (startedAt ?? now);
	return ms < LEAST_MS ? Math.max(0, LEAST_MS - ms) : stepOf(ms) - (ms % stepOf(ms));
}

const stepOf = (ms: number) => (ms < MINUTE_MS ? 5_000 : ms < 10 * MINUTE_MS ? 10_000 : MINUTE_MS);
