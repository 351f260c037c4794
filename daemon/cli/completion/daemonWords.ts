/** Words that only the daemon knows: ids of jobs, queues, groups, settings, schedules. None where none runs. */
import type { DaemonConnection } from '../../../shared/client/connection.ts';
import { isFinished, JOB_STATES } from '../../../shared/jobTerms.ts';
import { shortId } from '../render/state.ts';
import { oneLine } from '../render/text.ts';
import type { Candidate, Wanted } from './candidates.ts';

const MOST_JOBS = 50;
const OPEN = JOB_STATES.filter((state) => !isFinished(state));
const FINISHED = JOB_STATES.filter(isFinished);

/** Jobs that the command can do something with; absent: all. */
const STATES: Readonly<Record<string, typeof OPEN>> = {
	answer: ['running', 'paused'],
	cancel: OPEN,
	pause: OPEN,
	resume: OPEN,
	now: OPEN,
	wait: OPEN,
	update: ['queued'],
	retry: FINISHED,
	remove: FINISHED,
};

export async function daemonWords(
	connection: DaemonConnection,
	{ kind, command }: Wanted,
): Promise<Candidate[]> {
	switch (kind) {
		case 'job': {
			const state = STATES[command];
			const filter = state === undefined ? {} : { state };
			const { jobs } = await connection.request('job/list', { filter, limit: MOST_JOBS });
			const meant = command === 'answer' ? jobs.filter(({ question }) => question != null) : jobs;
			return meant.map((job) => ({
				word: shortId(job.id),
				meaning: `${job.state}: ${oneLine(job.title)}`,
			}));
		}
		case 'queue': {
			const { queues } = await connection.request('queue/list', {});
			return queues.map(({ name, running, queued }) => ({
				word: name,
				meaning: `${running} running, ${queued} waiting`,
			}));
		}
		case 'group': {
			const { groups } = await connection.request('group/list', {});
			return groups.map(({ name, limit, running, queued }) => ({
				word: name,
				meaning: `${running} of ${limit} running, ${queued} waiting`,
			}));
		}
		case 'setting': {
			const { values } = await connection.request('settings/get', {});
			return Object.entries(values).map(([word, value]) => ({ word, meaning: String(value) }));
		}
		case 'schedule': {
			const { schedules } = await connection.request('schedule/list', {});
			return schedules.map(({ name, spec }) => ({ word: name, meaning: oneLine(spec.title) }));
		}
		case 'state':
			return [];
	}
}

export const STATE_WORDS: readonly Candidate[] = [...JOB_STATES, 'open', 'finished'].map(
	(word) => ({
		word,
		meaning: '',
	}),
);
