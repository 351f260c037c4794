/** How a job's state looks and reads, everywhere the same. */
import type { Job } from '../../../shared/job.ts';
import { isServing, type JobState } from '../../../shared/jobTerms.ts';
import type { Style } from './style.ts';

/** Not taken from the schemas, whose library would make every command start more slowly. */
export const STATE_NAMES = [
	'queued',
	'running',
	'paused',
	'succeeded',
	'failed',
	'cancelled',
	'superseded',
	'expired',
] as const satisfies readonly JobState[];

export function paintState(state: JobState, text: string, style: Style): string {
	switch (state) {
		case 'running':
			return style.cyan(text);
		case 'succeeded':
			return style.green(text);
		case 'failed':
			return style.red(text);
		case 'paused':
		case 'expired':
			return style.yellow(text);
		default:
			return style.dim(text);
	}
}

export function stateIcon(state: JobState, style: Style): string {
	return paintState(state, style.symbols[state], style);
}

type Situation = Pick<Job, 'state' | 'held' | 'stopping' | 'runAt' | 'attempt'> &
	Partial<Pick<Job, 'needsApproval' | 'question' | 'phase' | 'ready' | 'readyAt' | 'restarts'>>;

/** The state in a word that a person would use: a queued job may be held, scheduled or about to be retried. */
export function stateWord(job: Situation, now: number): string {
	if (job.state === 'queued') {
		if (job.stopping !== null) return 'stopping';
		if (job.needsApproval) return 'unapproved';
		if (job.held) return 'held';
		if (job.runAt > now) {
			if (job.restarts) return 'restarting';
			return job.attempt > 0 ? 'retrying' : 'scheduled';
		}
		return 'queued';
	}
	if (job.stopping !== null && (job.state === 'running' || job.state === 'paused')) {
		return 'stopping';
	}
	if (job.state === 'running' && job.question != null) return 'asking';
	if (isServing({ phase: null, ...job })) return 'serving';
	return job.state;
}

/** The end of a UUIDv7: its beginning is the time, which neighbours share. */
export const SHORT_ID_LENGTH = 8;
export const shortId = (id: string): string => id.slice(-SHORT_ID_LENGTH);
