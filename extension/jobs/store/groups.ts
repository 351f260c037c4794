/** The four groups of the tree and what belongs to each, in which order. */
import type { Job } from '../../../shared/job.ts';
import type { JobState } from '../../../shared/jobTerms.ts';

export const GROUPS = ['running', 'waiting', 'failed', 'finished'] as const;
export type Group = (typeof GROUPS)[number];

export const STATE_GROUP: Record<JobState, Group> = {
	running: 'running',
	paused: 'running',
	queued: 'waiting',
	failed: 'failed',
	expired: 'failed',
	succeeded: 'finished',
	cancelled: 'finished',
	superseded: 'finished',
};

export const GROUP_STATES: Record<Group, JobState[]> = {
	running: ['running', 'paused'],
	waiting: ['queued'],
	failed: ['failed', 'expired'],
	finished: ['succeeded', 'cancelled', 'superseded'],
};

export const groupOf = (job: Job): Group => STATE_GROUP[job.state];

export function isOver(job: Job): boolean {
	const group = groupOf(job);
	return group === 'failed' || group === 'finished';
}

/** Whether it has a start to wait for. Of a clock that was set back the start of any other job lies ahead, too. */
export const isEarly = (job: Pick<Job, 'runAt' | 'createdAt' | 'attempt'>, now: number): boolean =>
	job.runAt > now && (job.attempt > 0 || job.runAt > job.createdAt);

/** Paused by no person: it lost what it needs and goes on by itself. */
export const steppedAside = (job: Job): boolean => job.state === 'paused' && !job.held;

/** Jobs that keep an index current by themselves; they are news only until they end well. */
export const ON_SAVE_TAG = 'editor-save';
export const ON_OPEN_TAG = 'editor-open';

export const isNews = (job: Job): boolean =>
	(job.tag !== ON_SAVE_TAG && job.tag !== ON_OPEN_TAG) || groupOf(job) !== 'finished';

/** Running: oldest start first, so that rows keep their place. Waiting: who starts next. Ended: newest first. */
export function compareInGroup(a: Job, b: Job): number {
	switch (groupOf(a)) {
		case 'running':
			return (a.startedAt ?? 0) - (b.startedAt ?? 0) || a.generation - b.generation;
		case 'waiting':
			return b.priority - a.priority || a.runAt - b.runAt || a.generation - b.generation;
		default:
			return (b.finishedAt ?? 0) - (a.finishedAt ?? 0) || b.generation - a.generation;
	}
}

export function compareChildren(a: Job, b: Job): number {
	const byGroup = GROUPS.indexOf(groupOf(a)) - GROUPS.indexOf(groupOf(b));
	return byGroup || compareInGroup(a, b);
}

/** How many parts the job has, listed or not. */
export const childCount = (job: Job | undefined): number =>
	Object.values(job?.children ?? {}).reduce((sum, number) => sum + number, 0);
