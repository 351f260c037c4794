/** How far a job is that does not say so itself: by what the same took before. */
import type { Job } from './job.ts';

type Timed = Pick<Job, 'state' | 'phase' | 'progress' | 'startedAt' | 'usualMs' | 'question'> &
	Partial<Pick<Job, 'readyAt'>>;

/**
 * From 0 to 1, of a job that runs and reports no share of its own; undefined where nothing is known of it, where it
 * serves or asks its person, and from the moment on in which it has taken longer than usually.
 */
export function usualShare(job: Timed, now: number): number | undefined {
	const { usualMs, startedAt } = job;
	if (job.state !== 'running' || !usualMs || startedAt === null) return undefined;
	if (job.progress?.total || job.readyAt != null || job.question != null) return undefined;
	const share = (now - startedAt) / usualMs;
	return share < 1 ? Math.max(0, share) : undefined;
}
