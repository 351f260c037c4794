import type { Backoff } from '../../../shared/jobFields.ts';

/** Milliseconds to wait before the attempt after `attempt`; `random` in [0, 1) spreads retries apart. */
export function backoffDelay(backoff: Backoff, attempt: number, random: () => number): number {
	const exact = Math.min(backoff.maxMs, backoff.baseMs * backoff.factor ** (attempt - 1));
	return Math.round(exact * (1 + backoff.jitter * (2 * random() - 1)));
}
